"""A yes or no before the camera. No is no dead end: the check-in page then waits for a person instead of a camera."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.requests import CandidateRequest
from exams.domain.consent import VERSION
from exams.domain.flow import Step
from exams.models import Exam, Sitting
from exams.services import enrolments
from exams.views.way import context, onwards, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@page_of(Step.CONSENT)
def consent(request: CandidateRequest, sitting: Sitting, now: datetime) -> HttpResponse:
    """Show the text in force; an answer counts only for the text that was read."""
    answer = answered(request)
    if answer is None:
        return consent_page(request, sitting, reverse("exams:consent"))
    enrolments.answer_consent(sitting.enrolment, VERSION, answer, now)
    return onwards(sitting, now)


def answered(request: HttpRequest) -> bool | None:
    """Return the yes or no of a posted consent page; None where it has none, or one to another text."""
    given = request.POST.get("answer") if request.POST.get("version") == VERSION else None
    return given == "yes" if given in {"yes", "no"} else None


def consent_page(request: HttpRequest, sitting: Sitting, answer_url: str) -> HttpResponse:
    """Show the text in force; the answer goes to an address of whoever asks."""
    exam = sitting.enrolment.exam
    page = context(
        sitting,
        answer_url=answer_url,
        version=VERSION,
        text=f"exams/consent/{VERSION}.html",
        continuous=exam.face_rule == Exam.FaceRule.CONTINUOUS,
        second_camera=exam.uses_second_camera,
        second_camera_required=exam.second_camera == Exam.SecondCamera.REQUIRED,
        evidence_days=settings.EVIDENCE_DAYS,
        thumbnail_days=min(settings.THUMBNAIL_DAYS, settings.EVIDENCE_DAYS),
        photo_days=settings.REFERENCE_PHOTO_DAYS,
    )
    return render(request, "exams/consent.html", page)
