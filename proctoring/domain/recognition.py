"""Whether a look in the exam shows the registered person: the mean of the last good frames beside the known faces."""

from dataclasses import dataclass, replace
from datetime import datetime

from proctoring.domain.incident_rules import Seen
from proctoring.domain.matching import Descriptor, Rolling


@dataclass(frozen=True, slots=True, eq=False)
class Recognition:
    """What is compared with what; the nearest of the known faces counts, and `threshold` is for the mean of frames."""

    known: tuple[Descriptor, ...]
    threshold: float
    faces: Rolling

    def look(self, at: datetime, descriptor: Descriptor) -> "tuple[Recognition, Seen, float | None]":
        """Take one good frame into account; the distance is None where there is nothing to compare with."""
        faces = self.faces.with_frame(at, descriptor)
        distance = faces.nearest(self.known)
        is_other = distance is not None and distance > self.threshold
        return replace(self, faces=faces), Seen.OTHER if is_other else Seen.PERSON, distance

    def knowing(self, known: tuple[Descriptor, ...], threshold: float, another: float) -> "Recognition":
        """Return the same looks beside other faces: a photo was replaced, a check-in accepted."""
        return replace(self, known=known, threshold=threshold, faces=replace(self.faces, another=another))
