"""What the endpoints that the exam page's script speaks to have in common: a lean door, JSON in, JSON out."""

import json
import math
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from accounts.requests import CandidateRequest, signed_in_required
from exams import queries
from exams.access import SESSION_KEY, sitting_required
from exams.domain.arrivals import MOST_BYTES, Fault, Malformed
from exams.domain.pace import Pace
from exams.models import Sitting
from exams.services.refusals import Paused, Refused

View = Callable[[CandidateRequest], HttpResponse]
Door = Callable[[HttpRequest], HttpResponseBase]
PAUSE_RETRY_SECONDS = 5


def script_endpoint(view: View) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let candidates through by their session alone, and word what they or their page did wrong as JSON.

    The candidate's row is not read: whoever reaches a sitting by `access` is its candidate.
    """

    @wraps(view)
    def guarded(request: CandidateRequest) -> HttpResponseBase:
        try:
            response = view(request)
        except Malformed as malformed:
            response = _malformed(malformed.fault)
        add_never_cache_headers(response)
        return response

    return signed_in_required(sitting_required(guarded))


def paced(pace: Pace) -> Callable[[Door], Door]:
    """Tell a page that asks too often when to come back; it keeps what it has.

    Counted for each sign-in of a sitting, so that nobody else who has its check code slows its candidate down.
    In the memory of the process: the way of an answer rests on nothing but the database.
    """

    def at_the_door(view: Door) -> Door:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponseBase:
            sitting_id = request.session.get(SESSION_KEY)  # whoever has none is turned away anyway
            wait = pace.wait((sitting_id, request.session.session_key), time.monotonic()) if sitting_id else 0
            return _too_often(wait) if wait else view(request)

        return guarded

    return at_the_door


def _too_often(wait: float) -> JsonResponse:
    text = _("请求过于频繁，请稍候。页面会自动重试，作答不会丢失。")
    answer = {"error": "too_often", "message": text}
    return JsonResponse(answer, status=429, headers={"Retry-After": str(math.ceil(wait))})


def json_body(request: HttpRequest) -> dict[str, object]:
    """Return the object that the page sent, or raise `Malformed`."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES or len(request.body) > MOST_BYTES:
        raise Malformed(Fault.TOO_LARGE)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed(Fault.NOT_JSON) from None
    if not isinstance(body, dict):
        raise Malformed(Fault.NOT_JSON)
    return body


def _malformed(fault: Fault) -> JsonResponse:
    if fault in {Fault.TOO_LARGE, Fault.TOO_MANY}:
        text = _("一次提交的内容过多，未保存。请分次提交。")
    else:
        text = _("提交的内容格式不正确，未保存。请刷新页面后重试。")
    return JsonResponse({"error": "malformed", "fault": fault.value, "message": text}, status=400)


def refusal(refused: Refused, sitting: Sitting, now: datetime) -> JsonResponse:
    """Return why not, and the page where the candidate belongs."""
    answer = {"error": refused.code, "message": str(refused), "next": queries.place(sitting, now).url}
    return refused_with(refused.code, answer)


def refused_with(code: str, answer: dict[str, Any]) -> JsonResponse:
    """Return a refusal: final, or, in a pause, one after which the page keeps what it has and asks again."""
    if code == Paused.code:
        return JsonResponse(answer, status=423, headers={"Retry-After": str(PAUSE_RETRY_SECONDS)})
    return JsonResponse(answer, status=409)


def moment(at: datetime | None) -> str | None:
    """Return a moment as pages read it."""
    return at.isoformat(timespec="milliseconds") if at else None
