"""Whose face it is: descriptors in, a distance out. What a descriptor is belongs to `faces/`; here it is numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Descriptor = NDArray[np.float64]


def centre(descriptors: Sequence[Descriptor]) -> Descriptor:
    """Return the mean (n,) of one or more descriptors (n,); measured, it beats both the best of them and their vote."""
    if not len(descriptors):
        raise ValueError("no descriptors")
    return np.asarray(np.mean(np.stack(list(descriptors)), axis=0), dtype=np.float64)


def distance(one: Descriptor, other: Descriptor) -> float:
    """Return the Euclidean distance of two descriptors of the same model."""
    return float(np.linalg.norm(one - other))


def spread(descriptors: Sequence[Descriptor]) -> float:
    """Return how far the farthest of some descriptors lies from their mean: near 0.2 for one person in one sitting."""
    middle = centre(descriptors)
    return max(distance(descriptor, middle) for descriptor in descriptors)


KEEPS = 5
KEEPS_FOR = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, eq=False)
class Rolling:
    """The last few good frames, whose mean wavers much less than each of them; another face starts anew at once.

    A frame farther than `another` from the mean of those before it shows another face.
    """

    another: float
    frames: tuple[tuple[datetime, Descriptor], ...] = ()

    def with_frame(self, at: datetime, descriptor: Descriptor) -> "Rolling":
        """Add a frame and forget the old ones."""
        fresh = tuple(frame for frame in self.frames if at - frame[0] < KEEPS_FOR)[-(KEEPS - 1) :]
        if fresh and distance(descriptor, centre([known for _, known in fresh])) > self.another:
            fresh = ()
        return Rolling(self.another, (*fresh, (at, descriptor)))

    def nearest(self, references: Sequence[Descriptor]) -> float | None:
        """Return the distance of the mean to the nearest of some references, None where there are none."""
        if not self.frames or not references:
            return None
        middle = centre([descriptor for _, descriptor in self.frames])
        return min(distance(middle, reference) for reference in references)
