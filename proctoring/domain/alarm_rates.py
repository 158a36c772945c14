"""Sets up the stage for many persons, and counts: false alarms in honest hours, and how soon a swap is noticed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from proctoring.domain import drill
from proctoring.domain.drill import Look, Rates
from proctoring.domain.incident_rules import Kind
from proctoring.domain.matching import Descriptor, Rolling
from proctoring.domain.recognition import Recognition
from proctoring.domain.thresholds import Thresholds

ANOTHER_POSE_EVERY = timedelta(seconds=45)
SWAP_AT = timedelta(seconds=40), timedelta(seconds=60)
NOTICED_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody with reference photos, a face at check-in, and what the camera would show of them that day.

    `today` are looks at the picture of that day, `other_days` those of each other picture of the same person.
    """

    group: str
    photos: Descriptor
    check_in: Descriptor
    today: Sequence[Look]
    other_days: Sequence[Sequence[Look]] = ()

    def recognition(self, limits: Thresholds, *, with_check_in: bool = True) -> Recognition:
        known = (self.photos, self.check_in) if with_check_in else (self.photos,)
        return Recognition(known, limits.exam, Rolling(limits.another))


@dataclass(frozen=True, slots=True)
class Swaps:
    """Swaps that were played, and after how many seconds each of those that were noticed was."""

    played: int
    seconds: tuple[float, ...]

    def within(self, seconds: float) -> float:
        """Return the share that was noticed within so long."""
        return sum(one <= seconds for one in self.seconds) / self.played if self.played else 0.0

    def quantile(self, share: float) -> float | None:
        """Return the seconds within which such a share of the noticed ones was noticed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def honest_hours(
    persons: Sequence[Person],
    limits: Thresholds,
    hours_each: float,
    dice: Random,
    *,
    changing: bool,
    with_check_in: bool,
) -> Rates:
    """Let everybody sit honestly; `changing`: in the pose and light of another of their pictures every 45 seconds."""
    alarms: Counter[Kind] = Counter()
    for person in persons:
        pools = [person.today, *person.other_days] if changing else [person.today]
        shows = drill.changing(pools, ANOTHER_POSE_EVERY, dice)
        recognition = person.recognition(limits, with_check_in=with_check_in)
        opened = drill.sit(shows, recognition, timedelta(hours=hours_each), dice)
        alarms.update(incident.kind for incident in opened)
    return Rates(hours_each * len(persons), alarms)


def swaps(persons: Sequence[Person], limits: Thresholds, each: int, dice: Random) -> Swaps:
    """Let others of the same group (of any, where there is nobody else) take everybody's place in the middle."""
    seconds: list[float] = []
    played = 0
    for person in persons:
        others = [other for other in persons if other is not person and other.group == person.group]
        others = others or [other for other in persons if other is not person]
        for other in dice.sample(others, min(each, len(others))):
            at = SWAP_AT[0] + (SWAP_AT[1] - SWAP_AT[0]) * dice.random()
            shows = drill.swapped(person.today, other.today, at, dice)
            after = drill.noticed_after(shows, person.recognition(limits), at, NOTICED_WITHIN, dice)
            played += 1
            if after is not None:
                seconds.append(after.total_seconds())
    return Swaps(played, tuple(seconds))
