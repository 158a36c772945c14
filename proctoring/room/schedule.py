"""The clocks of a whole exam: pauses for everybody, planned and given up; outages, and giving their time back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.timezone import now as wall_clock
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from exams.models import Exam, PlannedPause, ServerOutage
from exams.services import outages, planned_pauses
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from proctoring import access
from proctoring.admin import overview, words
from proctoring.room.door import acting, bar, page, watching
from proctoring.services import compensations

FIELDS = ("begins_at", "minutes", "reason", "room")
LONGEST_REASON = 200
UNPROCESSABLE = 422


@require_GET
@watching
def schedule(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show what is planned, and the outages that fell into this exam with what was given back for each."""
    return _page(request, access.watched_exam(request.user, exam_id))


def _page(request: HttpRequest, exam: Exam, tried: dict[str, str] | None = None, said: str = "") -> HttpResponse:
    now = wall_clock()
    context = {
        **bar(exam),
        "outages": [(one, words.length(one.lasted)) for one in outages.of_exam(exam, now)],
        "pauses": [(one, _stage(one, now)) for one in exam.planned_pauses.select_related("made_by", "cancelled_by")],
        "places": overview.places(exam),
        "tried": tried or {"minutes": "10", "begins_at": _soon(exam, now)},
        "said": said,
        "most_minutes": planned_pauses.MOST_MINUTES,
        "may_act": request.user.has_perm(access.INTERVENE),
    }
    return page(request, "schedule.html", context, status=UNPROCESSABLE if said else 200)


def _stage(planned: PlannedPause, now: datetime) -> str:
    if planned.cancelled_at is not None:
        return "cancelled"
    if planned.finished_at is not None or planned.ends_at <= now:
        return "over"
    return "on" if planned.begins_at <= now else "planned"


def _soon(exam: Exam, now: datetime) -> str:
    """Return what the form begins with: the start of the exam, or now, on the clock of where it is held."""
    return localtime(max(now, exam.opens_at), ZoneInfo(exam.plan.timezone)).strftime("%Y-%m-%dT%H:%M")


@require_POST
@acting
def plan(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Plan a pause; what was refused comes back with the form as it was filled in."""
    exam = access.watched_exam(request.user, exam_id)
    given = {name: request.POST.get(name, "").strip() for name in FIELDS}
    try:
        made = planned_pauses.plan(
            exam,
            begins_at=_moment(given["begins_at"], exam),
            minutes=int(given["minutes"]) if given["minutes"].isdecimal() and len(given["minutes"]) < 5 else 0,
            reason=given["reason"][:LONGEST_REASON],
            room=given["room"][:100],
            by=_who(request),
            now=wall_clock(),
        )
    except Refused as refused:
        return _page(request, exam, given, str(refused))
    _log(request, exam, made)
    messages.success(request, _("已安排统一暂停，考生的页面会提前显示。"))
    return _back(exam_id)


def _moment(text: str, exam: Exam) -> datetime:
    """Return the moment that a form names on the clock of where the exam is held, or refuse."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(_("请填写开始时间，如 2026-01-19 10:30。"))
    return make_aware(found, ZoneInfo(exam.plan.timezone)) if is_naive(found) else found


@require_POST
@acting
def cancel(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Give a planned pause up; whoever it holds goes on at once."""
    exam = access.watched_exam(request.user, exam_id)
    planned, now = get_object_or_404(PlannedPause, pk=pk, exam=exam), wall_clock()
    try:
        planned = planned_pauses.cancel(planned, by=_who(request), now=now)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        planned_pauses.carry_out(now)
        _log(request, exam, planned)
        messages.success(request, _("已取消统一暂停。"))
    return _back(exam_id)


@require_POST
@acting
def compensate(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Give everybody who sat through an outage their time back."""
    exam = access.watched_exam(request.user, exam_id)
    outage, reason = get_object_or_404(ServerOutage, pk=pk), request.POST.get("reason", "")[:LONGEST_REASON]
    try:
        given = compensations.compensate(exam, outage, by=_who(request), reason=reason, now=wall_clock())
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _said(given))
    return _back(exam_id)


def _said(given: outages.Given) -> str:
    count = len(given.compensations)
    said = ngettext("已为%(count)d名考生补时。", "已为%(count)d名考生补时。", count) % {"count": count}
    if given.over:
        over = ngettext(
            "另有%(count)d名考生补时后仍已超过截止时间，需要时请单独重新开放。",
            "另有%(count)d名考生补时后仍已超过截止时间，需要时请单独重新开放。",
            given.over,
        )
        said += over % {"count": given.over}
    return said


def _log(request: HttpRequest, exam: Exam, planned: PlannedPause) -> None:
    """Put it into the admin's log: what it does to each candidate is in their own history."""
    what = for_staff(planned_pauses.CANCELLED if planned.cancelled_at else planned_pauses.PLANNED)
    LogEntry.objects.log_actions(_who(request).pk, [exam], CHANGE, f"{what}: {planned}")


def _back(exam_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("proctoring:room_schedule", args=[exam_id]))


def _who(request: HttpRequest) -> AbstractUser:
    if not isinstance(request.user, AbstractUser):
        raise access.NotThere  # the door lets nobody else in
    return request.user
