"""What the exam document asks for: the paper, how the sitting stands, handing in, the size of the letters."""

from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Candidate
from accounts.requests import CandidateRequest
from exams import access, queries, seams
from exams.domain import arrivals
from exams.domain.arrivals import Fault, Malformed
from exams.domain.flow import Step
from exams.models import Sitting
from exams.services import receipts, sittings
from exams.services.changes import for_reader
from exams.views.clock_news import clock_news
from exams.views.paper_fragment import fragment
from exams.views.scripts import json_body, moment, refusal, script_endpoint


@require_POST
@script_endpoint
def begin(request: CandidateRequest) -> HttpResponse:
    """Hand out the paper: start the clock, or let this page take over from another."""
    client = arrivals.client(json_body(request))
    sitting = access.timed_sitting_of(request)
    now, since = access.moment_of(sitting), monotonic()
    sitting = sittings.close_if_overdue(sitting, now)
    took_over = sitting.started_at is not None and sitting.client not in {"", client}
    try:
        sitting = sittings.begin(sitting, client, now)
    except sittings.Refused as refused:
        return refusal(refused, sitting, now)
    later = now + timedelta(seconds=monotonic() - since)  # the page sets its clock by it
    return fragment(sitting, later, took_over=took_over)


@require_POST
@script_endpoint
def come_back(request: CandidateRequest) -> HttpResponse:
    """Let a session that began anew over an open paper be about that sitting again, if it is this candidate's."""
    named = arrivals.sitting(json_body(request))
    if named is None:
        raise Malformed(Fault.SITTING)
    sitting = access.own_sitting(request, named)
    access.remember(request, sitting)
    return JsonResponse({"sitting": sitting.pk})


@require_safe
@script_endpoint
def status(request: CandidateRequest) -> HttpResponse:
    """Tell how the sitting stands; one whose deadline has passed is closed on sight.

    A page that has taken over asks what the one before it could not deliver in time.
    """
    sitting = access.timed_sitting_of(request)
    now = access.moment_of(sitting)
    sitting = sittings.close_if_overdue(sitting, now)
    page = request.GET.get("epoch", ""), request.GET.get("client", "")
    told: dict[str, Any] = {"superseded": _superseded(sitting, *page)}
    # A page without the paper would learn from it whether what it sent is what the candidate has answered.
    if request.GET.get("took_over") and not told["superseded"] and queries.place(sitting, now).step is Step.PAPER:
        told["not_counted"] = queries.not_counted(sitting)
    return JsonResponse(_status(sitting, now) | told)


def _superseded(sitting: Sitting, epoch: str, client: str) -> bool:
    """Tell whether a page that holds a paper holds it no longer; also one whose session has gone to another exam."""
    return bool(epoch) and (epoch != str(sitting.epoch) or client not in {"", sitting.client})


def _status(sitting: Sitting, now: datetime) -> dict[str, Any]:
    place = queries.place(sitting, now)
    return {
        "server_now": moment(now),
        "deadline_at": moment(sitting.deadline_at),
        "check_in_opens_at": moment(sitting.enrolment.exam.check_in_opens_at),
        "opens_at": moment(sitting.enrolment.exam.opens_at),
        "state": sitting.state,
        "locked": sitting.locked,
        "pause_cause": for_reader(sitting.pause_cause),
        "epoch": sitting.epoch,
        "step": place.step.value,
        "next": place.url,
        "held_back": [gate.reason for gate in place.gates],
        "check_in": sitting.check_in,
        "identity": sitting.identity,
        "switch_count": sitting.switch_count,
        "switch_limit": sitting.enrolment.exam.switch_limit,
        "clock_news": clock_news(sitting, now),
        "messages": [
            {"id": notice.id, "text": notice.text, "at": moment(notice.at), "kind": notice.kind}
            for notice in seams.notices_for(sitting)
        ],
    }


@require_POST
@script_endpoint
def hand_in(request: CandidateRequest) -> HttpResponse:
    """End the sitting because the candidate says so; a second time changes nothing."""
    speaker = arrivals.sender(json_body(request))
    sitting = access.timed_sitting_of(request)
    now = access.moment_of(sitting)
    try:
        sitting = sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, now, epoch=speaker.epoch, client=speaker.client)
    except sittings.Refused as refused:
        return refusal(refused, sitting, now)
    return JsonResponse({"next": queries.place(sitting, now).url, "receipt": _receipt(sitting)})


def _receipt(sitting: Sitting) -> dict[str, Any] | None:
    receipt = receipts.newest(sitting)
    if receipt is None:
        return None
    return {"code": receipt.code, "entries": receipt.entries, "ended_at": moment(receipt.ended_at)}


@require_POST
@script_endpoint
def font_size(request: CandidateRequest) -> HttpResponse:
    """Keep the size of the letters for this candidate, on every machine."""
    size = json_body(request).get("size")
    if size not in Candidate.FontSize.values:
        raise Malformed(Fault.VALUE)
    request.candidate.font_size = str(size)
    request.candidate.save(update_fields=["font_size"])
    return JsonResponse({"size": size})
