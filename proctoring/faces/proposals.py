"""From measured faces to what is stored with a plan: the thresholds for a target, and faces that are hard to tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proctoring.domain.thresholds import LOOSE_TARGET, Level, Offset, least_comparisons
from proctoring.faces.calibration import Measured, measure
from proctoring.faces.comparisons import NEIGHBOURS, ONE_ONE, Distances, Faces, distances

LEAST_PERSONS = 3 * NEIGHBOURS  # fewer have no neighbourhood that differs from the whole


@dataclass(frozen=True, slots=True)
class Proposal:
    """Thresholds for a target FMR; `group` decided: the one that needs the lowest. `offset` where persons suffice."""

    target: float
    level: Level
    offset: Offset | None
    group: str
    persons: int
    impostor: int


class TooFew(ValueError):
    """There are fewer impostor comparisons than the target needs; nothing may be claimed."""

    def __init__(self, target: float, impostor: int) -> None:
        super().__init__(target, impostor)
        self.target, self.impostor = target, impostor
        self.needed = least_comparisons(target)


def propose(faces: Faces, groups: Sequence[str], target: float, *, cautious: bool = False) -> Proposal:
    """Propose thresholds; the group with the lowest threshold decides, among those with comparisons enough.

    `cautious` takes the lower ends of the 95 % intervals, for use with other people than those measured; only those
    measured themselves have neighbours of their own, so then there is no offset.
    """
    targets = (target, target / 2, LOOSE_TARGET)
    rows = measure(faces, groups, shapes=(ONE_ONE,), targets=targets)
    known = [row for row in rows if row.impostor >= least_comparisons(target) and _has(row, targets)]
    if not known:
        raise TooFew(target, rows[0].impostor if rows else 0)
    strictest = min(known, key=lambda row: _at(row, target, cautious=cautious))
    whole, half, loose = (_at(strictest, one, cautious=cautious) for one in targets)
    return Proposal(
        target=target,
        level=Level(whole, half, max(loose, whole)),
        offset=None if cautious else _offset(faces, target),
        group=strictest.group,
        persons=strictest.persons,
        impostor=strictest.impostor,
    )


def _offset(faces: Faces, target: float) -> Offset | None:
    if faces.count < LEAST_PERSONS:
        return None
    (row,) = measure(faces, shapes=(ONE_ONE,), targets=(target, target / 2), normalised=True)
    whole, half = row.threshold(target), row.threshold(target / 2)
    return None if whole is None or half is None else Offset(whole, half)


def _has(row: Measured, targets: Sequence[float]) -> bool:
    return all(row.at[one] is not None for one in targets)


def _at(row: Measured, target: float, *, cautious: bool) -> float:
    point = row.at[target]
    if point is None:
        raise TooFew(target, row.impostor)
    return round(point.threshold_bounds[0] if cautious else point.threshold, 4)


# --- faces that are hard to tell --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """Two persons whose pictures are near each other, nearest first."""

    one: int
    other: int
    distance: float


def crowding(faces: Faces) -> Distances:
    """Return for each picture how near its nearest other persons are."""
    return faces.nearest.mean


def look_alikes(faces: Faces, within: float, most: int = 50) -> list[Pair]:
    """Return the pairs of different persons with pictures no farther apart than `within`, nearest first."""
    nearest: dict[tuple[int, int], float] = {}
    for start in range(0, len(faces.vectors), 512):
        block = distances(faces.vectors[start : start + 512], faces.vectors)
        for row, column in zip(*np.nonzero(block <= within), strict=True):
            one, other = int(faces.persons[start + row]), int(faces.persons[column])
            if one < other:
                apart = float(block[row, column])
                nearest[one, other] = min(apart, nearest.get((one, other), apart))
    found = sorted(nearest.items(), key=lambda item: item[1])[:most]
    return [Pair(one, other, round(apart, 3)) for (one, other), apart in found]
