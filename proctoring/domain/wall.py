"""Where a candidate stands on the live wall, and how urgently somebody should look: who needs a person comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from exams.domain.lifecycle import ENDED, CheckIn, Identity, State

SERIOUS, WARNING = "serious", "warning"  # severities of an incident; a mere hint moves nobody


class Place(StrEnum):
    """What a tile says of its candidate: one of these, never two."""

    ABSENT = "absent"
    READY = "ready"
    HELD = "held"
    SITTING = "sitting"
    PAUSED = "paused"
    LOCKED = "locked"
    SUBMITTED = "submitted"
    TERMINATED = "terminated"


class Rank(IntEnum):
    """The order of the wall; within a rank, tiles keep the order of the seats, so that they do not jump about."""

    SERIOUS_NOW = 0
    CALLS = 1
    HELD = 2
    WARNING_NOW = 3
    SILENT = 4
    SERIOUS_BEFORE = 5  # over, but nobody has judged it
    WARNING_BEFORE = 6
    STOPPED = 7
    CALM = 8
    ABSENT = 9
    DONE = 10


class Tone(StrEnum):
    """The colour of a tile; a mark and a word say the same."""

    DANGER = "danger"
    WARNING = "warning"
    NOTICE = "notice"
    PLAIN = "plain"
    QUIET = "quiet"


TONES = {
    Rank.SERIOUS_NOW: Tone.DANGER,
    Rank.CALLS: Tone.WARNING,
    Rank.HELD: Tone.WARNING,
    Rank.WARNING_NOW: Tone.WARNING,
    Rank.SILENT: Tone.WARNING,
    Rank.SERIOUS_BEFORE: Tone.NOTICE,
    Rank.WARNING_BEFORE: Tone.NOTICE,
    Rank.STOPPED: Tone.PLAIN,
    Rank.CALM: Tone.PLAIN,
    Rank.ABSENT: Tone.QUIET,
    Rank.DONE: Tone.QUIET,
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """An incident that nobody has judged."""

    severity: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides on a tile; `state` is None for those who have not come."""

    state: State | None
    check_in: CheckIn = CheckIn.UNCHECKED
    identity: Identity = Identity.STEADY
    is_locked: bool = False
    noticed: Sequence[Noticed] = ()
    calls: bool = False
    is_silent: bool = False  # nothing has been heard of the candidate's page for a while


def place(facts: Facts) -> Place:
    """Return where a candidate stands."""
    match facts.state:
        case None:
            return Place.ABSENT
        case State.SUBMITTED:
            return Place.SUBMITTED
        case State.TERMINATED:
            return Place.TERMINATED
    if facts.check_in is CheckIn.HELD:
        return Place.HELD
    if facts.is_locked:
        return Place.LOCKED
    return {State.READY: Place.READY, State.IN_PROGRESS: Place.SITTING, State.PAUSED: Place.PAUSED}[facts.state]


def rank(facts: Facts) -> Rank:
    """Return how urgent a candidate is; whoever has handed in is past helping, and comes last."""
    if facts.state is None:
        return Rank.ABSENT
    if facts.state in ENDED:
        return Rank.DONE
    now = {one.severity for one in facts.noticed if not one.is_over}
    before = {one.severity for one in facts.noticed if one.is_over}
    reasons = (
        (SERIOUS in now, Rank.SERIOUS_NOW),
        (facts.calls, Rank.CALLS),
        (facts.check_in is CheckIn.HELD, Rank.HELD),
        (WARNING in now, Rank.WARNING_NOW),
        (facts.is_silent and facts.state is State.IN_PROGRESS, Rank.SILENT),
        (SERIOUS in before or facts.identity in {Identity.IN_DOUBT, Identity.REJECTED}, Rank.SERIOUS_BEFORE),
        (WARNING in before, Rank.WARNING_BEFORE),
        (facts.is_locked or facts.state is State.PAUSED, Rank.STOPPED),
    )
    return next((rank for holds, rank in reasons if holds), Rank.CALM)
