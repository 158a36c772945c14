"""What the exam page speaks to: begin, status, font size; and who is turned away from all of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from exams import seams
from exams.models import Sitting
from exams.services import sittings
from exams.tests.answers import op, stored
from exams.tests.endpoints import answers, at, get_status, post
from exams.tests.factories import CLIENT, SittingFactory, browser_of, end_of, minutes, overdue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]
POSTS = ["begin", "responses", "hand_in", "font_size"]


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


# --- font size -------------------------------------------------------------------------------------------------------


def test_the_font_size_is_kept_for_the_candidate(sitting: Sitting, browser: Client) -> None:
    assert post(browser, "font_size", {"size": "larger"}).status_code == 200
    sitting.enrolment.candidate.refresh_from_db()
    assert sitting.enrolment.candidate.font_size == "larger"


@pytest.mark.parametrize("size", ["huge", None, 5, ["large"]])
def test_another_font_size_is_malformed(browser: Client, size: object) -> None:
    assert post(browser, "font_size", {"size": size}).status_code == 400
