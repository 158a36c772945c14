"""A passed check-in belongs to the device that made it: the decision, the clock, and who is left alone meanwhile."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.devices import COOKIE, device_of
from exams.models import Exam, Sitting
from exams.services import sittings
from exams.tests.answers import op, send
from exams.tests.factories import CLIENT, browser_of, end_of
from proctoring import presence
from proctoring.domain.check_in import Outcome
from proctoring.models import IdentityCheck, Incident
from proctoring.services import identity, interventions
from proctoring.tests.factories import attempt_of, camera_sitting, decision, staff

pytestmark = pytest.mark.django_db
FIRST, SECOND = "first-browser", "second-browser"
PAGE, STATUS = "/check-in/", "/exam/status/"


@pytest.fixture(autouse=True)
def nobody_is_connected() -> None:
    cache.clear()


def at(sitting: Sitting, browser: str) -> Sitting:
    """Return the sitting as it is read for a browser."""
    fresh = Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)
    fresh.asking_device = device_of({COOKIE: browser})
    return fresh


def passes(sitting: Sitting, browser: str) -> Sitting:
    asks = at(sitting, browser)
    return identity.pass_check_in(asks, attempt_of("obama2"), decision(Outcome.PASSED, "obama2"), now=timezone.now())


def fails(sitting: Sitting, browser: str) -> Sitting:
    asks = at(sitting, browser)
    return identity.fail_check_in(asks, attempt_of("biden"), decision(Outcome.FAILED, "biden"), now=timezone.now())


def begins(browser: Client, client: str) -> Any:
    return browser.post("/exam/begin/", {"client": client}, content_type="application/json")


@pytest.fixture
def begun() -> Sitting:
    """A sitting that was checked and begun at the first browser."""
    sitting = camera_sitting()
    passes(sitting, FIRST)
    sittings.begin(at(sitting, FIRST), CLIENT, timezone.now())
    return at(sitting, FIRST)


def test_the_browser_that_was_checked_goes_on_without_another_check(begun: Sitting) -> None:
    browser = browser_of(begun, FIRST)
    assert browser.get("/next/")["Location"] == "/waiting/"
    assert begins(browser, CLIENT).status_code == 200
    assert IdentityCheck.objects.count() == 1


def test_another_browser_is_sent_to_the_check_and_gets_no_paper(begun: Sitting) -> None:
    browser = browser_of(begun, SECOND)
    assert browser.get("/next/")["Location"] == PAGE
    assert browser.get("/waiting/")["Location"] == PAGE
    refused = begins(browser, "page-2")
    assert (refused.status_code, refused.json()["error"], refused.json()["next"]) == (409, "held", PAGE)
    html = browser.get(PAGE).content.decode()
    assert "您正在更换设备" in html
    assert "考试计时仍在继续" in html
    begun.refresh_from_db()
    assert (begun.epoch, begun.client) == (1, CLIENT)


def test_after_the_check_the_other_browser_has_the_paper_and_the_first_one_only_reads(begun: Sitting) -> None:
    first, second, deadline = browser_of(begun, FIRST), browser_of(begun, SECOND), end_of(begun)
    ops = [{"question": 1, "seq": 1, "value": ["B"], "doubtful": False}]
    answer = {"client": CLIENT, "epoch": 1, "ops": ops}
    assert first.post("/exam/responses/", answer, content_type="application/json").status_code == 200
    passes(begun, SECOND)
    assert first.get(STATUS, {"epoch": "1", "client": CLIENT}).json()["superseded"] is True
    late = {"client": CLIENT, "epoch": 1, "ops": [ops[0] | {"seq": 2}]}
    assert first.post("/exam/responses/", late, content_type="application/json").json()["error"] == "superseded"
    paper = begins(second, "page-2").content.decode()
    assert 'value="B" checked' in paper
    begun.refresh_from_db()
    assert begun.deadline_at == deadline
    assert begins(first, CLIENT).json()["next"] == PAGE


def test_the_move_is_told_to_the_invigilators(begun: Sitting, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        passes(begun, SECOND)
    assert Incident.objects.filter(kind=Incident.Kind.SECOND_DEVICE).count() == 1


def test_before_the_exam_a_change_of_device_is_no_news(django_capture_on_commit_callbacks: Any) -> None:
    sitting = camera_sitting()
    passes(sitting, FIRST)
    with django_capture_on_commit_callbacks(execute=True):
        passes(sitting, SECOND)
    assert browser_of(sitting, SECOND).get("/next/")["Location"] == "/waiting/"
    assert not Incident.objects.exists()


def test_a_stranger_elsewhere_stops_nobody_who_is_there(begun: Sitting) -> None:
    presence.arrived(begun.pk, "socket of the first browser")
    for _attempt in range(begun.enrolment.exam.check_in_attempts):
        fails(begun, SECOND)
    with pytest.raises(identity.GoesOnElsewhere):
        identity.ask_for_person(at(begun, SECOND), reason="x", now=timezone.now())
    begun = at(begun, FIRST)
    assert (begun.check_in, begun.identity, begun.state) == ("passed", "steady", "in_progress")
    incident = Incident.objects.get()
    assert (incident.kind, incident.severity, incident.detail["other_device"]) == ("check_in_failed", "serious", True)
    assert incident.snapshots.count() == 3
    assert browser_of(begun, FIRST).get(STATUS).json()["step"] == "paper"


def test_whose_computer_broke_down_waits_for_a_person_with_the_clock_stopped(begun: Sitting) -> None:
    for _attempt in range(begun.enrolment.exam.check_in_attempts):
        fails(begun, SECOND)
    begun = at(begun, SECOND)
    assert (begun.check_in, begun.state, begun.identity) == ("held", "paused", "in_doubt")
    interventions.pass_check_in(begun, by=staff(), reason="证件相符", now=timezone.now())
    assert browser_of(begun, SECOND).get("/next/")["Location"] == "/waiting/"
    assert browser_of(begun, FIRST).get("/next/")["Location"] == PAGE


def test_asking_for_a_person_on_another_computer_stops_the_clock(begun: Sitting) -> None:
    left = end_of(begun) - timezone.now()
    browser_of(begun, SECOND).post("/check-in/human/", {"reason": "missing"})
    begun = at(begun, SECOND)
    assert (begun.check_in, begun.state) == ("held", "paused")
    interventions.pass_check_in(begun, by=staff(), reason="证件相符", now=timezone.now() + timedelta(minutes=9))
    begun = at(begun, SECOND)
    assert abs((end_of(begun) - timezone.now()) - left - timedelta(minutes=9)) < timedelta(seconds=5)


def test_who_declined_the_camera_waits_for_a_person_on_another_computer_too() -> None:
    sitting = camera_sitting(agreed=False)
    browser_of(sitting, FIRST).get(PAGE)
    interventions.pass_check_in(sitting, by=staff(), reason="证件相符", now=timezone.now())
    begins(browser_of(sitting, FIRST), CLIENT)
    presence.arrived(sitting.pk, "somebody")
    html = browser_of(sitting, SECOND).get(PAGE).content.decode()
    assert "此处不能继续" in html
    presence.left(sitting.pk, "somebody")
    browser_of(sitting, SECOND).get(PAGE)
    assert at(sitting, SECOND).check_in == "held"


def test_attempts_begin_anew_on_another_device(begun: Sitting) -> None:
    fails(begun, SECOND)
    passes(begun, SECOND)
    assert at(begun, SECOND).check_in_failures == 0


def test_where_a_person_let_somebody_in_the_first_device_counts() -> None:
    sitting = camera_sitting(check_in="passed")
    assert begins(browser_of(sitting, FIRST), CLIENT).status_code == 200
    assert browser_of(sitting, SECOND).get("/next/")["Location"] == PAGE


def test_who_may_go_on_flagged_may_do_so_on_any_device() -> None:
    sitting = camera_sitting(exam__after_failed_check_in=Exam.AfterFailedCheckIn.CONTINUE.value)
    passes(sitting, FIRST)
    sittings.begin(at(sitting, FIRST), CLIENT, timezone.now())
    for _attempt in range(3):
        fails(sitting, SECOND)
    sitting = at(sitting, SECOND)
    assert (sitting.check_in, sitting.state, sitting.identity) == ("exhausted", "in_progress", "in_doubt")
    assert browser_of(sitting, SECOND).get("/next/")["Location"] == "/waiting/"


def test_an_exam_without_a_camera_asks_nobody(begun: Sitting) -> None:
    Exam.objects.update(face_rule=Exam.FaceRule.NONE.value)
    assert browser_of(begun, SECOND).get("/next/")["Location"] == "/waiting/"


def test_a_browser_that_was_not_checked_learns_no_answer(begun: Sitting) -> None:
    """A stranger with the ID number and the code sends guesses, and asks which of them differ from what is stored."""
    secret = {1: "C", 2: "B", 3: "D"}
    for question, letter in secret.items():
        send(begun, op(question, 1, letter))

    stranger: Client = browser_of(begun, SECOND)
    assert stranger.get("/waiting/")["Location"] == PAGE  # sees no paper

    def not_counted() -> Any:
        told: dict[str, Any] = stranger.get(f"{STATUS}?took_over=1", headers={"Accept": "application/json"}).json()
        return told.get("not_counted", [])

    learnt: dict[int, str] = {}
    for seq, letter in enumerate("ABCD", start=1):
        ops = [{"question": number, "seq": seq, "value": [letter], "doubtful": False} for number in secret]
        body = {"client": "stranger", "epoch": 0, "ops": ops}
        stranger.post("/exam/responses/", json.dumps(body), content_type="application/json")
        wrong = not_counted()
        learnt |= {number: letter for number in secret if number not in wrong}
    assert learnt != secret, f"four requests each told the stranger every answer: {learnt}"
