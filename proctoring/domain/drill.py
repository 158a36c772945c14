"""The continuous check on a stage: how often it accuses the right person, how soon it notices another.

The very rules of the exam (recognition.py, policy.py) run through hours of looks in milliseconds; what the camera would
show is drawn from pools of looks that an engine has seen before. No clock, no camera, no database.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, inf
from random import Random

from proctoring.domain import policy
from proctoring.domain.incident_rules import Kind, Seen
from proctoring.domain.matching import Descriptor
from proctoring.domain.policy import Opened, Sighting, Watch
from proctoring.domain.recognition import Recognition

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
ON_THE_WAY = timedelta(milliseconds=150)  # grabbing, sending and looking at a frame
JITTER = 0.1  # what the page adds to the wait that it is told, at most


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an engine saw on one frame: a descriptor, or else what kept it from one."""

    seen: Seen
    descriptor: Descriptor | None = None


Shows = Callable[[timedelta], Look]  # what the camera shows so long after the beginning


@dataclass(frozen=True, slots=True)
class Rates:
    """False alarms by kind in so many hours of sitting; `most` bounds their rate per ten hours (95 %, Poisson)."""

    hours: float
    alarms: Counter[Kind]

    @property
    def per_ten_hours(self) -> float:
        return 10 * self.alarms.total() / self.hours if self.hours else 0.0

    @property
    def most(self) -> float:
        return 10 * poisson_bound(self.alarms.total()) / self.hours if self.hours else inf


def sit(shows: Shows, recognition: Recognition, lasts: timedelta, dice: Random) -> Iterable[Opened]:
    """Yield the incidents that open while a camera shows something for so long, at the pace of the exam."""
    watch, spent = Watch(), timedelta(0)
    while spent < lasts:
        look = shows(spent)
        at, seen, distance = BEGINS + spent, look.seen, None
        if look.descriptor is not None:
            recognition, seen, distance = recognition.look(at, look.descriptor)
        watch, changes = policy.look(watch, Sighting(at, seen, distance))
        yield from (change for change in changes if isinstance(change, Opened))
        spent += policy.next_look(watch) * (1 + JITTER * dice.random()) + ON_THE_WAY


def steady(pool: Sequence[Look], dice: Random) -> Shows:
    """Return a camera that shows any look of one pool."""
    return lambda _spent: dice.choice(pool)


def changing(pools: Sequence[Sequence[Look]], every: timedelta, dice: Random) -> Shows:
    """Return a camera that goes to another pool from time to time: another pose, another light."""
    turns: dict[int, Sequence[Look]] = {}
    return lambda spent: dice.choice(turns.setdefault(spent // every, dice.choice(pools)))


def swapped(before: Sequence[Look], after: Sequence[Look], at: timedelta, dice: Random) -> Shows:
    """Return a camera before which one person takes the place of another."""
    return lambda spent: dice.choice(before if spent < at else after)


def noticed_after(
    shows: Shows, recognition: Recognition, at: timedelta, within: timedelta, dice: Random
) -> timedelta | None:
    """Return how long after a swap at `at` it became an incident, None if it did not within so long."""
    for opened in sit(shows, recognition, at + within, dice):
        if opened.kind is Kind.NOT_THE_PERSON and opened.at - BEGINS >= at:
            return opened.at - BEGINS - at
    return None


def poisson_bound(count: int, confidence: float = 0.95) -> float:
    """Return the largest mean that still makes `count` or fewer events likelier than 1 - confidence (3.0 for none)."""
    low, high = 0.0, 10.0 * (count + 1)
    while high - low > 1e-6:
        mean = (low + high) / 2
        if _at_most(count, mean) > 1 - confidence:
            low = mean
        else:
            high = mean
    return high


def _at_most(count: int, mean: float) -> float:
    """Return the probability of `count` or fewer events of a Poisson law."""
    term = total = exp(-mean)
    for number in range(1, count + 1):
        term *= mean / number
        total += term
    return total
