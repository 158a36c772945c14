"""A stranger with a candidate's ID number and code, who passes no face check, asks what the candidate has answered."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.devices import COOKIE, device_of
from exams.models import Sitting
from exams.services import sittings
from exams.tests.answers import op, send
from exams.tests.factories import CLIENT, browser_of
from proctoring.domain.check_in import Outcome
from proctoring.services import identity
from proctoring.tests.factories import attempt_of, camera_sitting, decision

pytestmark = pytest.mark.django_db
FIRST, STRANGER = "first-browser", "strangers-browser"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def nobody_is_connected() -> None:
    cache.clear()


def at(sitting: Sitting, browser: str) -> Sitting:
    fresh = Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)
    fresh.asking_device = device_of({COOKIE: browser})
    return fresh


def test_a_browser_that_was_not_checked_learns_no_answer() -> None:
    sitting = camera_sitting()
    identity.pass_check_in(
        at(sitting, FIRST), attempt_of("obama2"), decision(Outcome.PASSED, "obama2"), now=timezone.now()
    )
    sittings.begin(at(sitting, FIRST), CLIENT, timezone.now())
    secret = {1: "C", 2: "B", 3: "D"}
    for question, letter in secret.items():
        send(sitting, op(question, 1, letter))

    stranger: Client = browser_of(sitting, STRANGER)
    assert stranger.get("/waiting/")["Location"] == "/check-in/"  # sees no paper

    def not_counted() -> Any:
        told: dict[str, Any] = stranger.get("/exam/status/?took_over=1", headers=JSON).json()
        return told.get("not_counted", [])

    learnt: dict[int, str] = {}
    for seq, letter in enumerate("ABCD", start=1):
        ops = [{"question": number, "seq": seq, "value": [letter], "doubtful": False} for number in secret]
        body = {"client": "stranger", "epoch": 0, "ops": ops}
        stranger.post("/exam/responses/", json.dumps(body), content_type="application/json")
        wrong = not_counted()
        learnt |= {number: letter for number in secret if number not in wrong}
    assert learnt != secret, f"four requests each told the stranger every answer: {learnt}"
