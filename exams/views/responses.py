"""Answers, as the exam page sends them: stored, logged, acknowledged."""

from typing import Any

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
CAME_AT = "exams.came_at"  # in the scope of a request: when it arrived, on the monotonic clock
TEXTS = {refused.code: refused for refused in (refusals.Ended, refusals.Paused, refusals.NotBegun, refusals.Superseded)}


@require_POST
@paced(ANSWERS)
@script_endpoint
def responses(request: CandidateRequest) -> HttpResponse:
    """Store what may be stored; whatever the verdict, the acks say what the page may drop."""
    body = json_body(request)
    sitting = access.answering_sitting_of(request, arrivals.sitting(body))
    is_chosen, came_at = access.is_chosen(request, sitting), getattr(request, "scope", {}).get(CAME_AT)
    saved = answers.save(sitting, body, is_chosen=is_chosen, came_at=came_at)
    answer = reply(saved)
    if not saved.error:
        return JsonResponse(answer)
    sitting.refresh_from_db(from_queryset=sitting.__class__.objects.select_related("enrolment__exam"))
    place = queries.place(sitting, saved.server_now)
    return refused_with(
        saved.error, answer | {"error": saved.error, "message": str(TEXTS[saved.error]()), "next": place.url}
    )


def reply(saved: answers.Saved) -> dict[str, Any]:
    """Return what a page is told of its answers and of the clock."""
    return {
        "server_now": moment(saved.server_now),
        "deadline_at": moment(saved.deadline_at),
        "state": saved.state,
        "epoch": saved.epoch,
        "acks": [{"question": ack.question, "seq": ack.seq, "outcome": ack.outcome} for ack in saved.acks],
    }
