"""When a sitting ends. One absolute deadline; everything else is read off it.

All moments are aware datetimes; spans are `[began_at, ended_at)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; one without an end is still going on."""

    began_at: datetime
    ended_at: datetime | None = None

    def length(self, now: datetime) -> timedelta:
        """Return how long it has lasted by `now`; never negative."""
        return max(NOTHING, (self.ended_at or now) - self.began_at)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything that decides the clock of one sitting.

    `extra` is what was granted (accommodation, staff). `held` is what waiting for a person or for the spread of the
    entry cost before the start: the start itself came later by that much, so it moves the close of the window only,
    else whoever was held would get more time than everybody else.
    """

    closes_at: datetime
    duration: timedelta
    started_at: datetime
    extra: timedelta = NOTHING
    held: timedelta = NOTHING
    pauses: Sequence[Span] = ()

    def paused(self, now: datetime) -> timedelta:
        """Return how long the clock has stood still by `now`."""
        return sum((pause.length(now) for pause in self.pauses), NOTHING)

    @property
    def is_paused(self) -> bool:
        return any(pause.ended_at is None for pause in self.pauses)

    def deadline(self, now: datetime) -> datetime:
        """Return the moment after which responses are late; while paused it moves along with `now`."""
        planned = min(self.started_at + self.duration, self.closes_at + self.held)
        return planned + self.extra + self.paused(now)

    def remaining(self, now: datetime) -> timedelta:
        """Return what is left; nothing, never less, once the deadline has passed."""
        return max(NOTHING, self.deadline(now) - now)


@dataclass(frozen=True, slots=True)
class Window:
    """When an exam may be entered."""

    check_in_opens_at: datetime
    opens_at: datetime
    closes_at: datetime
    late_entry_at: datetime | None = None  # from then on nobody may begin

    def last_entry(self, held: timedelta = NOTHING) -> datetime:
        """Return the moment from which it is too late to begin, moved by the time a candidate was held back."""
        return min(self.late_entry_at or self.closes_at, self.closes_at) + held


def held_within(window: Window, span: Span, now: datetime) -> timedelta:
    """Return how much of a wait cost exam time: the part of it that lies after the exam opened."""
    ended_at = span.ended_at or now
    return max(NOTHING, ended_at - max(span.began_at, window.opens_at))


def lost_to_spread(window: Window, spread: timedelta, began_at: datetime) -> timedelta:
    """Return how much of the time since the exam opened the spread of the entry took; never more than the spread."""
    return min(spread, max(NOTHING, began_at - window.opens_at))


def lost_within(outage: Span, started_at: datetime, pauses: Sequence[Span], now: datetime) -> timedelta:
    """Return how much of an outage a running clock lost: what lies after the start and in no pause.

    Whether the deadline came meanwhile does not matter: what was left when the outage began is left when it is over.
    """
    began_at, ended_at = max(outage.began_at, started_at), outage.ended_at or now
    overlaps = (min(pause.ended_at or now, ended_at) - max(pause.began_at, began_at) for pause in pauses)
    stood_still = sum((max(NOTHING, overlap) for overlap in overlaps), NOTHING)
    return max(NOTHING, ended_at - began_at - stood_still)


@dataclass(frozen=True, slots=True)
class LateRule:
    """What becomes of a response that arrives after the deadline."""

    accepted_for: timedelta = NOTHING
    kept_for_review: bool = False
