"""Webcam frames to measure with: somebody who moves a little before a camera that stands still, or a recorded clip."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from proctoring.faces import detect, images
from proctoring.faces.images import Unreadable

Pixels = NDArray[np.uint8]
Clip = list[bytes]  # the JPEG frames of one camera, in the order in which they come

SIZES = ((640, 480), (320, 240))
PORTRAITS = Path(__file__).parent.parent / "tests" / "faces"  # public domain; its README says where from
FRAMES_A_CLIP = 8
SHARE = 0.36  # of the frame's height: a face an arm's length from a laptop
QUALITY = 80  # what the camera page sends
NOISE = 2.5  # luma: what the sensor of a webcam adds to each frame
_DRIFT = ((0, 0), (5, 2), (9, 3), (6, 5), (1, 6), (-4, 3), (-7, 1), (-3, -2))  # px at 640×480: nobody sits quite still


class NoFrames(ValueError):
    """There is nothing to measure with; the sentence says why."""


def clips(source: Path, size: tuple[int, int], most: int) -> list[Clip]:
    """Return at most so many clips of one size from a folder of pictures and clips, or from one file."""
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    if not source.exists():
        raise NoFrames(f"There is no {source}.")
    found = [clip for clip in (_clip(file, size) for file in _spread(files, most)) if clip]
    if not found:
        raise NoFrames(f"{source} holds no picture of a face: JPEG or PNG files, or .mjpeg clips, are wanted.")
    return found


def _spread(files: Sequence[Path], most: int) -> list[Path]:
    """Pick so many files evenly, so that a folder sorted by person is not measured on its first person alone."""
    usable = [file for file in files if file.suffix.lower() in {".jpg", ".jpeg", ".png", ".mjpeg"}]
    return usable[:: max(1, len(usable) // most)][:most]


def _clip(file: Path, size: tuple[int, int]) -> Clip:
    if file.suffix.lower() == ".mjpeg":
        return [_sized(frame, size) for frame in list(_split(file.read_bytes()))[:: FRAMES_A_CLIP - 1][:FRAMES_A_CLIP]]
    try:
        picture = images.decode(file.read_bytes(), images.PHOTO, most_side=1280)
    except Unreadable:
        return []
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    faces = detect.search(grey)
    if not faces:
        return []
    still, person = _placed(picture, faces[0], size), _where_the_person_is(size)
    return [jpeg(_noisy(_leaning(still, person, drift), seed)) for seed, drift in enumerate(_DRIFT)]


def _leaning(still: Pixels, person: NDArray[np.float32], drift: tuple[int, int]) -> Pixels:
    """Move the person, and not the room, by so many pixels of a frame of 640."""
    height, width = still.shape[:2]
    move = np.array([[1, 0, drift[0] * width / 640], [0, 1, drift[1] * width / 640]])
    moved = cv2.warpAffine(still, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(still + (moved.astype(np.float32) - still) * person, dtype=np.uint8)


def _where_the_person_is(size: tuple[int, int]) -> NDArray[np.float32]:
    """Return 1 where head and shoulders are, 0 where the room is, (height, width, 1), with a soft edge."""
    width, height = size
    face, middle = SHARE * height, (width // 2, round(0.45 * height))
    mask = np.zeros((height, width), np.float32)
    cv2.ellipse(mask, middle, (round(0.8 * face), round(1.1 * face)), 0, 0, 360, 1.0, cv2.FILLED)
    shoulders = (round(middle[0] - 1.3 * face), round(middle[1] + 0.8 * face)), (round(middle[0] + 1.3 * face), height)
    cv2.rectangle(mask, *shoulders, 1.0, cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.08 * face)[:, :, None], dtype=np.float32)


def _noisy(picture: Pixels, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, NOISE, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _placed(picture: Pixels, face: detect.Found, size: tuple[int, int]) -> Pixels:
    """Show a picture as if its face sat in front of the camera; what it does not cover is a wall."""
    width, height = size
    scale = SHARE * height / face.height
    across = width / 2 - scale * (face.left + face.right) / 2
    down = height * 0.45 - scale * (face.top + face.bottom) / 2
    move = np.array([[scale, 0, across], [0, scale, down]])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shown = cv2.warpAffine(picture, move, size, wall(size), flags=interpolation, borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(shown, dtype=np.uint8)


def wall(size: tuple[int, int]) -> Pixels:
    """Return a wall, lighter on one side, with a little noise: RGB of (width, height)."""
    width, height = size
    shade = np.linspace(110, 190, width)[None, :, None] + np.zeros((height, 1, 3))
    return np.clip(shade + np.random.default_rng(7).normal(0, 3, shade.shape), 0, 255).astype(np.uint8)


def _split(clip: bytes) -> Iterator[bytes]:
    """Yield the JPEGs of an MJPEG file."""
    at = clip.find(b"\xff\xd8\xff")
    while at >= 0:
        end = clip.find(b"\xff\xd9", at) + 2
        if end < 2:
            return
        yield clip[at:end]
        at = clip.find(b"\xff\xd8\xff", end)


def _sized(frame: bytes, size: tuple[int, int]) -> bytes:
    """Return a frame in the size that is measured."""
    try:
        picture = images.decode(frame, images.PHOTO)
    except Unreadable as error:
        raise NoFrames(f"A frame of the clip cannot be read: {error}.") from error
    if picture.shape[:2] == size[::-1]:
        return frame
    return jpeg(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def jpeg(picture: Pixels) -> bytes:
    """Encode RGB as the camera page would."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise NoFrames("A frame could not be encoded.")
    return data.tobytes()
