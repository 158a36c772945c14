"""What every end of a sitting has in common, whoever or whatever ends it."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from exams import seams
from exams.domain import lifecycle
from exams.domain.lifecycle import State
from exams.models import Sitting
from exams.services import marks, receipts
from exams.services.changes import announce, for_staff, record

PAUSE_FIELDS = ("pause_cause", "pause_ends_at", "locked")


def is_overdue(sitting: Sitting, now: datetime) -> bool:
    """Tell whether a sitting is over although nobody has written that down."""
    return sitting.state == State.IN_PROGRESS and sitting.deadline_at is not None and now >= sitting.deadline_at


def end(
    sitting: Sitting,
    to: State,
    ended_by: Sitting.EndedBy,
    now: datetime,
    by: AbstractBaseUser | None = None,
    reason: str = "",
) -> Sitting:
    """End a sitting whose row is locked: stop the clock, mark what was answered, make the receipt, tell the page."""
    if sitting.state == State.PAUSED:
        stop_pause(sitting, now)
    by_deadline = ended_by == Sitting.EndedBy.DEADLINE
    before, sitting.state = sitting.state, lifecycle.move(State(sitting.state), to).value
    sitting.ended_at = (sitting.deadline_at or now) if by_deadline else now
    sitting.ended_by = ended_by.value
    sitting.save(update_fields=["state", "ended_at", "ended_by", *PAUSE_FIELDS])
    record(
        sitting, "state", before=before, after=sitting.state, now=now, by=by, reason=reason or for_staff(ended_by.label)
    )
    mark_and_receipt(sitting, now)
    announce(sitting, seams.sitting_ended, now=now)
    return sitting


def mark_and_receipt(sitting: Sitting, now: datetime) -> None:
    """Mark what was answered and make the receipt of an ended sitting whose row is locked, from one reading."""
    answers = receipts.answers_of(sitting)
    marks.mark_if_possible(sitting, now, answers)
    receipts.issue(sitting, answers, now)


def stop_pause(sitting: Sitting, now: datetime) -> None:
    """Let the clock of a locked sitting go on, where it stands still; saving and the deadline are the caller's."""
    sitting.pauses.filter(ended_at__isnull=True).update(ended_at=now)
    sitting.pause_cause, sitting.pause_ends_at, sitting.locked = "", None, False  # PAUSE_FIELDS
