"""What the exam page posts to proctoring: parsed and bounded before anything else sees it."""

import json
import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from proctoring.domain import lockdown
from proctoring.domain.lockdown import Event, Report

MOST_EVENTS = 50
EVENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Malformed(ValueError):
    """A body that no page of ours sends."""


def body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request."""
    try:
        data = json.loads(request.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("not an object")
    return data


def reports(request: HttpRequest, now: datetime) -> list[Report]:
    """Return the events that a page reports, placed on the server's clock."""
    events = body(request).get("events")
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise Malformed("no list of events")
    return [_report(event, now) for event in events]


def client(request: HttpRequest) -> str:
    """Return the page that reports, as it named itself when it opened the paper."""
    named = body(request).get("client", "")
    return named if isinstance(named, str) else ""


def help_text(request: HttpRequest) -> str:
    """Return what a candidate wrote to the invigilators."""
    text = body(request).get("text", "")
    if not isinstance(text, str):
        raise Malformed("no text")
    return "".join(letter for letter in text if letter.isprintable() or letter.isspace())  # PostgreSQL takes no NUL


def _report(event: Any, now: datetime) -> Report:
    if not isinstance(event, dict):
        raise Malformed("not an event")
    event_id = event.get("id")
    if not (isinstance(event_id, str) and EVENT_ID.fullmatch(event_id)):
        raise Malformed("no id")
    try:
        kind = Event(event.get("kind", ""))
    except ValueError:
        raise Malformed("unknown kind") from None
    duration = event.get("duration_ms")
    return lockdown.report(
        event_id,
        kind,
        _milliseconds(event.get("began_ms_ago")),
        None if duration is None else _milliseconds(duration),
        now,
    )


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _milliseconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed("not a number")
    return int(min(max(value, 0), 10**9))
