"""Finds faces with dlib's HOG detector on grey: first where the face was, else in the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from proctoring.faces.observation import Box

Grey = NDArray[np.uint8]

SEARCH_SIDE = 640  # px: the longer side of the grey picture that is searched; finds faces of a seventh of the height
SECOND_SIDE = (
    500  # px: the detector sees sizes in steps of a fifth, and what falls between them here falls on one there
)
CLOSER_LOOK = 1.5  # the last search, only where the first found nothing, to tell "too far" from "nobody"
LEAST_SCORE = 0.2  # detector score below which a further or a tiny find is likelier a pattern than a face
REGIONS = (1.4, 2.5)  # of the last face: the sides of the squares that are searched for it, one after the other
FACE_SIDE = 84  # px: what the last face is scaled to there; the detector's window is 80
MOST_ENLARGED = 4.0
SAME_OF_BOTH, SAME_OF_ONE = 0.33, 0.79  # of their area: what two finds of one face share; the detector's own limits


@dataclass(frozen=True, slots=True)
class Found(Box):
    """A face in pixels of the picture searched; it may reach over its edges. `score` is the detector's."""

    score: float


@cache
def detector() -> Any:
    """Return dlib's frontal face detector, one for each process."""
    return dlib.get_frontal_face_detector()


def search(grey: Grey, side: float = SEARCH_SIDE, least_score: float = 0.0) -> list[Found]:
    """Return each face of a picture (height, width), largest first.

    The picture is brought to one size first, so that a small frame finds the same faces as a large one.
    """
    return _run(grey, min(side / max(grey.shape), MOST_ENLARGED), least_score)


def search_all(grey: Grey) -> list[Found]:
    """Return each face of a picture, largest first; where one size shows none, another is tried."""
    return search(grey) or search(grey, SECOND_SIDE)


def search_near(grey: Grey, near: Box) -> list[Found]:
    """Return each face in a square around the last one, largest first; nothing where it has moved away or changed."""
    if min(near.width, near.height) <= 0:
        return []
    return next((found for region in REGIONS if (found := _search_square(grey, near, region))), [])


def with_places(grey: Grey, found: list[Found], places: Sequence[Box]) -> list[Found]:
    """Return the faces found so far and those in other places of the picture, each once, largest first."""
    faces = list(found)
    for place in places:
        others = _search_part(grey, place, min(SEARCH_SIDE / max(grey.shape), MOST_ENLARGED))
        for other in others:
            if not any(_is_same(other, face) for face in faces):
                faces.append(other)
    return sorted(faces, key=lambda face: face.height, reverse=True)


def _is_same(one: Box, other: Box) -> bool:
    """Tell whether two boxes are one face, as the detector itself does: by what they share."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    tall = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0, wide) * max(0, tall)
    areas = one.width * one.height, other.width * other.height
    return shared > SAME_OF_BOTH * (sum(areas) - shared) or shared > SAME_OF_ONE * min(areas)


def _search_square(grey: Grey, near: Box, region: float) -> list[Found]:
    height, width = grey.shape
    face = max(near.width, near.height)
    reach = round(region * face / 2)
    across, down = (near.left + near.right) // 2, (near.top + near.bottom) // 2
    square = Box(max(0, across - reach), max(0, down - reach), min(width, across + reach), min(height, down + reach))
    return _search_part(grey, square, min(FACE_SIDE / face, MOST_ENLARGED))


def _search_part(grey: Grey, part: Box, scale: float) -> list[Found]:
    left, top = part.left, part.top
    pixels = grey[top : max(top, part.bottom), left : max(left, part.right)]
    if not pixels.size:
        return []
    found = _run(pixels, scale, 0.0)
    return [Found(at.left + left, at.top + top, at.right + left, at.bottom + top, at.score) for at in found]


def _run(grey: Grey, scale: float, least_score: float) -> list[Found]:
    height, width = grey.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = grey if size == (width, height) else cv2.resize(grey, size, interpolation=interpolation)
    boxes, scores, _ = detector().run(sized, 0, least_score)
    found = [_found(box, float(score), 1 / scale) for box, score in zip(boxes, scores, strict=True)]
    return sorted(found, key=lambda face: face.height, reverse=True)


def _found(box: Any, score: float, scale: float) -> Found:
    left, top, right, bottom = (round(edge * scale) for edge in (box.left(), box.top(), box.right(), box.bottom()))
    return Found(left, top, right + 1, bottom + 1, score)  # dlib's edges are inclusive
