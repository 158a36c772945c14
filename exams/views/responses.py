"""Answers, as the exam page sends them: stored, logged, acknowledged."""

from dataclasses import asdict

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from accounts.requests import CandidateRequest
from exams import access, queries
from exams.services import refusals
from exams.services import responses as answers
from exams.views.scripts import json_body, moment, refused_with, script_endpoint

TEXTS = {refused.code: refused for refused in (refusals.Ended, refusals.Paused, refusals.NotBegun, refusals.Superseded)}


@require_POST
@script_endpoint
def responses(request: CandidateRequest) -> HttpResponse:
    """Store what may be stored; whatever the verdict, the acks say what the page may drop."""
    sitting = access.answering_sitting_of(request)
    saved = answers.save(sitting, json_body(request))
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
