"""What the engine says about a picture: plain values that travel between processes and need no image library."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Descriptor = NDArray[np.float64]


class Hint(StrEnum):
    """What a picture is good for; anything but `ok` tells the candidate what to change."""

    OK = "ok"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_FAR = "too_far"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face is: pixels of the frame as sent, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Near:
    """Where to look first in a frame: at the one face of the frame before.

    `searched` is what that frame's observation carried, where the surroundings are due in this one: the luma of each
    block when it was last searched. Empty where only the face is looked at.
    """

    face: Box
    searched: bytes = b""


@dataclass(frozen=True, slots=True)
class Face(Box):
    """One face: its box, and how good it is.

    `sharpness` in percent, `light` 0 to 255 (see quality.py); `score` is the detector's confidence (0 barely, 1 sure).
    """

    sharpness: float
    light: float
    score: float

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What one frame shows; the descriptor is there exactly when the hint is `ok`.

    `width`, `height` in pixels of the frame; `brightness` its mean luma (0 to 255) and `contrast` the standard
    deviation of its luma (0 to 127.5; a covered lens is near 0); `faces` largest first, with those too small to count
    as company; `persons` those that count; `descriptor` float64, unit and size of the embedder, of the one person.

    `asymmetry` of the nearest face, None without one: how far the nose stands off the middle between the eyes, in
    halves of their distance. About 0 looking straight, 0.3 to 0.5 at a turn of 20 to 30 degrees; positive when the
    person turns to their own left (which is to the right in a frame that is not mirrored).

    `fingerprint`: the frame's luma at 16×12, row by row, one byte each: the same bytes again and again are a frozen
    camera, the same sequence again a loop.

    `searched`: the luma of each block as it was when it was last searched (surroundings.py), to be handed in with the
    next frame whose surroundings are due; empty where only the last face was looked at.
    """

    width: int
    height: int
    brightness: float
    contrast: float
    fingerprint: bytes
    faces: tuple[Face, ...]
    persons: int
    hint: Hint
    asymmetry: float | None
    descriptor: Descriptor | None
    searched: bytes = b""

    @property
    def largest(self) -> Face | None:
        """Return the face nearest to the camera."""
        return self.faces[0] if self.faces else None


@dataclass(frozen=True, slots=True, eq=False)
class PhotoReport:
    """Whether a photo can be a reference: `ok` with its descriptor, `no_face` or `several_faces`.

    `width` and `height` are those of the picture that was looked at (a large photo is scaled down); so is `face`.
    """

    width: int
    height: int
    hint: Hint
    face: Face | None
    persons: int
    descriptor: Descriptor | None
