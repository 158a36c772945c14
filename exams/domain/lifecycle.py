"""The small state fields of a sitting, each with its own table of legal moves.

Reading a table: from each state, the states it may move to. Staying where one is is always allowed, so that doing a
thing twice is harmless.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class State(StrEnum):
    """Where the sitting itself is. `locked` is a pause with a cause."""

    READY = "ready"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    SUBMITTED = "submitted"
    TERMINATED = "terminated"


class CheckIn(StrEnum):
    """Whether somebody, machine or person, has said who is there."""

    UNCHECKED = "unchecked"
    PASSED = "passed"
    EXHAUSTED = "exhausted"
    HELD = "held"


class Identity(StrEnum):
    """What is thought of who sits there, from check-in to the end."""

    STEADY = "steady"
    IN_DOUBT = "in_doubt"
    CLEARED = "cleared"
    REJECTED = "rejected"


class Validity(StrEnum):
    """Whether the result counts. Only a person moves it to invalid."""

    VALID = "valid"
    PENDING_REVIEW = "pending_review"
    INVALID = "invalid"


class Review(StrEnum):
    """What people said of an incident."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


AnyState = TypeVar("AnyState", State, CheckIn, Identity, Validity, Review)

_MOVES: Mapping[StrEnum, frozenset[StrEnum]] = {
    State.READY: frozenset({State.IN_PROGRESS, State.TERMINATED}),
    State.IN_PROGRESS: frozenset({State.PAUSED, State.SUBMITTED, State.TERMINATED}),
    State.PAUSED: frozenset({State.IN_PROGRESS, State.SUBMITTED, State.TERMINATED}),
    State.SUBMITTED: frozenset({State.IN_PROGRESS}),  # staff reopen a mistaken hand-in
    State.TERMINATED: frozenset({State.IN_PROGRESS, State.READY}),  # and a mistaken termination
    CheckIn.UNCHECKED: frozenset({CheckIn.PASSED, CheckIn.EXHAUSTED, CheckIn.HELD}),
    CheckIn.EXHAUSTED: frozenset({CheckIn.UNCHECKED, CheckIn.HELD, CheckIn.PASSED}),
    CheckIn.HELD: frozenset({CheckIn.PASSED, CheckIn.UNCHECKED}),
    CheckIn.PASSED: frozenset({CheckIn.HELD, CheckIn.UNCHECKED, CheckIn.EXHAUSTED}),  # a new check, or another device
    Identity.STEADY: frozenset({Identity.IN_DOUBT, Identity.REJECTED, Identity.CLEARED}),
    Identity.IN_DOUBT: frozenset({Identity.CLEARED, Identity.REJECTED}),
    Identity.CLEARED: frozenset({Identity.IN_DOUBT, Identity.REJECTED}),
    Identity.REJECTED: frozenset({Identity.CLEARED}),
    Validity.VALID: frozenset({Validity.PENDING_REVIEW, Validity.INVALID}),
    Validity.PENDING_REVIEW: frozenset({Validity.VALID, Validity.INVALID}),
    Validity.INVALID: frozenset({Validity.VALID, Validity.PENDING_REVIEW}),
    Review.OPEN: frozenset({Review.CONFIRMED, Review.DISMISSED}),
    Review.CONFIRMED: frozenset({Review.DISMISSED}),
    Review.DISMISSED: frozenset({Review.CONFIRMED}),
}


class IllegalMove(Exception):
    """The state does not lead there; nothing was changed."""


def can_move(now_in: AnyState, to: AnyState) -> bool:
    """Tell whether a state may move to another one."""
    return now_in == to or to in _MOVES[now_in]


def move(now_in: AnyState, to: AnyState) -> AnyState:
    """Return the new state, or raise `IllegalMove`."""
    if not can_move(now_in, to):
        raise IllegalMove(f"{type(to).__name__}: {now_in.value} -> {to.value}")
    return to


ENDED = frozenset({State.SUBMITTED, State.TERMINATED})
"""States in which no response is accepted and no clock runs."""
