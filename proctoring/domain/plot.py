"""The picture of a sitting over time, as numbers of a drawing: distances with their threshold, answers, incidents.

Units are those of the drawing (`WIDTH` × `HEIGHT`, origin top left); what is said in words is the template's business.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 712, 10, 120  # of the distances
BANDS_TOP, BAND = 126, 10  # the strip of incidents and pauses
BARS_TOP, BARS_BOTTOM = 142, 178  # of the answers
GAP = timedelta(minutes=4)  # between two checks that do not belong to one line
SLOT = timedelta(minutes=1)
LEAST_WIDE = timedelta(minutes=10)
MARGIN = 0.05
LEAST_LEVEL = 12.0  # of a threshold: it can be seen although it was used once
STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120))
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Score:
    """A decision on who is there; `rule` tells which threshold it was measured with (at check-in, in the exam)."""

    at: datetime
    distance: float
    threshold: float | None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted; `tone` tells how it is drawn, `name` what it is."""

    began_at: datetime
    ended_at: datetime | None
    tone: str
    name: str


@dataclass(frozen=True, slots=True)
class Point:
    """A score in the drawing; `is_over` where it lies above its threshold."""

    x: float
    y: float
    is_over: bool
    score: Score


@dataclass(frozen=True, slots=True)
class Bar:
    """The answers of one minute."""

    x: float
    y: float
    width: float
    height: float
    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Band:
    """A span in the drawing."""

    x: float
    width: float
    span: Span


@dataclass(frozen=True, slots=True)
class Level:
    """A threshold in the drawing, for as long as it held."""

    left: float
    right: float
    y: float
    value: float
    rule: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on one of the axes."""

    at: float
    label: datetime | float


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything that is drawn."""

    points: tuple[Point, ...]
    lines: tuple[str, ...]
    levels: tuple[Level, ...]
    bars: tuple[Bar, ...]
    bands: tuple[Band, ...]
    hours: tuple[Tick, ...]
    distances: tuple[Tick, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.points or self.bars or self.bands)

    @property
    def thresholds(self) -> list[tuple[str, list[float]]]:
        """Every threshold that was used, by rule, in the order in which they came."""
        used: dict[str, dict[float, None]] = {}
        for level in self.levels:
            used.setdefault(level.rule, {})[level.value] = None
        return [(rule, list(values)) for rule, values in used.items()]


def draw(
    scores: Iterable[Score], spans: Iterable[Span], answers: Iterable[datetime], begins: datetime, ends: datetime
) -> Plot:
    """Return the drawing of what happened between two moments."""
    so_far, ends = ends, max(ends, begins + LEAST_WIDE)
    known = sorted((one for one in scores if begins <= one.at <= ends), key=lambda one: one.at)
    wide = _Axis(begins.timestamp(), ends.timestamp(), LEFT, RIGHT)
    low, high = _reach(known)
    tall = _Axis(low, high, BOTTOM, TOP)
    points = tuple(
        Point(wide(one.at.timestamp()), tall(one.distance), bool(one.threshold and one.distance > one.threshold), one)
        for one in known
    )
    return Plot(
        points=points,
        lines=tuple(_lines(points)),
        levels=tuple(_levels(known, wide, tall, so_far)),
        bars=tuple(_bars(answers, wide, begins, ends)),
        bands=tuple(_bands(spans, wide, begins, so_far)),
        hours=tuple(_hours(wide, begins, ends)),
        distances=tuple(Tick(tall(value), value) for value in _tenths(low, high)) if known else (),
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def _reach(scores: Sequence[Score]) -> tuple[float, float]:
    values = [one.distance for one in scores] + [one.threshold for one in scores if one.threshold]
    if not values:
        return 0.0, 1.0
    return min(values) - MARGIN, max(values) + MARGIN


def _levels(scores: Sequence[Score], wide: _Axis, tall: _Axis, ends: datetime) -> Iterable[Level]:
    """Draw each threshold from the first decision that was measured with it to the next that was not, or the end."""
    measured = [one for one in scores if one.threshold]
    turns = [
        one
        for before, one in zip([None, *measured], measured, strict=False)
        if before is None or (before.rule, before.threshold) != (one.rule, one.threshold)
    ]
    for one, following in zip(turns, [*turns[1:], None], strict=False):
        until = max(one.at, following.at if following else ends)
        left, right = wide(one.at.timestamp()), min(RIGHT, wide(until.timestamp()))
        value = one.threshold or 0.0
        yield Level(left, max(right, min(RIGHT, left + LEAST_LEVEL)), tall(value), value, one.rule)


def _lines(points: Sequence[Point]) -> Iterable[str]:
    """Join points to lines, with a gap where nobody looked for a while."""
    line: list[Point] = []
    for point in points:
        if line and point.score.at - line[-1].score.at > GAP:
            yield _joined(line)
            line = []
        line.append(point)
    if line:
        yield _joined(line)


def _joined(line: Sequence[Point]) -> str:
    return " ".join(f"{point.x},{point.y}" for point in line)


def _bars(answers: Iterable[datetime], wide: _Axis, begins: datetime, ends: datetime) -> Iterable[Bar]:
    counts = Counter((at - begins) // SLOT for at in answers if begins <= at <= ends)
    most = max(counts.values(), default=1)
    for slot, count in sorted(counts.items()):
        at = begins + slot * SLOT
        left, right = wide(at.timestamp()), wide(min(at + SLOT, ends).timestamp())
        height = round((BARS_BOTTOM - BARS_TOP) * count / most, 1)
        yield Bar(left, BARS_BOTTOM - height, max(1.0, round(right - left - 0.5, 1)), height, at, count)


def _bands(spans: Iterable[Span], wide: _Axis, begins: datetime, ends: datetime) -> Iterable[Band]:
    for span in sorted(spans, key=lambda span: span.began_at):
        began, ended = max(span.began_at, begins), min(span.ended_at or ends, ends)
        if began <= ended:
            left, right = wide(began.timestamp()), wide(ended.timestamp())
            yield Band(left, max(3.0, round(right - left, 1)), span)


def _hours(wide: _Axis, begins: datetime, ends: datetime) -> Iterable[Tick]:
    step = next((step for step in STEPS if (ends - begins) / step <= MOST_TICKS), STEPS[-1])
    at = datetime.fromtimestamp(-(-begins.timestamp() // step.total_seconds()) * step.total_seconds(), begins.tzinfo)
    while at <= ends:
        yield Tick(wide(at.timestamp()), at)
        at += step


def _tenths(low: float, high: float) -> Iterable[float]:
    return [tenth / 10 for tenth in range(11) if low <= tenth / 10 <= high]
