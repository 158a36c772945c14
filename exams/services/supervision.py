"""What staff do to a sitting, and proctoring for them: pause, give time, end, reopen, say who is there."""

import math
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams import queries
from exams.domain.lifecycle import ENDED, CheckIn, Identity, State, Validity
from exams.domain.timing import NOTHING, Span, held_within
from exams.models import Pause, PlannedPause, Result, Sitting
from exams.services import marks
from exams.services.changes import announce, for_staff, moved, record, take
from exams.services.endings import end, is_overdue, stop_pause
from exams.services.extensions import MOST_MINUTES, extend_all
from exams.services.refusals import Ended, NotBegun, Refused, require_reason

CAUSE_LENGTH = 200
AWAITING_A_PERSON = gettext_lazy("等待人工核验")
REOPENED = gettext_lazy("重新开放")
PLANNED_PAUSE_OVER = gettext_lazy("统一暂停结束")

# --- the clock -------------------------------------------------------------------------------------------------------


@transaction.atomic
def pause(
    sitting: Sitting,
    cause: str,
    now: datetime,
    by: AbstractBaseUser | None = None,
    locked: bool = False,
    planned: PlannedPause | None = None,
) -> Sitting:
    """Let the clock stand still; `locked`: only a person may let it go on; `planned`: it does by itself."""
    sitting = _running(sitting, now)
    if sitting.state == State.IN_PROGRESS:
        _start_pause(sitting, cause, now, by, planned)
    elif sitting.held_since and _paused_since(sitting, sitting.held_since):
        _continue_pause(sitting, cause, now)  # the end of the wait for a person must not end this pause
    if locked and not sitting.locked:
        record(sitting, "locked", before=False, after=True, now=now, by=by, reason=cause)
        sitting.locked, sitting.pause_cause = True, cause[:CAUSE_LENGTH]
    sitting.save()
    announce(sitting)
    return sitting


@transaction.atomic
def resume(sitting: Sitting, now: datetime, by: AbstractBaseUser | None = None, reason: str = "") -> Sitting:
    """Let the clock go on where it stood; a lock is lifted too."""
    sitting = _running(sitting, now)
    if sitting.check_in == CheckIn.HELD:
        raise Refused(_("该考生正在等待人工核验，请先处理核验。"))
    if sitting.state == State.PAUSED:
        _resume(sitting, now, by, reason)
        sitting.save()
        announce(sitting)
    return sitting


@transaction.atomic
def end_planned_pause(sitting: Sitting, planned: PlannedPause, now: datetime) -> Sitting:
    """Let the clock of a locked sitting go on after a planned pause, unless a person must let it.

    Who was locked meanwhile, or waits for somebody to look at them, stays paused for that reason.
    """
    if sitting.locked:
        sitting.pauses.filter(planned=planned).update(planned=None)
        sitting.pause_ends_at = None
    elif sitting.check_in == CheckIn.HELD:
        sitting.held_since = now
        _continue_pause(sitting, for_staff(AWAITING_A_PERSON), now)
    else:
        _resume(sitting, now, None, for_staff(PLANNED_PAUSE_OVER))
    sitting.save()
    announce(sitting)
    return sitting


@transaction.atomic
def extend(sitting: Sitting, minutes: int, now: datetime, by: AbstractBaseUser | None, reason: str) -> Sitting:
    """Give more time, before the start or while the sitting lasts."""
    outcome = extend_all([sitting.pk], minutes, now, by, reason)
    for refused in outcome.refused.values():
        raise refused
    return outcome.done[0]


@transaction.atomic
def admit_late(sitting: Sitting, minutes: int, now: datetime, by: AbstractBaseUser | None, reason: str) -> Sitting:
    """Let somebody who came too late begin within so many minutes from now; their window closes later by as much."""
    reason = require_reason(reason)
    if not 0 < minutes <= MOST_MINUTES:
        raise Refused(_("准许入场的时间应为1至%(most)d分钟。") % {"most": MOST_MINUTES})
    sitting = take(sitting.pk)
    missing = now + timedelta(minutes=minutes) - queries.facts(sitting).last_entry(now)
    if sitting.state != State.READY or missing <= NOTHING:
        raise Refused(_("该考生不需要准许：考试尚可入场、已经开始或已经结束。"))
    before = sitting.held_seconds
    sitting.held_seconds += math.ceil(missing.total_seconds())
    sitting.save(update_fields=["held_seconds"])
    record(sitting, "held_seconds", before=before, after=sitting.held_seconds, now=now, by=by, reason=reason)
    announce(sitting)
    return sitting


@transaction.atomic
def refresh_clock(sitting: Sitting, now: datetime) -> Sitting:
    """Work the deadline out anew, after the accommodation of a running sitting was changed."""
    sitting = take(sitting.pk)
    if not is_overdue(sitting, now):
        _set_deadline(sitting, now)
        sitting.save(update_fields=["deadline_at"])
        announce(sitting)
    return sitting


def _running(sitting: Sitting, now: datetime) -> Sitting:
    """Return the locked row of a sitting that lasts, or raise why it does not."""
    sitting = take(sitting.pk)
    if sitting.state in ENDED or is_overdue(sitting, now):
        raise Ended
    if sitting.state == State.READY:
        raise NotBegun
    return sitting


def _start_pause(
    sitting: Sitting, cause: str, now: datetime, by: AbstractBaseUser | None, planned: PlannedPause | None = None
) -> None:
    _move_state(sitting, State.PAUSED, now, by, cause)
    sitting.deadline_at = None
    _continue_pause(sitting, cause, now, planned)


def _continue_pause(sitting: Sitting, cause: str, now: datetime, planned: PlannedPause | None = None) -> None:
    stop_pause(sitting, now)
    sitting.pause_cause, sitting.pause_ends_at = cause[:CAUSE_LENGTH], planned.ends_at if planned else None
    Pause.objects.create(sitting=sitting, began_at=now, cause=sitting.pause_cause, planned=planned)


def _resume(sitting: Sitting, now: datetime, by: AbstractBaseUser | None, reason: str) -> None:
    if sitting.locked:
        record(sitting, "locked", before=True, after=False, now=now, by=by, reason=reason)
    stop_pause(sitting, now)
    _move_state(sitting, State.IN_PROGRESS, now, by, reason)
    _set_deadline(sitting, now)


def _set_deadline(sitting: Sitting, now: datetime) -> None:
    if sitting.state == State.IN_PROGRESS:
        sitting.deadline_at = queries.schedule(sitting).deadline(now)


def _add_time(sitting: Sitting, minutes: int, now: datetime, by: AbstractBaseUser | None, reason: str) -> None:
    before = sitting.extra_seconds
    sitting.extra_seconds += minutes * 60
    record(sitting, "extra_seconds", before=before, after=sitting.extra_seconds, now=now, by=by, reason=reason)


def _move_state(sitting: Sitting, to: State, now: datetime, by: AbstractBaseUser | None, reason: str) -> None:
    before, sitting.state = sitting.state, moved(State(sitting.state), to).value
    record(sitting, "state", before=before, after=sitting.state, now=now, by=by, reason=reason)


# --- ends and new beginnings -----------------------------------------------------------------------------------------


@transaction.atomic
def terminate(sitting: Sitting, now: datetime, by: AbstractBaseUser | None, reason: str) -> Sitting:
    """End a sitting by hand; what was answered is marked, and the result waits for a person's decision."""
    reason = require_reason(reason)
    sitting = take(sitting.pk)
    if sitting.state == State.TERMINATED:
        return sitting
    if sitting.state == State.SUBMITTED or is_overdue(sitting, now):
        raise Ended
    return end(sitting, State.TERMINATED, Sitting.EndedBy.STAFF, now, by, reason)


@transaction.atomic
def reopen(sitting: Sitting, minutes: int, now: datetime, by: AbstractBaseUser | None, reason: str) -> Sitting:
    """Undo an end that was a mistake: the candidate has the time that was left at the end, and `minutes` more."""
    reason = require_reason(reason)
    if not 0 <= minutes <= MOST_MINUTES:
        raise Refused(_("增加的时间应为0至%(most)d分钟。") % {"most": MOST_MINUTES})
    sitting = take(sitting.pk)
    if is_overdue(sitting, now):
        sitting = end(sitting, State.SUBMITTED, Sitting.EndedBy.DEADLINE, now)
    if sitting.state not in ENDED:
        return sitting
    if sitting.started_at is None:
        _move_state(sitting, State.READY, now, by, reason)
    else:
        _restart(sitting, minutes, now, by, reason)
    sitting.ended_at, sitting.ended_by = None, ""
    sitting.save()
    announce(sitting)
    return sitting


def _restart(sitting: Sitting, minutes: int, now: datetime, by: AbstractBaseUser | None, reason: str) -> None:
    """Let the clock of a locked, ended sitting run again; pages from before the end stay closed until they begin."""
    Pause.objects.create(sitting=sitting, began_at=sitting.ended_at or now, ended_at=now, cause=for_staff(REOPENED))
    if minutes:
        _add_time(sitting, minutes, now, by, reason)
    _move_state(sitting, State.IN_PROGRESS, now, by, reason)
    _set_deadline(sitting, now)
    if is_overdue(sitting, now):
        raise Refused(_("该考生已没有剩余时间，请填写要增加的分钟数。"))
    sitting.epoch, sitting.client = sitting.epoch + 1, ""
    # Made anew at the next end: what a person let count was another paper. What they made invalid stays so.
    Result.objects.filter(sitting=sitting).exclude(validity=Validity.INVALID.value).delete()
    if sitting.check_in == CheckIn.HELD:
        sitting.held_since = now
        _start_pause(sitting, for_staff(AWAITING_A_PERSON), now, by)


# --- who is there ----------------------------------------------------------------------------------------------------


@transaction.atomic
def move_check_in(
    sitting: Sitting, to: str, now: datetime, reason: str = "", by: AbstractBaseUser | None = None
) -> Sitting:
    """Say what the check-in came to; waiting for a person never costs the candidate time."""
    sitting = take(sitting.pk)
    before, after = CheckIn(sitting.check_in), moved(CheckIn(sitting.check_in), CheckIn(to))
    if before == after:
        return sitting
    sitting.check_in = after.value
    record(sitting, "check_in", before=before.value, after=after.value, now=now, by=by, reason=reason)
    if after is CheckIn.HELD:
        _hold(sitting, now, by)
    elif before is CheckIn.HELD:
        _let_go(sitting, now, by, reason)
    if after is CheckIn.UNCHECKED:
        sitting.check_in_failures = 0  # a new check has all its attempts
    sitting.save()
    marks.refresh_validity(sitting, now)
    announce(sitting)
    return sitting


def _hold(sitting: Sitting, now: datetime, by: AbstractBaseUser | None) -> None:
    """Start the wait of a locked sitting; once begun, the clock stands still meanwhile."""
    if sitting.state in ENDED:
        raise Ended
    sitting.held_since = now
    if sitting.state == State.IN_PROGRESS and not is_overdue(sitting, now):
        _start_pause(sitting, for_staff(AWAITING_A_PERSON), now, by)


def _let_go(sitting: Sitting, now: datetime, by: AbstractBaseUser | None, reason: str) -> None:
    """End the wait of a locked sitting, and give back what it cost."""
    since, sitting.held_since = sitting.held_since or now, None
    if sitting.started_at is None:
        lost = held_within(queries.window(sitting.enrolment.exam), Span(since), now)
        sitting.held_seconds += math.ceil(lost.total_seconds())
    elif sitting.state == State.PAUSED and not sitting.locked and _paused_since(sitting, since):
        _resume(sitting, now, by, reason)  # a pause with another cause goes on


def _paused_since(sitting: Sitting, moment: datetime) -> bool:
    return sitting.pauses.filter(ended_at__isnull=True, began_at=moment).exists()


@transaction.atomic
def move_identity(
    sitting: Sitting, to: str, now: datetime, reason: str = "", by: AbstractBaseUser | None = None
) -> Sitting:
    """Say what is thought of who sits there."""
    sitting = take(sitting.pk)
    before, after = Identity(sitting.identity), moved(Identity(sitting.identity), Identity(to))
    if before == after:
        return sitting
    sitting.identity = after.value
    sitting.save(update_fields=["identity"])
    record(sitting, "identity", before=before.value, after=after.value, now=now, by=by, reason=reason)
    marks.refresh_validity(sitting, now)
    announce(sitting)
    return sitting
