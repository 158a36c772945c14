"""One picture in, what is seen on it out; with images.py and quality.py the only place that knows OpenCV and dlib.

The models are those of face_recognition: dlib's HOG detector, its 5-point landmarks and its ResNet descriptor. They
are called directly, since importing face_recognition loads the 68-point model, whose licence excludes commercial use.
Nothing here knows Django, keeps a picture, or writes to a disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import cv2
import dlib
import face_recognition_models
import numpy as np
from numpy.typing import NDArray

from proctoring.faces import quality
from proctoring.faces.images import FRAME, PHOTO, Fault, Limits, Unreadable, decode
from proctoring.faces.observation import Box, Descriptor, Face, Hint, Observation, PhotoReport

__all__ = [
    "DESCRIPTOR_SIZE",
    "EMBEDDER",
    "FRAME",
    "PHOTO",
    "Box",
    "Descriptor",
    "Face",
    "Fault",
    "Hint",
    "Limits",
    "Observation",
    "PhotoReport",
    "Unreadable",
    "decode",
    "describe_photo",
    "distance",
    "mean",
    "observe",
    "warm",
]

Pixels = NDArray[np.uint8]

EMBEDDER = "dlib-resnet-v1"  # descriptors of different embedders cannot be compared: kept beside each stored one
DESCRIPTOR_SIZE = 128

SEARCH_SIDE = 640  # px: the longer side of the grey picture that is searched; finds faces of a seventh of the height
CLOSER_LOOK = 1.5  # the second search, only where the first found nothing, to tell "too far" from "nobody"
PHOTO_SIDE = 1280  # px: a photo is scaled down to this
LEAST_FACE = 60  # px in the frame as sent: below it the rejects of the right person double
LEAST_SHARE = 0.35  # of the height of the nearest face: what is smaller is a passer-by or a poster, not company
LEAST_SCORE = 0.2  # detector score below which a further or a tiny find is likelier a pattern than a face
DARK_FRAME = 40.0  # mean luma: a frame without a face that is darker than this is called dark, not empty
DARK_FACE = 45.0  # luma of the highlights: below it the descriptor drifts by 0.25 and more
BLURRED = 0.35  # percent of detail: below it the descriptor drifts by about 0.3

_turn = Lock()  # dlib's network holds its state in the model: one picture at a time in a process


@dataclass(frozen=True, slots=True)
class _Models:
    detector: Any
    landmarks: Any
    network: Any


def warm() -> None:
    """Load the models and run each once, so that the first candidate does not wait for it."""
    models = _models()
    models.detector(np.zeros((80, 80), np.uint8))
    models.network.compute_face_descriptor(np.zeros((150, 150, 3), np.uint8))


def observe(jpeg: bytes, limits: Limits = FRAME, *, near: Box | None = None) -> Observation:
    """Say what a webcam frame shows; raise Unreadable for what is not such a frame.

    `near` is the face of the same camera's frame before, a hint where to look first; without it all is searched.
    """
    rgb = decode(jpeg, limits)
    with _turn:
        grey = _grey(rgb)
        brightness = quality.brightness(grey)
        found = _search(grey, SEARCH_SIDE)
        if not found and brightness >= DARK_FRAME:
            found = _search(grey, SEARCH_SIDE * CLOSER_LOOK, LEAST_SCORE)
        faces = tuple(_face(grey, box, score) for box, score in found)
        persons = _persons(faces)
        hint = _hint(faces, persons, brightness)
        points = _points(rgb, found[0][0]) if found else None
        descriptor = _describe(rgb, points) if hint is Hint.OK else None
    return Observation(
        width=rgb.shape[1],
        height=rgb.shape[0],
        brightness=brightness,
        contrast=quality.contrast(grey),
        fingerprint=quality.fingerprint(grey),
        faces=faces,
        persons=persons,
        hint=hint,
        asymmetry=None if points is None else quality.asymmetry(_array(points)),
        descriptor=descriptor,
    )


def describe_photo(image: bytes, limits: Limits = PHOTO) -> PhotoReport:
    """Say whether a photo (JPEG or PNG) shows one person, and describe them; raise Unreadable for other files."""
    rgb = decode(image, limits, most_side=PHOTO_SIDE)
    with _turn:
        grey = _grey(rgb)
        found = _search(grey, SEARCH_SIDE) or _search(grey, 2 * SEARCH_SIDE, LEAST_SCORE)
        faces = tuple(_face(grey, box, score) for box, score in found)
        persons = _persons(faces)
        hint = (Hint.NO_FACE, Hint.OK)[persons] if persons < 2 else Hint.SEVERAL_FACES
        descriptor = _describe(rgb, _points(rgb, found[0][0])) if hint is Hint.OK else None
    return PhotoReport(rgb.shape[1], rgb.shape[0], hint, faces[0] if faces else None, persons, descriptor)


def distance(descriptor: Descriptor, reference: Descriptor) -> float:
    """Return the Euclidean distance of two descriptors (128,): 0 for the same picture, 0.8 for two strangers, say."""
    if descriptor.shape != reference.shape:
        raise ValueError(f"descriptors of different embedders: {descriptor.shape} and {reference.shape}")
    return float(np.linalg.norm(descriptor - reference))


def mean(descriptors: Sequence[Descriptor]) -> Descriptor:
    """Return the mean (128,) of one or more descriptors: measured to be better than their best or their vote."""
    if not len(descriptors):
        raise ValueError("no descriptors to take the mean of")
    return np.asarray(np.mean(np.stack(list(descriptors)), axis=0), dtype=np.float64)


@cache
def _models() -> _Models:
    cv2.setNumThreads(1)  # one process for each core, so further threads would only get in each other's way
    return _Models(
        detector=dlib.get_frontal_face_detector(),
        landmarks=dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location()),
        network=dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location()),
    )


def _grey(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _search(grey: Pixels, side: float, least_score: float = 0.0) -> list[tuple[Any, float]]:
    """Return (dlib rectangle in pixels of `grey`, score) of each face, largest first.

    The picture is brought to one size first, so that a small frame finds the same faces as a large one.
    """
    height, width = grey.shape
    scale = min(side / max(height, width), 4.0)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(grey, (round(width * scale), round(height * scale)), interpolation=interpolation)
    boxes, scores, _ = _models().detector.run(sized, 0, least_score)
    found = [(_scaled(box, 1 / scale), float(score)) for box, score in zip(boxes, scores, strict=True)]
    return sorted(found, key=lambda find: find[0].height(), reverse=True)


def _scaled(box: Any, scale: float) -> Any:
    edges = (box.left(), box.top(), box.right(), box.bottom())
    return dlib.rectangle(*(round(edge * scale) for edge in edges))


def _face(grey: Pixels, box: Any, score: float) -> Face:
    height, width = grey.shape
    left, top = max(0, box.left()), max(0, box.top())
    right, bottom = min(width, box.right() + 1), min(height, box.bottom() + 1)
    pixels = grey[top:bottom, left:right]
    return Face(left, top, right, bottom, quality.sharpness(pixels), quality.light(pixels), score)


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


def _points(rgb: Pixels, box: Any) -> Any:
    """Return dlib's five landmarks: two corners of the eye on the right of the picture, of the other, and the nose."""
    return _models().landmarks(rgb, box)


def _array(points: Any) -> NDArray[np.float64]:
    return np.array([(points.part(index).x, points.part(index).y) for index in range(5)], dtype=np.float64)


def _describe(rgb: Pixels, points: Any) -> Descriptor:
    """Turn the face upright by its five landmarks, scale it to 150×150 and run the network."""
    chip = dlib.get_face_chip(rgb, points, size=150, padding=0.25)
    return np.array(_models().network.compute_face_descriptor(chip), dtype=np.float64)
