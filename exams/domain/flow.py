"""The only place that knows the order of the candidate's way.

Every page asks `next_step` and sends a candidate who is early, late, done or lost to the page where they belong.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from exams.domain.lifecycle import State
from exams.domain.timing import NOTHING, Span, Window, held_within


class Step(StrEnum):
    """A page of the candidate's way."""

    CONFIRM = "confirm"
    CONSENT = "consent"
    TOO_EARLY = "too_early"  # confirmed, but check-in has not opened: told when to come back
    CHECK_IN = "check_in"
    WAITING = "waiting"  # waiting and answering are one document
    PAPER = "paper"
    MISSED = "missed"  # came after the last entry
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides where a candidate belongs.

    `consent_needed` and `held_back` come from what other apps register: an exam without a camera has neither a consent
    page nor a check-in. `held` is what waiting for a person has cost so far, `held_since` when such a wait began that
    still goes on.
    """

    state: State
    window: Window
    confirmed: bool
    consent_needed: bool
    held_back: bool
    deadline_at: datetime | None = None
    held: timedelta = NOTHING
    held_since: datetime | None = None

    def last_entry(self, now: datetime) -> datetime:
        """Return the moment from which it is too late to begin; while a wait goes on it moves along with `now`."""
        waiting = held_within(self.window, Span(self.held_since), now) if self.held_since else NOTHING
        return self.window.last_entry(self.held + waiting)


def next_step(facts: Facts, now: datetime) -> Step:
    """Return the page where the candidate belongs now."""
    if facts.state in {State.SUBMITTED, State.TERMINATED} or _is_over(facts, now):
        return Step.FINISHED
    if facts.state is State.READY:
        return _before_the_exam(facts, now)
    # Once begun, a gate may still hold the candidate back, for instance for a new face check on another machine.
    return Step.CHECK_IN if facts.held_back else Step.PAPER


def _before_the_exam(facts: Facts, now: datetime) -> Step:
    if now >= facts.last_entry(now):
        return Step.MISSED
    if not facts.confirmed:
        return Step.CONFIRM
    if facts.consent_needed:
        return Step.CONSENT
    if now < facts.window.check_in_opens_at:
        return Step.TOO_EARLY
    return Step.CHECK_IN if facts.held_back else Step.WAITING


def _is_over(facts: Facts, now: datetime) -> bool:
    """A sitting whose deadline has passed is closed, whether or not anybody has written that down."""
    return facts.state is State.IN_PROGRESS and facts.deadline_at is not None and now >= facts.deadline_at
