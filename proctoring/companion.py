"""The phone as a second camera: pairing it, its page, and what the candidate is told and may do about it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now as wall_clock
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import CandidateRequest, signed_in_required
from exams import queries as exam_queries
from exams.access import sitting_of, sitting_required
from exams.models import Sitting
from exams.services import phone_links
from exams.views.companion import GONE, masked
from proctoring import access
from proctoring.consumers.second_camera import COOKIE
from proctoring.services import second_camera

EXPIRED = "exams/companion_expired.html"


# --- on the phone ----------------------------------------------------------------------------------------------------


@require_POST
@never_cache
def pair(request: HttpRequest) -> HttpResponse:
    """Let the phone that scanned a code show the room: by its own click, so that no preview of a link pairs it."""
    link = phone_links.opened(request.POST.get("link", ""))
    if link is None or not (link.sitting.enrolment.exam.uses_second_camera and exam_queries.is_watched(link.sitting)):
        return render(request, EXPIRED, status=GONE)
    try:
        token = second_camera.pair(link, wall_clock())
    except second_camera.UsedUp as used:
        return render(request, EXPIRED, {"reason": str(used)}, status=GONE)
    response = redirect("proctoring:second_camera")
    response.set_cookie(
        COOKIE, token, max_age=second_camera.LASTS, secure=settings.SECURE, httponly=True, samesite="Lax"
    )
    return response


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Show the picture that the phone sends, and how to place it."""
    phone = access.second_camera_of(request.COOKIES.get(COOKIE, ""))
    if phone is None:
        return render(request, EXPIRED, status=GONE)
    enrolment = phone.sitting.enrolment
    page = {"exam": enrolment.exam, "help_contact": enrolment.exam.help_contact, "masked_name": masked(enrolment.name)}
    return render(request, "proctoring/second_camera.html", page)


# --- on the candidate's page -----------------------------------------------------------------------------------------


@require_safe
@signed_in_required
@sitting_required
def state(request: CandidateRequest) -> JsonResponse:
    """Tell the exam page how the phone stands."""
    return _standing(sitting_of(request))


@require_POST
@signed_in_required
@sitting_required
def release(request: CandidateRequest) -> JsonResponse:
    """Send the phone away, because the candidate says so."""
    sitting = sitting_of(request)
    second_camera.release(sitting, wall_clock())
    return _standing(sitting)


def _standing(sitting: Sitting) -> JsonResponse:
    phone = second_camera.phone_of(sitting.pk)
    return JsonResponse({"state": phone.link.value, "cause": phone.cause or ""})
