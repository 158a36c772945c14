"""Answers, as the exam page sends them: stored, logged, acknowledged."""

from dataclasses import asdict

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from accounts.requests import CandidateRequest
from exams import access, queries
from exams.domain import arrivals
from exams.domain.pace import Pace
from exams.services import refusals
from exams.services import responses as answers
from exams.views.scripts import json_body, moment, paced, refused_with, script_endpoint

ANSWERS = Pace(rate=5, burst=60)  # a page sends one request at a time, with up to fifty answers in it
TEXTS = {refused.code: refused for refused in (refusals.Ended, refusals.Paused, refusals.NotBegun, refusals.Superseded)}


@require_POST
@paced(ANSWERS)
@script_endpoint
def responses(request: CandidateRequest) -> HttpResponse:
    """Store what may be stored; whatever the verdict, the acks say what the page may drop."""
    body = json_body(request)
    sitting = access.answering_sitting_of(request, arrivals.sitting(body))
    saved = answers.save(sitting, body, is_chosen=access.is_chosen(request, sitting))
    answer = {
        "server_now": moment(saved.server_now),
        "deadline_at": moment(saved.deadline_at),
        "state": saved.state,
        "epoch": saved.epoch,
        "acks": [asdict(ack) for ack in saved.acks],
    }
    if not saved.error:
        return JsonResponse(answer)
    sitting.refresh_from_db(from_queryset=sitting.__class__.objects.select_related("enrolment__exam"))
    place = queries.place(sitting, saved.server_now)
    return refused_with(
        saved.error, answer | {"error": saved.error, "message": str(TEXTS[saved.error]()), "next": place.url}
    )
