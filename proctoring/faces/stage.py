"""Frames as a camera would send them while somebody in a picture sits in front of it; for measuring only."""

from collections.abc import Iterator
from random import Random

import cv2
import numpy as np

from proctoring.faces import bench_frames, detect, images
from proctoring.faces.bench_frames import Pixels

SIZE = 640, 480
SHARE = 0.36  # of the frame's height: a face an arm's length from a laptop
ZOOM, TILT, DRIFT = 0.12, 5.0, 25.0  # leaning in and back, degrees of the head, pixels
GAIN, NOISE = 0.2, 4.0  # the light of a room that changes, the noise of a cheap sensor


def frames(image: bytes, count: int, dice: Random) -> Iterator[bytes]:
    """Yield so many JPEG frames of the largest face of a picture; none where no face is found in it."""
    picture = images.decode(image, images.PHOTO, most_side=1280)
    found = detect.search_all(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8))
    wall = bench_frames.wall(SIZE)
    for _ in range(count if found else 0):
        yield bench_frames.jpeg(_lit(_seated(picture, found[0], wall.copy(), dice), dice))


def _seated(picture: Pixels, face: detect.Found, wall: Pixels, dice: Random) -> Pixels:
    """Show the picture with its face in front of the camera, near the middle."""
    width, height = SIZE
    scale = SHARE * height / face.height * (1 + ZOOM * dice.uniform(-1, 1))
    middle = ((face.left + face.right) / 2, (face.top + face.bottom) / 2)
    move = cv2.getRotationMatrix2D(middle, TILT * dice.uniform(-1, 1), scale)
    move[0, 2] += width / 2 - middle[0] + DRIFT * dice.uniform(-1, 1)
    move[1, 2] += height * 0.45 - middle[1] + DRIFT * dice.uniform(-1, 1)
    shown = cv2.warpAffine(picture, move, SIZE, wall, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(shown, dtype=np.uint8)


def _lit(frame: Pixels, dice: Random) -> Pixels:
    """Change the light and add the noise of a sensor."""
    noise = np.random.default_rng(dice.getrandbits(32)).normal(0, NOISE, frame.shape)
    return np.clip(frame * (1 + GAIN * dice.uniform(-1, 1)) + noise, 0, 255).astype(np.uint8)
