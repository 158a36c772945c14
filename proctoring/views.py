"""The check-in page, what the exam page reports, and the pictures that staff may look at."""

from contextlib import suppress
from typing import Any

from django.contrib import messages as django_messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now as wall_clock
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.requests import CandidateRequest, signed_in_required
from exams import queries as exam_queries
from exams import seams
from exams.access import sitting_of, sitting_required
from exams.domain.flow import Step
from exams.domain.lifecycle import CheckIn, State
from exams.domain.pace import Pace
from exams.models import ReferencePhoto, Sitting
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from exams.views.consent import answered, consent_page
from exams.views.scripts import paced
from proctoring import forms, live_view, queries, room_queries, wording
from proctoring.models import Snapshot, Thumbnail
from proctoring.services import evidence, identity, lockdown, messages

EVENTS = Pace(rate=2, burst=60)  # one request tells of up to fifty events
CALLS = Pace(rate=0.5, burst=10)

# --- check-in --------------------------------------------------------------------------------------------------------

REASONS = {  # why a candidate asks for a person: what the page may say, and how staff read it
    "declined": gettext_lazy("未同意人脸采集"),
    "denied": gettext_lazy("摄像头权限被拒绝"),
    "missing": gettext_lazy("未找到摄像头"),
    "busy": gettext_lazy("摄像头被占用"),
    "lost": gettext_lazy("摄像头中断"),
    "insecure": gettext_lazy("网址不安全，摄像头不可用"),
    "unsupported": gettext_lazy("浏览器不支持摄像头"),
    "asked": gettext_lazy("考生申请人工核验"),
}


@require_safe
@signed_in_required
@sitting_required
def check_in(request: CandidateRequest) -> HttpResponse:
    """Show who is expected and what happens next; the camera is asked for by a click only."""
    sitting, now = sitting_of(request), wall_clock()
    place = exam_queries.place(sitting, now)
    if place.step is not Step.CHECK_IN:
        return redirect(place.url)
    consented = exam_queries.consent_of(sitting.enrolment) is True
    if not consented:
        with suppress(identity.GoesOnElsewhere):  # the page says so
            sitting = identity.ask_for_person(sitting, reason=for_staff(REASONS["declined"]), now=now)
    enrolment = sitting.enrolment
    context = {
        "enrolment": enrolment,
        "exam": enrolment.exam,
        "help_contact": enrolment.exam.help_contact,
        "phase": _phase(sitting, consented=consented),
        "consented": consented,
        "place_in_queue": _place_in_queue(sitting),
        "said": room_queries.said_to_who_waits(sitting),
        "is_elsewhere": queries.is_elsewhere(sitting),
        "has_begun": sitting.state == State.IN_PROGRESS,
        "may_consent_after_all": identity.may_consent_after_all(sitting),
        "attempts_left": max(1, enrolment.exam.check_in_attempts - sitting.check_in_failures),
        "adopts": not queries.has_reference(enrolment),
    }
    return render(request, "proctoring/check_in.html", context)


def _phase(sitting: Sitting, *, consented: bool) -> str:
    """Return how the page begins: held, idle (before the click), or elsewhere, where no camera may be opened."""
    if sitting.check_in == CheckIn.HELD:
        return "held"
    return "idle" if consented else "elsewhere"


@require_GET
@signed_in_required
@sitting_required
def check_in_state(request: CandidateRequest) -> JsonResponse:
    """Answer a page that waits for a person and has no socket."""
    sitting = sitting_of(request)
    place = exam_queries.place(sitting, wall_clock())
    elsewhere = place.url if place.step is not Step.CHECK_IN else ""
    told = [{"id": one.id, "text": one.text, "kind": one.kind} for one in seams.notices_for(sitting)]
    return JsonResponse(
        {
            "state": sitting.check_in,
            "next": elsewhere,
            "messages": told,
            "queue": _place_in_queue(sitting),
            "said": room_queries.said_to_who_waits(sitting),
        }
    )


def _place_in_queue(sitting: Sitting) -> str:
    """Say how many are served before this candidate, as the page shows it."""
    place = room_queries.place_in_queue(sitting)
    if place <= 1:
        return _("下一位就是您。") if place else ""
    ahead = ngettext("您前面还有%(count)d位考生。", "您前面还有%(count)d位考生。", place - 1)
    return ahead % {"count": place - 1}


@require_POST
@signed_in_required
@sitting_required
def human_check(request: CandidateRequest) -> HttpResponse:
    """Hand the candidate over to an invigilator, with the reason that the page knows."""
    reason = REASONS.get(request.POST.get("reason", ""), REASONS["asked"])
    try:
        identity.ask_for_person(sitting_of(request), reason=for_staff(reason), now=wall_clock())
    except Refused as refused:  # or it has ended meanwhile: the page sends the candidate to where they belong
        django_messages.warning(request, str(refused))
    return redirect("proctoring:check_in")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@sitting_required
def consent_after_all(request: CandidateRequest) -> HttpResponse:
    """Show the consent page again to somebody who said no and still waits; a yes leads to the camera."""
    sitting = sitting_of(request)
    if not identity.may_consent_after_all(sitting):
        return redirect("exams:next_step")
    answer = answered(request)
    if answer is None:
        return consent_page(request, sitting, reverse("proctoring:consent_after_all"))
    if answer:
        identity.consent_after_all(sitting, now=wall_clock())
    return redirect("proctoring:check_in")


# --- the exam page ---------------------------------------------------------------------------------------------------


@require_POST
@paced(EVENTS)
@signed_in_required
@sitting_required
def events(request: CandidateRequest) -> JsonResponse:
    """Take in what the exam page noticed about focus and full screen."""
    now = wall_clock()
    try:
        reports = forms.reports(request, now)
    except forms.Malformed:
        return _malformed()
    sitting = sitting_of(request)
    if queries.is_elsewhere(sitting):  # what a device without a check tells is not charged to the candidate
        return JsonResponse({"error": "elsewhere", "message": str(wording.ELSEWHERE)}, status=409)
    recorded = lockdown.record(sitting, reports, now=now, client=forms.client(request))
    return JsonResponse(
        {
            "switch_count": recorded.switch_count,
            "switch_limit": recorded.switch_limit,
            "counted": recorded.counted,
            "received": recorded.received,
        }
    )


@require_POST
@paced(CALLS)
@signed_in_required
@sitting_required
def call_for_help(request: CandidateRequest) -> JsonResponse:
    """Pass a call for help on to the invigilators."""
    try:
        message = messages.call_for_help(sitting_of(request), forms.help_text(request), now=wall_clock())
    except forms.Malformed:
        return _malformed()
    except Refused as refused:
        retry = {"Retry-After": str(round(messages.BETWEEN_CALLS.total_seconds()))}
        return JsonResponse({"error": refused.code, "message": str(refused)}, status=429, headers=retry)
    return JsonResponse({"id": message.pk, "message": _("求助已送达，考务人员会尽快联系您。")})


@require_POST
@signed_in_required
@sitting_required
def message_seen(request: CandidateRequest, pk: int) -> JsonResponse:
    """Note that the candidate has put a message away."""
    if not messages.mark_seen(sitting_of(request), pk, now=wall_clock()):
        raise Http404
    return JsonResponse({"seen": pk})


def _malformed() -> JsonResponse:
    return JsonResponse({"error": "malformed", "message": _("请求格式不正确。")}, status=400)


# --- pictures for staff ----------------------------------------------------------------------------------------------


PERMISSIONS = {
    "snapshot": "proctoring.view_snapshot",
    "reference": "exams.view_referencephoto",
    "thumbnail": "proctoring.view_snapshot",
}
STORED: dict[str, QuerySet[Any]] = {
    "snapshot": Snapshot.objects.all(),
    "reference": ReferencePhoto.objects.all(),
    "thumbnail": Thumbnail.objects.of_trail(),
}


@require_GET
@staff_member_required
def picture(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show a picture of a person to staff who may see it; who looked is on record, and no cache keeps it."""
    user = request.user
    if kind not in PERMISSIONS:
        raise Http404
    if not isinstance(user, AbstractUser) or not user.has_perm(PERMISSIONS[kind]):
        raise PermissionDenied
    stored = get_object_or_404(STORED[kind].all(), pk=pk)
    if not isinstance(stored, Thumbnail):
        evidence.note_viewing(stored, user, wall_clock())
    elif live_view.is_new_viewing(stored.sitting_id, user.pk, of="trail"):
        evidence.note_trail_viewing(stored.sitting, user, wall_clock())
    headers = {
        "Cache-Control": "no-store, private",
        "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(bytes(stored.data), content_type=stored.media_type, headers=headers)
