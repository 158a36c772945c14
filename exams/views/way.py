"""The door of every page of the candidate's way: whoever is early, late, done or lost is sent to where they belong."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.requests import CandidateRequest, signed_in_required
from exams import access, queries
from exams.domain.flow import Step
from exams.models import Sitting

View = Callable[[CandidateRequest, Sitting, datetime], HttpResponse]

INDICATOR = {
    Step.CONFIRM: "confirm",
    Step.CONSENT: "verify",
    Step.CHECK_IN: "verify",
    Step.TOO_EARLY: "confirm",
    Step.WAITING: "prepare",
    Step.PAPER: "answer",
    Step.MISSED: "prepare",
}


def page_of(*steps: Step) -> Callable[[View], Callable[[HttpRequest], HttpResponseBase]]:
    """Give the view the candidate's sitting and the time, but only to a candidate who belongs on this page now."""

    def at_the_door(view: View) -> Callable[[HttpRequest], HttpResponseBase]:
        @never_cache  # the next person at this machine must not find the page by going back
        @signed_in_required
        @wraps(view)
        def guarded(request: CandidateRequest) -> HttpResponse:
            now = timezone.now()
            try:
                sitting = access.sitting_of(request)
            except access.NoSitting:
                return redirect("exams:next_step")
            request.candidate = sitting.enrolment.candidate
            place = queries.place(sitting, now)
            if place.step not in steps:
                return redirect(place.url)
            return view(request, sitting, now)

        return guarded

    return at_the_door


def onwards(sitting: Sitting, now: datetime) -> HttpResponse:
    """Send a candidate to the page where they belong now that something is settled."""
    return redirect(queries.place(sitting, now).url)


def context(sitting: Sitting, **more: Any) -> dict[str, Any]:
    """Return what the templates of the way have in common."""
    enrolment = sitting.enrolment
    exam = enrolment.exam
    return {
        "sitting": sitting,
        "enrolment": enrolment,
        "exam": exam,
        "plan": exam.plan,
        "help_contact": exam.help_contact,
        **more,
    }
