"""Webcam frames for the tests, made from the portraits in `faces/`: a head in front of a plain wall."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FACES = Path(__file__).parent / "faces"
HEADS = {  # left, top, right, bottom of the head with some air, in pixels of the portrait
    "obama": (132, 0, 372, 290),
    "obama2": (46, 110, 426, 570),
    "obama3": (165, 50, 367, 294),
    "biden": (130, 10, 460, 409),
}
SIDE = 640, 480


def photo(name: str) -> bytes:
    """Return a portrait as the file it is: `obama`, `obama2`, `obama3` (one person) or `biden` (another)."""
    return (FACES / f"{name}.jpg").read_bytes()


@cache
def head(name: str) -> Pixels:
    """Cut a head out of its portrait, RGB."""
    bgr = cv2.imdecode(np.frombuffer(photo(name), np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    left, top, right, bottom = HEADS[name]
    return np.asarray(cv2.cvtColor(bgr[top:bottom, left:right], cv2.COLOR_BGR2RGB), dtype=np.uint8)


def cut(name: str, tall: int) -> Pixels:
    """Return a head of so many pixels, RGB."""
    whole = head(name)
    wide = round(tall * whole.shape[1] / whole.shape[0])
    return np.asarray(cv2.resize(whole, (wide, tall), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def room() -> Pixels:
    """Return an empty room: a wall that is lighter on one side, with a little noise, RGB 640×480."""
    width, height = SIDE
    wall = np.linspace(110, 190, width)[None, :, None] + np.zeros((height, 1, 3))
    noise = np.random.default_rng(7).normal(0, 3, wall.shape)
    return np.clip(wall + noise, 0, 255).astype(np.uint8)


def scene(*names: str, tall: int = 300, shift: int = 0) -> Pixels:
    """Set heads of `tall` pixels side by side into the room, `shift` pixels off the middle."""
    picture = room()
    for index, name in enumerate(names):
        sized = cut(name, tall)
        wide = sized.shape[1]
        middle = SIDE[0] * (2 * index + 1) // (2 * len(names)) + shift
        left, top = middle - wide // 2, (SIDE[1] - tall) // 2
        picture[top : top + tall, left : left + wide] = sized
    return picture


def jpeg(picture: Pixels, quality: int = 80) -> bytes:
    """Encode a picture as a browser would send it."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


def frame(*names: str, tall: int = 300, shift: int = 0) -> bytes:
    """Return a webcam frame of these people, as JPEG."""
    return jpeg(scene(*names, tall=tall, shift=shift))
