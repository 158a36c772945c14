"""The sitting's own short page for a phone, opened by the QR code: no sign-in, help, and perhaps a second camera."""

from datetime import datetime

import segno
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import now as wall_clock
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import CandidateRequest
from exams import access, queries
from exams.models import Sitting
from exams.services import phone_links
from exams.views.scripts import script_endpoint

GONE = 410


def code(sitting: Sitting, now: datetime) -> SafeString:
    """Return the QR code of the phone's page as SVG."""
    drawn = segno.make(phone_links.address(sitting, now), error="m", micro=False)
    drawing = drawn.svg_inline(border=2, svgclass=None, lineclass=None, omitsize=True)
    return mark_safe(drawing)  # noqa: S308 - made here, of an address that holds no user's text


@require_safe
@script_endpoint
def fresh_code(request: CandidateRequest) -> HttpResponse:
    """Draw a new code: each brings in one phone, and only for a few minutes."""
    return JsonResponse({"code": code(access.sitting_of(request), wall_clock())})


@require_safe
@never_cache
def companion(request: HttpRequest, signed: str) -> HttpResponse:
    """Show title, masked name and contact, or that the link is no longer valid."""
    link = phone_links.opened(signed)
    if link is None:
        return render(request, "exams/companion_expired.html", status=GONE)
    exam = link.sitting.enrolment.exam
    page = {
        "exam": exam,
        "help_contact": exam.help_contact,
        "masked_name": masked(link.sitting.enrolment.name),
        "second_camera": exam.uses_second_camera and queries.is_watched(link.sitting),
        "may_pair": link.may_pair(wall_clock()),
        "signed": signed,
    }
    return render(request, "exams/companion.html", page)


def masked(name: str) -> str:
    """Return a name of which a stranger learns no more than the first character."""
    return name[:1] + "*" * min(2, max(1, len(name) - 1))
