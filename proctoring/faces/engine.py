"""One picture in, what is seen on it out.

The detector and the five landmarks are those of face_recognition, called directly, since importing that package loads
the 68-point model, whose licence excludes commercial use. What describes a face is a plug (embedders.py). Nothing here
knows Django or keeps a picture.
"""

from collections.abc import Sequence
from threading import Lock

import cv2
import numpy as np

from proctoring.faces import detect, embedders, landmarks, quality, surroundings
from proctoring.faces.detect import CLOSER_LOOK, LEAST_SCORE, SEARCH_SIDE, Found, Grey
from proctoring.faces.images import FRAME, PHOTO, Fault, Limits, Unreadable, decode
from proctoring.faces.landmarks import Pixels
from proctoring.faces.observation import Box, Descriptor, Face, Hint, Near, Observation, PhotoReport

__all__ = [
    "FRAME",
    "PHOTO",
    "Box",
    "Descriptor",
    "Face",
    "Fault",
    "Hint",
    "Limits",
    "Near",
    "Observation",
    "PhotoReport",
    "Unreadable",
    "decode",
    "describe_photo",
    "distance",
    "embedder_name",
    "mean",
    "observe",
    "warm",
]


PHOTO_SIDE = 1280  # px: a photo is scaled down to this
LEAST_FACE = 60  # px in the frame as sent: below it the rejects of the right person double
LEAST_SHARE = 0.35  # of the height of the nearest face: what is smaller is a passer-by or a poster, not company
DARK_FRAME = 40.0  # mean luma: a frame without a face that is darker than this is called dark, not empty
DARK_FACE = 45.0  # luma of the highlights: below it the descriptor drifts by 0.25 and more
BLURRED = 0.35  # percent of detail: below it the descriptor drifts by about 0.3

_turn = Lock()  # dlib's detector holds the picture it searches: one at a time in a process


def warm() -> None:
    """Load the models and run each once, so that the first candidate does not wait for it."""
    cv2.setNumThreads(1)  # one process for each core, so further threads would only get in each other's way
    blank = np.zeros((160, 160, 3), np.uint8)
    detect.search(grey_of(blank))
    embedders.current().describe(blank, landmarks.locate(blank, Box(30, 30, 130, 130)))


def embedder_name() -> str:
    """Return the name of the face model in use, which is stored beside each descriptor."""
    return embedders.name()


def observe(jpeg: bytes, limits: Limits = FRAME, *, near: Near | None = None) -> Observation:
    """Say what a webcam frame shows; raise Unreadable for what is not such a frame.

    `near` says where the face of the same camera's frame before was, to look there first; without it all is searched.
    """
    rgb = decode(jpeg, limits)
    grey = grey_of(rgb)
    brightness = quality.brightness(grey)
    with _turn:
        found, searched = _find(grey, near, brightness)
        faces = tuple(_face(grey, face) for face in found)
        persons = _persons(faces)
        hint = _hint(faces, persons, brightness)
        points = landmarks.locate(rgb, found[0]) if found else None
        descriptor = embedders.current().describe(rgb, points) if points and hint is Hint.OK else None
    return Observation(
        width=rgb.shape[1],
        height=rgb.shape[0],
        brightness=brightness,
        contrast=quality.contrast(grey),
        fingerprint=quality.fingerprint(grey),
        faces=faces,
        persons=persons,
        hint=hint,
        asymmetry=None if points is None else quality.asymmetry(points.points),
        descriptor=descriptor,
        searched=searched,
    )


def describe_photo(image: bytes, limits: Limits = PHOTO) -> PhotoReport:
    """Say whether a photo (JPEG or PNG) shows one person, and describe them; raise Unreadable for other files."""
    rgb = decode(image, limits, most_side=PHOTO_SIDE)
    grey = grey_of(rgb)
    with _turn:
        found = detect.search_all(grey) or detect.search(grey, 2 * SEARCH_SIDE, LEAST_SCORE)
        faces = tuple(_face(grey, face) for face in found)
        persons = _persons(faces)
        hint = (Hint.NO_FACE, Hint.OK)[persons] if persons < 2 else Hint.SEVERAL_FACES
        descriptor = _describe(rgb, found[0]) if hint is Hint.OK else None
    return PhotoReport(rgb.shape[1], rgb.shape[0], hint, faces[0] if faces else None, persons, descriptor)


def distance(descriptor: Descriptor, reference: Descriptor) -> float:
    """Return the Euclidean distance of two descriptors of one model: 0 for the same picture, more for strangers."""
    if descriptor.shape != reference.shape:
        raise ValueError(f"descriptors of different embedders: {descriptor.shape} and {reference.shape}")
    return float(np.linalg.norm(descriptor - reference))


def mean(descriptors: Sequence[Descriptor]) -> Descriptor:
    """Return the mean of one or more descriptors: measured to be better than their best or their vote."""
    if not len(descriptors):
        raise ValueError("no descriptors to take the mean of")
    return np.asarray(np.mean(np.stack(list(descriptors)), axis=0), dtype=np.float64)


def grey_of(rgb: Pixels) -> Grey:
    """Return the luma of a picture RGB (height, width, 3)."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _find(grey: Grey, near: Near | None, brightness: float) -> tuple[list[Found], bytes]:
    """Return the faces of a frame, largest first, and the map of what was searched: first where the last one was."""
    found = [] if near is None else detect.search_near(grey, near.face)
    if near is None or not found:
        return _find_anywhere(grey, brightness), surroundings.outline(grey)
    if not near.searched:
        return found, b""
    places, searched = surroundings.to_search(grey, found[0], near.searched)
    return detect.with_places(grey, found, places), searched


def _find_anywhere(grey: Grey, brightness: float) -> list[Found]:
    found = detect.search_all(grey)
    if not found and brightness >= DARK_FRAME:
        found = detect.search(grey, SEARCH_SIDE * CLOSER_LOOK, LEAST_SCORE)
    return found


def _face(grey: Grey, found: Found) -> Face:
    height, width = grey.shape
    left, top = max(0, found.left), max(0, found.top)
    right, bottom = min(width, found.right), min(height, found.bottom)
    pixels = grey[top:bottom, left:right]
    return Face(left, top, right, bottom, quality.sharpness(pixels), quality.light(pixels), found.score)


def _persons(faces: tuple[Face, ...]) -> int:
    """Count the nearest face and those that are near enough, and sure enough, to be company."""
    if not faces:
        return 0
    least = faces[0].height * LEAST_SHARE
    return 1 + sum(face.height >= least and face.score >= LEAST_SCORE for face in faces[1:])


def _hint(faces: tuple[Face, ...], persons: int, brightness: float) -> Hint:
    """Name the first thing to change; small finds never accuse anybody of having company."""
    if not faces:
        return Hint.TOO_DARK if brightness < DARK_FRAME else Hint.NO_FACE
    nearest = faces[0]
    if nearest.height < LEAST_FACE:
        return Hint.TOO_FAR
    if persons > 1:
        return Hint.SEVERAL_FACES
    if nearest.light < DARK_FACE:
        return Hint.TOO_DARK
    return Hint.BLURRED if nearest.sharpness < BLURRED else Hint.OK


def _describe(rgb: Pixels, box: Box) -> Descriptor:
    return embedders.current().describe(rgb, landmarks.locate(rgb, box))
