"""Pauses for everybody of an exam, or of one room: planned by a person, begun and ended by whoever sweeps.

Each candidate is paused by a planned pause once at most (a unique constraint), under the lock of the plan, so that none
begins after it was cancelled; any number may sweep at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.domain.lifecycle import State
from exams.models import Enrolment, Exam, PlannedPause, Sitting
from exams.services import supervision
from exams.services.changes import take_if_free
from exams.services.endings import is_overdue
from exams.services.refusals import Refused, require_reason

MOST_MINUTES = 240
MOST_AHEAD = timedelta(days=60)
A_MOMENT = timedelta(minutes=1)  # who plans for this very minute has not written a moment that has passed
KNOWN_FOR = 3.0  # seconds for which a process need not look again: every page asks what is planned
MOST_KNOWN = 1000

PLANNED, CANCELLED = gettext_lazy("已安排统一暂停"), gettext_lazy("已取消统一暂停")

_known: dict[tuple[int, str], tuple[float, tuple[PlannedPause, ...]]] = {}


# --- planning --------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan(
    exam: Exam, *, begins_at: datetime, minutes: int, reason: str, by: AbstractBaseUser, now: datetime, room: str = ""
) -> PlannedPause:
    """Plan a pause; candidates see it at once on their pages."""
    reason = require_reason(reason)[:200]
    Exam.objects.select_for_update().get(pk=exam.pk)  # two plans at once do not miss each other
    planned = PlannedPause(
        exam=exam, room=room, begins_at=begins_at, minutes=minutes, reason=reason, made_at=now, made_by_id=by.pk
    )
    if fault := fault_of(planned, now):
        raise Refused(fault)
    planned.save()
    forget(exam)
    return planned


def fault_of(planned: PlannedPause, now: datetime) -> str:
    """Return what is wrong with a plan, in words, or nothing."""
    if not 0 < planned.minutes <= MOST_MINUTES:
        return _("暂停时间应为1至%(most)d分钟。") % {"most": MOST_MINUTES}
    if planned.begins_at < now - A_MOMENT:
        return _("开始时间已经过去。需要立即暂停的，请在监考墙上使用“暂停”。")
    if planned.begins_at > now + MOST_AHEAD or planned.begins_at < planned.exam.opens_at:
        return _("开始时间应在考试开始之后。")
    if planned.room and not Enrolment.objects.filter(exam=planned.exam, room=planned.room).exists():
        return _("本科目没有考场“%(room)s”。") % {"room": planned.room}
    if any(_overlaps(planned, other) for other in _open(planned.exam).exclude(pk=planned.pk)):
        return _("与已安排的统一暂停时间重叠。")
    return ""


def _overlaps(planned: PlannedPause, other: PlannedPause) -> bool:
    same_people = not planned.room or not other.room or planned.room == other.room
    return same_people and planned.begins_at < other.ends_at and other.begins_at < planned.ends_at


@transaction.atomic
def cancel(planned: PlannedPause, *, by: AbstractBaseUser, now: datetime) -> PlannedPause:
    """Give a plan up; where it goes on already, everybody goes on with their exam within seconds."""
    planned = PlannedPause.objects.select_for_update(of=("self",)).select_related("exam").get(pk=planned.pk)
    if planned.finished_at is not None or (planned.cancelled_at is None and planned.ends_at <= now):
        raise Refused(_("该统一暂停已经结束。"))
    if planned.cancelled_at is None:
        planned.cancelled_at, planned.cancelled_by_id = now, by.pk
        planned.save(update_fields=["cancelled_at", "cancelled_by"])
        forget(planned.exam)
    return planned


# --- carrying out ----------------------------------------------------------------------------------------------------


def carry_out(now: datetime) -> int:
    """Begin and end what is due; return for how many candidates something changed."""
    changed = 0
    for planned in PlannedPause.objects.filter(finished_at__isnull=True, begins_at__lte=now).select_related("exam"):
        if planned.is_on(now):
            waiting = _reached(planned).filter(state=State.IN_PROGRESS.value).exclude(pauses__planned=planned)
            changed += sum(_begin(planned.pk, pk, now) for pk in waiting.values_list("pk", flat=True))
        else:
            changed += _finish(planned, now)
    cancelled = PlannedPause.objects.filter(finished_at__isnull=True, begins_at__gt=now, cancelled_at__isnull=False)
    cancelled.update(finished_at=now)
    return changed


def join(sitting: Sitting, now: datetime) -> Sitting:
    """Pause a candidate who has just begun where a planned pause is on; the sweep sees to whom this misses."""
    for planned in of_sitting(sitting, now):
        if planned.is_on(now) and _begin(planned.pk, sitting.pk, now):
            sitting.refresh_from_db(fields=["state", "deadline_at", "pause_cause", "pause_ends_at"])
    return sitting


@transaction.atomic
def _begin(planned_id: int, sitting_id: int, now: datetime) -> bool:
    """Pause one candidate, unless the plan was given up or they were paused by it before."""
    planned = PlannedPause.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=planned_id)
    sitting = take_if_free(sitting_id)  # who is not free is seen to by the next sweep
    if sitting is None or not planned.is_on(now) or sitting.state != State.IN_PROGRESS or is_overdue(sitting, now):
        return False
    if sitting.pauses.filter(planned=planned).exists():
        return False
    supervision.pause(sitting, planned.reason, now, by=planned.made_by, planned=planned)
    return True


def _finish(planned: PlannedPause, now: datetime) -> int:
    """Let everybody go on whom a plan still holds; it is finished once nobody is."""
    held = Sitting.objects.filter(pauses__planned=planned, pauses__ended_at__isnull=True)
    ended = sum(_end(planned, pk, now) for pk in held.values_list("pk", flat=True))
    if not held.exists():
        PlannedPause.objects.filter(pk=planned.pk, finished_at__isnull=True).update(finished_at=now)
    return ended


@transaction.atomic
def _end(planned: PlannedPause, sitting_id: int, now: datetime) -> bool:
    sitting = take_if_free(sitting_id)
    if sitting is None or not sitting.pauses.filter(planned=planned, ended_at__isnull=True).exists():
        return False
    supervision.end_planned_pause(sitting, planned, now)
    return True


def _reached(planned: PlannedPause) -> QuerySet[Sitting]:
    sittings = Sitting.objects.filter(enrolment__exam=planned.exam_id)
    return sittings.filter(enrolment__room=planned.room) if planned.room else sittings


# --- what is planned -------------------------------------------------------------------------------------------------


def of_sitting(sitting: Sitting, now: datetime) -> Sequence[PlannedPause]:
    """Return what is planned for a candidate and not over yet; known from a look at most a few seconds ago."""
    enrolment = sitting.enrolment
    planned = _of_exam(enrolment.exam)
    return [one for one in planned if one.room in {"", enrolment.room} and one.ends_at > now]


def _of_exam(exam: Exam) -> tuple[PlannedPause, ...]:
    wanted = exam.pk, exam.seb_token  # the token tells an exam from a later one with the same number
    looked_at, found = _known.get(wanted, (-KNOWN_FOR, ()))
    if monotonic() - looked_at >= KNOWN_FOR:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        found = tuple(_open(exam))
        _known[wanted] = monotonic(), found
    return found


def _open(exam: Exam) -> QuerySet[PlannedPause]:
    return PlannedPause.objects.filter(exam=exam, finished_at__isnull=True, cancelled_at__isnull=True)


def forget(exam: Exam) -> None:
    """Look again at once, in this process, at what is planned for an exam."""
    _known.pop((exam.pk, exam.seb_token), None)
