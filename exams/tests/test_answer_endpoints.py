"""What the exam page speaks to while somebody answers: responses, coming back, and handing in."""

import json
import re
from collections import OrderedDict
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from exams.models import Sitting
from exams.services import sittings
from exams.tests.answers import STATEMENTS, logged, op, stored
from exams.tests.endpoints import answers, at, get_status, post
from exams.tests.factories import CLIENT, SittingFactory, browser_of, overdue
from exams.views.responses import ANSWERS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


@pytest.fixture
def sitting() -> Sitting:
    begun: Sitting = SittingFactory(begun=True)
    return begun


@pytest.fixture
def browser(sitting: Sitting) -> Client:
    return browser_of(sitting)


# --- responses -------------------------------------------------------------------------------------------------------


def test_an_answer_is_stored_and_acknowledged(sitting: Sitting, browser: Client) -> None:
    response = post(browser, "responses", answers(op(2, 1, "C")))
    assert response.status_code == 200
    data = response.json()
    assert data["acks"] == [{"question": 2, "seq": 1, "outcome": "accepted"}]
    assert (data["state"], data["epoch"]) == ("in_progress", 1)
    assert at(data["deadline_at"]) > at(data["server_now"])
    assert stored(sitting) == {2: ["C"]}


def test_saving_costs_two_statements_more_than_storing(
    sitting: Sitting, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2 + STATEMENTS + 2):  # session, sitting; the test's savepoint opens and closes
        post(browser, "responses", answers(op(1, 1, "C"), op(2, 1, "C")))


def test_a_superseded_page_is_told_so_and_what_was_logged(sitting: Sitting, browser: Client) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    response = post(browser, "responses", answers(op()))
    assert (response.status_code, response.json()["error"]) == (409, "superseded")
    assert response.json()["acks"] == [{"question": 1, "seq": 1, "outcome": "superseded"}]


def test_after_the_end_a_page_is_led_there(sitting: Sitting, browser: Client) -> None:
    overdue(sitting)
    response = post(browser, "responses", answers(op()))
    data = response.json()
    assert (response.status_code, data["error"], data["next"]) == (409, "ended", reverse("exams:finished"))
    assert data["state"] == "in_progress" or data["state"] == "submitted"
    assert data["acks"][0]["outcome"] == "late_refused"


def test_a_tab_left_behind_is_refused_and_logged_in_its_own_sitting(sitting: Sitting, browser: Client) -> None:
    enrolment = sitting.enrolment
    other = SittingFactory(enrolment__candidate=enrolment.candidate, enrolment__exam__plan=enrolment.exam.plan)
    session = browser.session
    session["sitting_id"] = other.pk
    session.save()
    response = post(browser, "responses", answers(op(1, 1, "B")) | {"sitting": sitting.pk})
    assert (response.status_code, response.json()["error"]) == (409, "superseded")
    assert response.json()["acks"] == [{"question": 1, "seq": 1, "outcome": "superseded"}]
    assert (logged(sitting), stored(sitting)) == ([(1, 1, "superseded")], {})
    assert logged(other) == []


def test_the_sitting_that_a_page_names_is_out_of_reach_if_it_is_not_the_candidates(browser: Client) -> None:
    other: Sitting = SittingFactory(begun=True)
    response = post(browser, "responses", answers(op(1, 1, "B")) | {"sitting": other.pk})
    assert (response.status_code, response.json()["error"]) == (409, "no_sitting")
    assert logged(other) == []


def signed_in_anew(browser: Client) -> Client:
    """As after signing in again: the session knows who it is, and of no sitting yet."""
    session = browser.session
    del session["sitting_id"]
    session.save()
    return browser


def test_who_has_just_signed_in_again_answers_nothing_before_the_sitting_is_theirs_again(
    sitting: Sitting, browser: Client
) -> None:
    response = post(signed_in_anew(browser), "responses", answers(op(1, 1, "B")) | {"sitting": sitting.pk})
    assert (response.status_code, response.json()["error"]) == (409, "no_sitting")
    assert logged(sitting) == []  # an ack would let the page drop what it has


def test_who_comes_back_to_their_own_sitting_goes_on_where_they_stood(sitting: Sitting, browser: Client) -> None:
    assert post(signed_in_anew(browser), "come_back", {"sitting": sitting.pk}).json() == {"sitting": sitting.pk}
    post(browser, "responses", answers(op(1, 1, "B")) | {"sitting": sitting.pk})
    assert stored(sitting) == {1: ["B"]}


def test_nobody_comes_back_to_the_sitting_of_another(sitting: Sitting) -> None:
    stranger = signed_in_anew(browser_of(SittingFactory(exam=sitting.enrolment.exam)))
    response = post(stranger, "come_back", {"sitting": sitting.pk})
    assert (response.status_code, response.json()["error"]) == (409, "no_sitting")
    assert "sitting_id" not in stranger.session
    assert post(stranger, "come_back", {}).status_code == 400


def test_a_paper_says_whether_it_was_taken_from_another_page(sitting: Sitting, browser: Client) -> None:
    for client, says in [(CLIENT, b'"took_over": false'), ("page-2", b'"took_over": true')]:
        assert says in post(browser, "begin", {"client": client}).content


@pytest.mark.parametrize("named", ["1", 0, -1, True, 2**40])
def test_a_sitting_that_is_no_number_is_malformed(browser: Client, named: object) -> None:
    response = post(browser, "responses", answers(op(1, 1, "B")) | {"sitting": named})
    assert (response.status_code, response.json()["fault"]) == (400, "sitting")


def test_who_asks_too_often_is_told_when_to_come_back_and_nothing_is_lost(
    sitting: Sitting, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ANSWERS, "burst", 2)
    monkeypatch.setattr(ANSWERS, "_buckets", OrderedDict())
    for seq in (1, 2):
        assert post(browser, "responses", answers(op(1, seq, "B"))).status_code == 200
    refused = post(browser, "responses", answers(op(1, 3, "C")))
    assert (refused.status_code, refused.json()["error"]) == (429, "too_often")
    assert int(refused["Retry-After"]) >= 1
    other: Sitting = SittingFactory(begun=True)
    assert post(browser_of(other), "responses", answers(op(1, 1, "B"))).status_code == 200
    assert post(browser_of(sitting), "responses", answers(op(1, 4, "B"))).status_code == 200, "signed in again"


def test_in_a_pause_a_page_is_asked_to_come_again(sitting: Sitting, browser: Client) -> None:
    sittings.pause(sitting, "停电", timezone.now())
    response = post(browser, "responses", answers(op()))
    assert (response.status_code, response.json()["error"], response["Retry-After"]) == (423, "paused", "5")
    assert response.json()["acks"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client": CLIENT, "epoch": 1},
        {"client": CLIENT, "epoch": 1, "ops": {}},
        answers(op(4)),
        answers(op(1, 0)),
        answers(op(1, 1, "Z")),
        answers(op(1, 1, "A", "B")),
        answers(*(op(1, seq) for seq in range(1, 202))),
        answers(op()) | {"client": "x" * 65},
        answers(op()) | {"padding": "x" * 70000},
    ],
)
def test_what_is_not_well_is_refused_in_words_and_nothing_is_stored(
    sitting: Sitting, browser: Client, body: dict[str, Any]
) -> None:
    response = post(browser, "responses", body)
    assert response.status_code == 400
    assert response.json()["message"].endswith("。")
    assert (stored(sitting), logged(sitting)) == ({}, [])


# --- hand-in ---------------------------------------------------------------------------------------------------------


def hand_in(browser: Client, epoch: int = 1) -> HttpResponse:
    response: HttpResponse = post(browser, "hand_in", {"client": CLIENT, "epoch": epoch})
    return response


def test_handing_in_leads_to_the_end_also_the_second_time(sitting: Sitting, browser: Client) -> None:
    replies = [hand_in(browser) for _time in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    first, second = (json.loads(reply.content) for reply in replies)
    assert first == second
    assert first["next"] == reverse("exams:finished")
    assert re.fullmatch(r"(\w{4}-){2}\w{4}", first["receipt"]["code"])
    sitting.refresh_from_db()
    assert (sitting.state, sitting.ended_by) == ("submitted", "candidate")


def test_handing_in_after_the_deadline_leads_to_the_end(sitting: Sitting, browser: Client) -> None:
    overdue(sitting)
    assert hand_in(browser).status_code == 200
    sitting.refresh_from_db()
    assert sitting.ended_by == "deadline"


def test_handing_in_too_early_says_when() -> None:
    sitting = SittingFactory(begun=True, exam__earliest_hand_in_minutes=30)
    response = hand_in(browser_of(sitting))
    assert (response.status_code, json.loads(response.content)["error"]) == (409, "too_early")


def test_a_page_of_another_exam_cannot_hand_this_one_in(sitting: Sitting, browser: Client) -> None:
    body: dict[str, str | int] = {"client": "page-of-another-exam", "epoch": sitting.epoch}
    assert post(browser, "hand_in", body).json()["error"] == "superseded"
    assert get_status(browser, **body).json()["superseded"] is True
    assert get_status(browser, client=CLIENT, epoch=sitting.epoch).json()["superseded"] is False


def test_a_superseded_page_cannot_hand_in(sitting: Sitting, browser: Client) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    response = hand_in(browser)
    assert (response.status_code, json.loads(response.content)["error"]) == (409, "superseded")
