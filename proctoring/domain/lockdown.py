"""What the page reports about focus and full screen -> what it was, how long, and whether it counts as switching away.

Focus is lost for innocent reasons too (the camera prompt, an input method, a system notice), so short losses are only
what they are, and one trip away is counted once, however many events it makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Event(StrEnum):
    """What a page can report."""

    LEFT_FULL_SCREEN = "left_full_screen"
    HIDDEN = "hidden"
    BLUR = "blur"
    RELOADED = "reloaded"  # the page was loaded anew, which ends full screen, and is out of it until it is on again
    NO_FULL_SCREEN = "no_full_screen"  # the browser refuses it, and the candidate says so


class Kind(StrEnum):
    """The incidents that come of it; the values are those of the table of incidents."""

    LEFT_FULL_SCREEN = "left_full_screen"
    SWITCHED_AWAY = "switched_away"
    NO_FULL_SCREEN = "no_full_screen"


class Cause(StrEnum):
    """Why it is believed to have happened."""

    PAGE_HIDDEN = "page_hidden"  # another tab, another window over it, minimised, a locked screen
    FOCUS_LOST = "focus_lost"  # another window beside it
    FULL_SCREEN_LEFT = "full_screen_left"
    PAGE_RELOADED = "page_reloaded"  # no browser keeps full screen over it: by the candidate, or by a crash
    SETTLING_IN = "settling_in"  # the first moments of a page: prompts of the browser itself
    FULL_SCREEN_REFUSED = "full_screen_refused"
    SENT_AWAY = "sent_away"  # to the face check, or free to go while the clock stood still


class AfterLimit(StrEnum):
    """What follows when the limit is passed; the values are those of the exam's rule."""

    RECORD = "record"
    LOCK = "lock"
    HAND_IN = "hand_in"


@dataclass(frozen=True, slots=True)
class Rules:
    """Grace: what is shorter is not written down."""

    hidden_grace: timedelta = timedelta(seconds=1)
    blur_grace: timedelta = timedelta(seconds=3)
    full_screen_grace: timedelta = timedelta(seconds=1)
    reload_grace: timedelta = timedelta(seconds=5)  # one click after a page that came back at once
    settling_in: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Report:
    """One event as the page tells it; `ended_at` is None while it lasts."""

    id: str
    event: Event
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Classified:
    """What a report amounts to. `kind` None: too short to be written down."""

    kind: Kind | None
    cause: Cause
    began_at: datetime
    ended_at: datetime | None
    counts: bool

    @property
    def duration(self) -> timedelta | None:
        return self.ended_at - self.began_at if self.ended_at else None


@dataclass(frozen=True, slots=True)
class Trip:
    """A stretch that has been counted already."""

    began_at: datetime
    ended_at: datetime | None


def report(event_id: str, event: Event, began_ms_ago: int, duration_ms: int | None, now: datetime) -> Report:
    """Place an event on the server's clock; what the page says is bounded, never believed beyond now."""
    longest = Rules().longest
    began_at = now - min(max(timedelta(0), timedelta(milliseconds=began_ms_ago)), longest)
    ended_at = None
    if duration_ms is not None:
        ended_at = min(now, began_at + min(max(timedelta(0), timedelta(milliseconds=duration_ms)), longest))
    return Report(event_id, event, began_at, ended_at)


def classify(
    told: Report,
    *,
    started_at: datetime,
    counted: Sequence[Trip],
    now: datetime,
    sent_away: bool = False,
    rules: Rules | None = None,
) -> Classified:
    """Say what a report is. Only what is over is counted: nobody is counted while they may still come back in grace.

    `sent_away`: a check or a pause ended while the candidate was away, so being away was not their doing.
    """
    rules = rules or Rules()
    if told.event is Event.NO_FULL_SCREEN:
        return Classified(Kind.NO_FULL_SCREEN, Cause.FULL_SCREEN_REFUSED, told.began_at, told.began_at, counts=False)
    lasted = (told.ended_at or now) - told.began_at
    if told.event in {Event.LEFT_FULL_SCREEN, Event.RELOADED}:
        return _out_of_full_screen(told, lasted, rules, sent_away=sent_away)
    hidden = told.event is Event.HIDDEN
    kind = Kind.SWITCHED_AWAY if lasted >= (rules.hidden_grace if hidden else rules.blur_grace) else None
    cause = Cause.PAGE_HIDDEN if hidden else Cause.FOCUS_LOST
    if not hidden and told.began_at - started_at < rules.settling_in:
        cause = Cause.SETTLING_IN
    if sent_away:
        cause = Cause.SENT_AWAY
    innocent = cause in {Cause.SETTLING_IN, Cause.SENT_AWAY} or _same_trip(told, counted)
    counts = kind is not None and told.ended_at is not None and not innocent
    return Classified(kind, cause, told.began_at, told.ended_at, counts)


def _out_of_full_screen(told: Report, lasted: timedelta, rules: Rules, *, sent_away: bool) -> Classified:
    """Say what being out of full screen is: on record with its length, and never a switch by itself."""
    reloaded = told.event is Event.RELOADED
    cause = Cause.PAGE_RELOADED if reloaded else Cause.FULL_SCREEN_LEFT
    kind = Kind.LEFT_FULL_SCREEN if lasted >= (rules.reload_grace if reloaded else rules.full_screen_grace) else None
    return Classified(kind, Cause.SENT_AWAY if sent_away else cause, told.began_at, told.ended_at, counts=False)


def follows(count: int, limit: int | None, rule: AfterLimit) -> AfterLimit:
    """Return what follows from a count; nothing but the record unless the limit has been passed."""
    return rule if limit is not None and count > limit else AfterLimit.RECORD


def without_full_screen(rule: AfterLimit) -> AfterLimit:
    """Return what follows where a browser refuses full screen: the record alone, or a person looks first.

    Nobody's paper is handed in because of their browser.
    """
    return AfterLimit.RECORD if rule is AfterLimit.RECORD else AfterLimit.LOCK


def _same_trip(told: Report, counted: Sequence[Trip]) -> bool:
    """Tell whether a report overlaps with a trip that was counted: tab hidden and focus lost come together."""
    return any(
        told.began_at <= (trip.ended_at or told.began_at) and (told.ended_at or told.began_at) >= trip.began_at
        for trip in counted
    )
