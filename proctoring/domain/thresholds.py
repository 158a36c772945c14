"""How near is near enough: thresholds of a candidate, from what was measured for their plan (decision 0010).

A threshold holds for one face model and one population. It is measured on single pictures and moved from there to
what is compared: means of pictures lie nearer to everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# What a mean does to a threshold of single pictures, at the same FMR (docs/identity.md, "What was measured"): three
# pictures on one side 0.917 to 0.951, on both sides 0.841 to 0.882, over three models, both groups and all targets.
# The lowest counts: a threshold that is too low asks a person, one that is too high lets a stranger pass.
MEAN_ON_ONE_SIDE: Final = 0.91
MEAN_ON_BOTH_SIDES: Final = 0.84
# Frames of one attempt lie around 0.2 of dlib's measure from their mean, with a turned head up to 0.35; where dlib's
# loose threshold for East Asian faces is 0.446 this makes 0.4.
STEADY: Final = 0.9

TARGET: Final = 1e-3
LOOSE_TARGET: Final = 1e-2


class Source(StrEnum):
    """What a threshold rests on."""

    PLAN = "plan"  # the photos of the plan's own candidates
    PAIRS = "pairs"  # pictures that the operator has measured
    TABLE = "table"  # what is shipped for well-known models


def least_comparisons(target: float) -> int:
    """Return how many impostor comparisons allow to speak of half a target, which the exam needs: 3 / N, no less."""
    return round(6 / target)


@dataclass(frozen=True, slots=True)
class Level:
    """Thresholds of one photo against one frame: at an FMR of `target`, at half of it, and at one in a hundred."""

    whole: float
    half: float
    loose: float


@dataclass(frozen=True, slots=True)
class Offset:
    """What is added to how near the nearest other candidates are, in place of one threshold for everybody."""

    whole: float
    half: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What one candidate's faces are measured with.

    `check_in` is for the mean of the frames at check-in, `exam` for the rolling mean in the exam; `steady` bounds the
    spread of one person's frames, and beyond `another` a frame shows somebody else than the frames before it.
    """

    check_in: float
    exam: float
    steady: float
    another: float
    source: Source


@dataclass(frozen=True, slots=True)
class Base:
    """What is known about one face model and one population."""

    source: Source
    target: float
    level: Level
    offset: Offset | None = None

    def thresholds(self, photos: int, *, checked_in: bool = False, crowding: float | None = None) -> Thresholds:
        """Return those of a candidate with so many photos; `crowding` is how near their nearest others are.

        In the exam the nearest of two references counts (photos, face at check-in): each gets half of the target, and
        both are taken for means, which is the stricter.
        """
        check_in = MEAN_ON_BOTH_SIDES if photos > 1 else MEAN_ON_ONE_SIDE
        exam = MEAN_ON_BOTH_SIDES if checked_in else check_in
        whole, half = self._single(crowding)
        return Thresholds(whole * check_in, half * exam, self.level.loose * STEADY, self.level.loose, self.source)

    def _single(self, crowding: float | None) -> tuple[float, float]:
        if self.offset is None or crowding is None:
            return self.level.whole, self.level.half
        most = self.level.loose  # somebody unlike all others: their own threshold would be generous
        return min(crowding + self.offset.whole, most), min(crowding + self.offset.half, most)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the shipped table: for which model, and on what it was measured."""

    embedder: str
    level: Level
    group: str
    persons: int
    impostor: int
    fnmr: float  # of one photo against the mean of three frames, at what `level.whole` makes of it


# Lower ends of the 95 % intervals for the group that needs the lowest threshold, at the default target. Made by
# `calibrate_faces --pairs` on 2 956 press photos (Labeled Faces in the Wild); docs/identity.md has the whole of it.
TABLE: Final[tuple[Row, ...]] = (
    Row("dlib-resnet-v1", Level(0.3826, 0.3653, 0.4296), "east_asian", persons=101, impostor=21_684, fnmr=0.258),
    Row("dlib-resnet-v1-int8", Level(0.4335, 0.4072, 0.5000), "east_asian", persons=101, impostor=21_684, fnmr=0.170),
    # fr_feature.onnx as `make face-model` keeps it (faceplugin-face-recognition-js@0.0.1)
    Row(
        "onnx-45c64989e281287c42cf638f",
        Level(1.0525, 1.0433, 1.1530),
        "east_asian",
        persons=101,
        impostor=21_684,
        fnmr=0.0,
    ),
)


def shipped(embedder: str) -> Row | None:
    """Return the table's line for a face model."""
    return next((row for row in TABLE if row.embedder == embedder), None)


def from_table(embedder: str) -> Base | None:
    """Return what the table says of a face model; None: there is nothing to go by."""
    row = shipped(embedder)
    return None if row is None else Base(Source.TABLE, TARGET, row.level)


def crowding_of(values: Sequence[float | None]) -> float | None:
    """Return how near the nearest others are to the mean of several photos; None where one of them is unknown."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
