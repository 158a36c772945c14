"""Five points of a face, and the upright square that a face model wants to see."""

from functools import cache
from typing import Any

import cv2
import dlib
import face_recognition_models
import numpy as np
from numpy.typing import NDArray

from proctoring.faces.observation import Box

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

DLIB_SIDE, DLIB_PADDING = 150, 0.25
ARCFACE_SIDE = 112
# Where dlib's five points fall in ArcFace's 112×112 template: the mean over faces aligned by ArcFace's own five.
ARCFACE = np.array([(80.25, 52.43), (66.29, 52.79), (30.73, 52.68), (44.62, 53.03), (55.34, 79.67)])


class Landmarks:
    """The outer and inner corner of the eye on the right of the picture, of the other eye, and the nose."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape  # dlib's own, which its own alignment takes

    @property
    def points(self) -> Points:
        """Return the five points float64 (5, 2), x and y in pixels."""
        return np.array([(point.x, point.y) for point in self._shape.parts()], dtype=np.float64)

    def upright_for_dlib(self, rgb: Pixels) -> Pixels:
        """Cut the face out of its picture, RGB uint8 (150, 150, 3), exactly as dlib does."""
        chip = dlib.get_face_chip(rgb, self._shape, size=DLIB_SIDE, padding=DLIB_PADDING)
        return np.asarray(chip, dtype=np.uint8)

    def upright_for_arcface(self, rgb: Pixels) -> Pixels:
        """Cut the face out of its picture, RGB uint8 (112, 112, 3), as models of ArcFace's kind expect it."""
        turn = similarity(self.points, ARCFACE)
        return np.asarray(cv2.warpAffine(rgb, turn, (ARCFACE_SIDE, ARCFACE_SIDE)), dtype=np.uint8)


@cache
def _predictor() -> Any:
    return dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())


def locate(rgb: Pixels, box: Box) -> Landmarks:
    """Return the landmarks of the face in a box of a picture RGB (height, width, 3)."""
    return Landmarks(_predictor()(rgb, dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)))


def similarity(points: Points, template: Points) -> NDArray[np.float64]:
    """Return the turn, scale and shift (2, 3) that bring points (n, 2) nearest to a template (least squares).

    Points of the plane are complex numbers, and turning and scaling is multiplying by one.
    """
    here, there = points[:, 0] + 1j * points[:, 1], template[:, 0] + 1j * template[:, 1]
    centred = here - here.mean()
    factor = np.vdot(centred, there - there.mean()) / max(np.vdot(centred, centred).real, 1e-9)
    shift = there.mean() - factor * here.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
