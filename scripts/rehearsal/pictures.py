"""What the camera of a played candidate shows: one of the public-domain portraits of the tests, moving a little.

Everybody shows the same person, whose portrait is everybody's reference photo: the real check runs on real pictures,
and nobody else's face has to be shipped for it.
"""

import random

import numpy as np

from proctoring.faces import engine
from proctoring.faces.observation import Descriptor
from proctoring.tests import scenes

PERSON = "obama"
FRAMES = 32


def frames() -> list[bytes]:
    """Return what a camera shows: one person who moves by up to twenty pixels, with the noise of a real sensor."""
    chance, made = np.random.default_rng(1), []
    for index in range(FRAMES):
        picture = scenes.scene(PERSON, tall=256 + index % 5 * 2, shift=random.Random(index).randint(-10, 10))
        noisy = np.clip(picture + chance.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        made.append(scenes.jpeg(noisy))
    return made


def photo() -> bytes:
    """Return the reference photo of everybody."""
    return scenes.photo(PERSON)


def descriptor() -> Descriptor:
    """Return its numbers, as the face model in use makes them."""
    found = engine.describe_photo(photo()).descriptor
    if found is None:
        raise RuntimeError("the face model finds no face on the portrait")
    return found
