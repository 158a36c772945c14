"""Error rates of face comparison, with the number of comparisons and the bounds that it allows.

FMR (false match rate): the share of impostor comparisons at or below a threshold. FNMR (false non-match rate): the
share of genuine comparisons above it. Nothing is claimed below 3 / N, the upper 95 % bound of a rate of which no case
was seen in N comparisons (the rule of three). Comparisons of the same persons hang together, so bounds are found by
drawing persons, not comparisons, with replacement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from proctoring.faces.comparisons import (
    SEED,
    SHAPES,
    Chosen,
    Comparisons,
    Distances,
    Faces,
    Indices,
    Shape,
)

TARGETS = (1e-2, 1e-3, 1e-4)
EVERYBODY = "all"
RESAMPLES = 400
LOWEST, HIGHEST, STEP = -1.5, 2.5, 1e-4  # of the counters; a distance is told to four digits
BINS = round((HIGHEST - LOWEST) / STEP)
TAIL = 4.0  # times the largest target: the nearest impostors, whose persons are remembered for the bounds

Counts = NDArray[np.int64]
Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold does: `fnmr` is None without genuine comparisons; bounds hold in 95 % of all samples."""

    threshold: float
    threshold_bounds: Bounds
    fnmr: float | None
    fnmr_bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class Curve:
    """What the pictures are drawn from: FNMR over FMR, and how the distances are spread."""

    fmr: tuple[float, ...]
    fnmr: tuple[float, ...]
    edges: tuple[float, ...]
    genuine: tuple[float, ...]
    impostor: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """One group at one shape; a target is None where the number of comparisons does not allow to speak of it."""

    group: str
    shape: Shape
    persons: int
    genuine: int
    impostor: int
    eer: float | None
    at: Mapping[float, Point | None]
    fmr_at_common: Mapping[float, float | None] = field(default_factory=dict)  # of this group, at everybody's threshold
    curve: Curve | None = None

    @property
    def least_claim(self) -> float:
        """The lowest FMR that may be claimed."""
        return 3 / self.impostor if self.impostor else 1.0

    def threshold(self, target: float) -> float | None:
        point = self.at.get(target)
        return None if point is None else point.threshold


def measure(
    faces: Faces,
    groups: Sequence[str] = (),
    *,
    shapes: Sequence[Shape] = SHAPES,
    targets: Sequence[float] = TARGETS,
    normalised: bool = False,
) -> list[Measured]:
    """Count everybody and each group by itself, at each shape; `groups` names the group of each person."""
    names = sorted(set(groups))
    members = {EVERYBODY: np.ones(faces.count, bool)}
    if len(names) > 1:
        members |= {name: np.array([group == name for group in groups]) for name in names}
    elif names:
        members = {names[0]: members[EVERYBODY]} | members
    found: list[Measured] = []
    for shape in shapes:
        found += _measure_shape(Comparisons(faces, shape, normalised=normalised), members, targets)
    return sorted(found, key=lambda one: (one.group != EVERYBODY, one.group, shapes.index(one.shape)))


def _measure_shape(comparisons: Comparisons, members: Mapping[str, Chosen], targets: Sequence[float]) -> list[Measured]:
    counters = {name: np.zeros(BINS, np.int64) for name in members}
    for block, ones, others in comparisons.impostors():
        for name, chosen in members.items():
            counters[name] += _counted(block[chosen[ones] & chosen[others]])
    tails = _tails(comparisons, members, counters, max(targets))
    common = {target: _threshold(counters[EVERYBODY], target) for target in targets}
    return [
        _measured(comparisons, name, members[name], counters[name], tails[name], targets, common) for name in members
    ]


def _measured(
    comparisons: Comparisons,
    name: str,
    chosen: Chosen,
    impostors: Counts,
    tail: "_Tail",
    targets: Sequence[float],
    common: Mapping[float, float | None],
) -> Measured:
    genuine = comparisons.genuine
    mine = chosen[genuine.persons]
    own, whose = genuine.distances[mine], genuine.persons[mine]
    directions = 2 if comparisons.shape.is_single and comparisons.normalised else 1  # one pair of pictures, two ways
    total = int(impostors.sum()) // directions
    at: dict[float, Point | None] = {}
    for target in targets:
        threshold = _threshold(impostors, target) if total and target >= 3 / total else None
        at[target] = None if threshold is None else _point(threshold, target, own, whose, tail, chosen)
    return Measured(
        group=name,
        shape=comparisons.shape,
        persons=int(chosen.sum()),
        genuine=len(own),
        impostor=total,
        eer=_equal_error(_counted(own), impostors),
        at=at,
        fmr_at_common={target: _share_below(impostors, threshold) for target, threshold in common.items()},
        curve=_curve(_counted(own), impostors),
    )


# --- counting --------------------------------------------------------------------------------------------------------


def _counted(values: Distances) -> Counts:
    at = np.clip(np.ceil((values.astype(np.float64) - LOWEST) / STEP), 0, BINS - 1).astype(np.int64)
    return np.bincount(at, minlength=BINS).astype(np.int64)


def _edge(index: int | np.intp) -> float:
    """Return the greatest value that is counted at an index."""
    return round(LOWEST + float(index) * STEP, 4)


def _threshold(impostors: Counts, target: float) -> float | None:
    """Return the greatest threshold whose FMR does not exceed the target."""
    total = int(impostors.sum())
    if not total:
        return None
    at = int(np.searchsorted(np.cumsum(impostors), target * total, side="right")) - 1
    return _edge(max(at, 0))


def _share_below(counts: Counts, threshold: float | None) -> float | None:
    total = int(counts.sum())
    if threshold is None or not total:
        return None
    return float(counts[: round((threshold - LOWEST) / STEP) + 1].sum()) / total


def _equal_error(genuine: Counts, impostors: Counts) -> float | None:
    """Return the rate at which FMR and FNMR are the same."""
    if not genuine.sum() or not impostors.sum():
        return None
    fmr, fnmr = _rates(genuine, impostors)
    at = int(np.argmax(fmr >= fnmr))
    return float(fmr[at] + fnmr[at]) / 2


def _rates(genuine: Counts, impostors: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.cumsum(impostors) / impostors.sum(), 1 - np.cumsum(genuine) / genuine.sum()


def _curve(genuine: Counts, impostors: Counts) -> Curve | None:
    if not impostors.sum():
        return None
    used = np.flatnonzero(genuine + impostors)
    first, last = int(used[0]), int(used[-1]) + 1
    step = max(1, -(-(last - first) // 60))
    starts = np.arange(first, last, step)
    shares = [np.add.reduceat(each, starts) / max(1, each.sum()) for each in (genuine, impostors)]
    fmr: list[float] = []
    fnmr: list[float] = []
    if genuine.sum():
        rates = _rates(genuine, impostors)
        least = 3 / int(impostors.sum())
        for wanted in np.geomspace(max(least, 1e-6), 1, 60):
            at = max(int(np.searchsorted(rates[0], wanted, side="right")) - 1, 0)
            fmr.append(float(wanted))
            fnmr.append(round(float(rates[1][at]), 6))
    return Curve(
        tuple(fmr),
        tuple(fnmr),
        tuple(_edge(start) for start in [*starts, starts[-1] + step]),
        tuple(round(float(share), 6) for share in shares[0]),
        tuple(round(float(share), 6) for share in shares[1]),
    )


# --- bounds ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Tail:
    """The nearest impostors of a group, nearest first, their persons, and how often each person stands on a side."""

    distances: Distances
    ones: Indices
    others: Indices
    photos_of: Counts
    frames_of: Counts
    share: float  # 0.5 where each pair of pictures was compared one way only


def _tails(
    comparisons: Comparisons, members: Mapping[str, Chosen], counters: Mapping[str, Counts], target: float
) -> dict[str, _Tail]:
    ends = {name: _threshold(counters[name], min(1.0, TAIL * target)) for name in members}
    found: dict[str, list[tuple[Distances, Indices, Indices]]] = {name: [] for name in members}
    for block, ones, others in comparisons.impostors():
        for name, chosen in members.items():
            end = ends[name]
            if end is not None:
                near = np.flatnonzero(block <= end)
                near = near[chosen[ones[near]] & chosen[others[near]]]
                found[name].append((block[near], ones[near], others[near]))
    return {name: _tail(comparisons, members[name], found[name]) for name in members}


def _tail(comparisons: Comparisons, chosen: Chosen, parts: list[tuple[Distances, Indices, Indices]]) -> _Tail:
    photos, frames = (
        np.bincount(side.persons, minlength=len(chosen)) * chosen for side in (comparisons.photos, comparisons.frames)
    )
    none = np.zeros(0, np.intp)
    near, ones, others = (
        (np.concatenate([part[at] for part in parts]) for at in range(3))
        if parts
        else (np.zeros(0, np.float32), none, none)
    )
    order = np.argsort(near, kind="stable")
    share = 0.5 if comparisons.is_one_way else 1.0
    return _Tail(near[order], ones[order], others[order], photos, frames, share)


def _point(threshold: float, target: float, genuine: Distances, whose: Indices, tail: _Tail, chosen: Chosen) -> Point:
    lot = np.random.default_rng(SEED)
    persons = np.flatnonzero(chosen)
    thresholds, rates = [], []
    for _ in range(RESAMPLES):
        weight = np.bincount(lot.choice(persons, len(persons)), minlength=len(chosen))
        drawn = _threshold_of(tail, weight, target, threshold)
        thresholds.append(drawn)
        weights = weight[whose]
        if weights.sum():
            rates.append(float((weights * (genuine > drawn)).sum() / weights.sum()))
    fnmr = float((genuine > threshold).mean()) if len(genuine) else None
    return Point(
        threshold=threshold,
        threshold_bounds=_middle(thresholds),
        fnmr=fnmr,
        fnmr_bounds=None if fnmr is None else _with_rule_of_three(_middle(rates), fnmr, len(np.unique(whose))),
    )


def _threshold_of(tail: _Tail, weight: Counts, target: float, otherwise: float) -> float:
    """Return the threshold of a sample in which each person occurs `weight` times."""
    pairs = float((weight @ tail.photos_of) * (weight @ tail.frames_of))
    pairs -= float((weight * weight) @ (tail.photos_of * tail.frames_of))
    if pairs <= 0 or not len(tail.distances):
        return otherwise
    below = np.cumsum(weight[tail.ones] * weight[tail.others])
    at = int(np.searchsorted(below, target * pairs * tail.share, side="right"))
    return float(tail.distances[min(at, len(below) - 1)])


def _middle(values: Sequence[float]) -> Bounds:
    low, high = np.percentile(np.asarray(values), [2.5, 97.5])
    return round(float(low), 6), round(float(high), 6)


def _with_rule_of_three(bounds: Bounds, rate: float, persons: int) -> Bounds:
    """Widen the bounds where no error was seen: drawing again from what has no error never shows one."""
    return (bounds[0], max(bounds[1], min(1.0, 3 / persons))) if rate == 0 else bounds
