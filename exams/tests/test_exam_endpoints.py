"""What the exam page speaks to: begin, status, responses, hand-in, font size; and who is turned away."""

import json
import re
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pytest_django.fixtures import DjangoAssertNumQueries

from exams import seams
from exams.models import Sitting
from exams.services import sittings
from exams.tests.answers import STATEMENTS, logged, op, stored
from exams.tests.factories import CLIENT, SittingFactory, browser_of, end_of, minutes, overdue
from exams.views.responses import ANSWERS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]
POSTS = ["begin", "responses", "hand_in", "font_size"]


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


@pytest.fixture
def sitting() -> Sitting:
    begun: Sitting = SittingFactory(begun=True)
    return begun


@pytest.fixture
def browser(sitting: Sitting) -> Client:
    return browser_of(sitting)


# --- who is turned away ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POSTS)
def test_nobody_speaks_without_signing_in(name: str) -> None:
    response = post(Client(), name)
    assert (response.status_code, response.json()["error"]) == (401, "signed_out")


def test_status_is_not_told_to_nobody() -> None:
    assert get_status(Client()).status_code == 401


@pytest.mark.parametrize("name", ["begin", "responses", "hand_in"])
def test_without_a_chosen_exam_a_page_is_sent_to_the_choice(sitting: Sitting, name: str) -> None:
    browser = browser_of(sitting)
    session = browser.session
    del session["sitting_id"]
    session.save()
    response = post(browser, name, answers())
    assert (response.status_code, response.json()["error"]) == (409, "no_sitting")
    assert response.json()["next"] == reverse("exams:choose")


def test_the_sitting_of_another_candidate_is_out_of_reach(sitting: Sitting) -> None:
    browser = browser_of(SittingFactory(exam=sitting.enrolment.exam))
    session = browser.session
    session["sitting_id"] = sitting.pk
    session.save()
    assert post(browser, "responses", answers(op())).status_code == 409
    assert stored(sitting) == {}


def test_staff_are_no_candidates(admin_client: Client) -> None:
    assert post(admin_client, "responses", answers()).status_code == 401


@pytest.mark.parametrize("name", POSTS)
def test_a_request_from_elsewhere_is_refused(sitting: Sitting, name: str) -> None:
    browser = browser_of(sitting)
    browser.handler.enforce_csrf_checks = True
    assert post(browser, name).status_code == 403


@pytest.mark.parametrize("name", POSTS)
def test_what_changes_something_is_posted(browser: Client, name: str) -> None:
    assert browser.get(reverse(f"exams:{name}")).status_code == 405


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', b"\xff\xfe", "[" * 20000])
def test_what_is_no_object_is_malformed(browser: Client, name: str, body: str | bytes) -> None:
    response = post(browser, name, body)
    assert (response.status_code, response.json()["error"]) == (400, "malformed")


# --- begin -----------------------------------------------------------------------------------------------------------


def test_begin_answers_with_the_paper() -> None:
    sitting = SittingFactory()
    response = post(browser_of(sitting), "begin", {"client": CLIENT})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert "no-store" in response["Cache-Control"]
    assert response.content.decode().count('data-question="') == 3
    sitting.refresh_from_db()
    assert (sitting.state, sitting.client) == ("in_progress", CLIENT)


def test_begin_says_why_not_and_where_to_go() -> None:
    response = post(browser_of(SittingFactory(confirmed_at=None)), "begin", {"client": CLIENT})
    assert response.status_code == 409
    assert response.json()["error"] == "held"
    assert response.json()["next"] == reverse("exams:confirm")
    assert response.json()["message"]


def test_begin_before_the_opening_is_too_early() -> None:
    response = post(browser_of(SittingFactory(exam__not_open=True)), "begin", {"client": CLIENT})
    assert (response.status_code, response.json()["error"]) == (409, "too_early")


def test_begin_after_the_deadline_closes_and_leads_to_the_end(sitting: Sitting, browser: Client) -> None:
    overdue(sitting)
    response = post(browser, "begin", {"client": CLIENT})
    assert (response.json()["error"], response.json()["next"]) == ("ended", reverse("exams:finished"))
    sitting.refresh_from_db()
    assert sitting.state == "submitted"


def test_begin_without_a_name_is_malformed(browser: Client) -> None:
    assert post(browser, "begin", {}).status_code == 400


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_tells_how_the_sitting_stands(sitting: Sitting, browser: Client) -> None:
    data = get_status(browser, epoch=1).json()
    assert (data["state"], data["step"], data["next"]) == ("in_progress", "paper", reverse("exams:waiting"))
    assert abs(at(data["server_now"]) - timezone.now()) < minutes(1)
    assert abs(at(data["deadline_at"]) - end_of(sitting)) < minutes(0.001)
    assert (data["epoch"], data["superseded"], data["locked"], data["identity"]) == (1, False, False, "steady")
    assert (data["switch_count"], data["switch_limit"], data["messages"]) == (0, None, [])


def test_status_tells_an_older_page_that_it_was_superseded(sitting: Sitting, browser: Client) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    data = get_status(browser, epoch=1).json()
    assert (data["epoch"], data["superseded"]) == (2, True)


def test_status_names_what_the_page_before_answered_otherwise_and_too_late(sitting: Sitting, browser: Client) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    post(browser, "responses", answers(op(1, 1, "C"), op(2, 1, "B"), client="page-2", epoch=2))
    post(browser, "responses", answers(op(1, 1, "A"), op(2, 1, "B"), op(3, 1, "A")))
    assert get_status(browser, epoch=2, client="page-2", took_over=1).json()["not_counted"] == [1, 3]
    assert "not_counted" not in get_status(browser, epoch=2, client="page-2").json()


@pytest.mark.parametrize("epoch", ["", "x", "-1", "²", "9" * 5000])
def test_status_bears_any_epoch(browser: Client, epoch: str) -> None:
    assert get_status(browser, epoch=epoch).status_code == 200


def test_status_closes_on_sight_what_is_overdue(sitting: Sitting, browser: Client) -> None:
    overdue(sitting)
    data = get_status(browser).json()
    assert (data["state"], data["step"], data["next"]) == ("submitted", "finished", reverse("exams:finished"))


def test_status_of_a_pause_has_no_deadline_and_says_why(sitting: Sitting, browser: Client) -> None:
    sittings.pause(sitting, "切屏超限", timezone.now(), locked=True)
    data = get_status(browser).json()
    assert (data["state"], data["deadline_at"], data["locked"]) == ("paused", None, True)
    assert data["pause_cause"] == "切屏超限"


def test_status_before_the_start_says_when_to_enter() -> None:
    sitting = SittingFactory(exam__not_open=True, exam__entry_spread_seconds=10)
    data = get_status(browser_of(sitting)).json()
    assert (data["step"], data["deadline_at"]) == ("too_early" if data["step"] == "too_early" else "waiting", None)
    exam = sitting.enrolment.exam
    assert abs(at(data["opens_at"]) - exam.opens_at) < timedelta(milliseconds=1)
    assert abs(at(data["check_in_opens_at"]) - exam.check_in_opens_at) < timedelta(milliseconds=1)


def test_status_brings_the_messages_oldest_first(browser: Client) -> None:
    now = timezone.now()
    newer, older = (
        seams.Notice(2, "请保持安静", now, "message"),
        seams.Notice(1, "加时5分钟", now - minutes(1), "message"),
    )
    seams.notices.register(lambda sitting: [newer, older])
    assert [message["id"] for message in get_status(browser).json()["messages"]] == [1, 2]


def test_status_says_what_was_given_back_for_an_outage(sitting: Sitting, browser: Client) -> None:
    assert get_status(browser).json()["clock_news"]["compensated"] == ""
    Sitting.objects.update(compensated_seconds=45)
    assert get_status(browser).json()["clock_news"]["compensated"] == "因服务器故障，已为您补时45秒。"


def test_status_costs_two_queries(browser: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    get_status(browser)  # what pauses are planned is known for some seconds
    with django_assert_num_queries(2):  # session, sitting; the gates of other apps come on top
        get_status(browser, epoch=1)


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


# --- font size -------------------------------------------------------------------------------------------------------


def test_the_font_size_is_kept_for_the_candidate(sitting: Sitting, browser: Client) -> None:
    assert post(browser, "font_size", {"size": "larger"}).status_code == 200
    sitting.enrolment.candidate.refresh_from_db()
    assert sitting.enrolment.candidate.font_size == "larger"


@pytest.mark.parametrize("size", ["huge", None, 5, ["large"]])
def test_another_font_size_is_malformed(browser: Client, size: object) -> None:
    assert post(browser, "font_size", {"size": size}).status_code == 400
