"""Speaking to the exam page's endpoints as its script does."""

import json
from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from exams.tests.factories import CLIENT


def post(browser: Client, name: str, body: object = None, **headers: str) -> Any:
    data = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
    return browser.post(reverse(f"exams:{name}"), data, content_type="application/json", headers=headers)


def get_status(browser: Client, **query: str | int) -> Any:
    return browser.get(reverse("exams:status"), query, headers={"Accept": "application/json"})


def answers(*ops: dict[str, Any], client: str = CLIENT, epoch: int = 1) -> dict[str, Any]:
    return {"client": client, "epoch": epoch, "ops": list(ops)}


def at(text: str) -> datetime:
    moment = parse_datetime(text)
    assert moment is not None
    return moment
