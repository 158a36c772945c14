"""How good a picture of a face is, in numbers that hold for any camera, size and skin."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
THUMBNAIL = 16, 12  # px: width and height of a fingerprint
_SIDE = 96  # px: sharpness is judged at one size, else a near face would look blurred beside a far one


def brightness(grey: Grey) -> float:
    """Return the mean luma of a grey picture (height, width), 0 to 255."""
    return float(cv2.mean(grey)[0])


def contrast(grey: Grey) -> float:
    """Return the standard deviation of the luma of a grey picture (height, width), 0 to 127.5."""
    return float(cv2.meanStdDev(grey)[1][0, 0])


def fingerprint(grey: Grey) -> bytes:
    """Return the luma of a grey picture (height, width) at 16×12, row by row: 192 bytes."""
    return cv2.resize(grey, THUMBNAIL, interpolation=cv2.INTER_AREA).tobytes()


def asymmetry(points: NDArray[np.float64]) -> float:
    """Return how far the nose stands off the middle between the eyes, in halves of their distance.

    `points` are dlib's five landmarks (5, 2). The nose is projected on the line through the eyes, so that tilting the
    head changes nothing; positive when the nose is nearer to the eye on the right of the picture.
    """
    right, left, nose = points[0:2].mean(axis=0), points[2:4].mean(axis=0), points[4]
    across = right - left
    return float(2 * np.dot(nose - left, across) / max(float(np.dot(across, across)), 1e-9) - 1)


def light(face: Grey) -> float:
    """Return the luma that the brightest tenth of a face exceeds, 0 to 255.

    The highlights rather than the mean: they tell how much light falls on a face whatever the colour of its skin
    (in ordinary press pictures the darkest value was 119, over all groups; the mean went down to 67).
    """
    darker = np.cumsum(cv2.calcHist([face], [0], None, [256], [0, 256]))
    return float(np.searchsorted(darker, 0.9 * face.size))


def sharpness(face: Grey) -> float:
    """Return the share of fine detail in the contrast of a face, in percent; about 2 when sharp, 0.2 when blurred.

    The variance of the Laplacian after a light smoothing (so that sensor noise does not count as detail), divided
    by the variance of the face (so that a dim or even face does not count as blurred).
    """
    small = cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    contrast = float(small.var())
    if contrast < 1.0:
        return 0.0
    detail = cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.CV_32F)
    return float(detail.var()) / contrast * 100
