"""准备考试 and the document of the paper: what stands there before the script begins."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from exams.domain.consent import VERSION
from exams.models import Consent, Exam, Sitting
from exams.services import sittings
from exams.tests.factories import SittingFactory, browser_of, hours, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


def page_of(sitting: Sitting) -> Any:
    return browser_of(sitting).get("/waiting/")


def opening_in(span: timedelta, **fields: Any) -> Sitting:
    sitting: Sitting = SittingFactory(exam__opens_at=timezone.now() + span, **fields)
    return sitting


def test_before_check_in_the_page_counts_down_to_it() -> None:
    sitting = opening_in(hours(2))
    page = page_of(sitting)
    assert page.context["phase"] == "too_early"
    assert parse_datetime(page.context["config"]["target"]) == sitting.enrolment.exam.check_in_opens_at
    assert "data-ready" not in page.content.decode()


def test_before_the_exam_the_page_counts_down_to_its_beginning() -> None:
    sitting = opening_in(minutes(10), exam__entry_spread_seconds=4)
    page = page_of(sitting)
    assert page.context["phase"] == "waiting"
    assert parse_datetime(page.context["config"]["target"]) == sitting.enrolment.exam.opens_at
    assert 0 <= page.context["config"]["spread_ms"] <= 4000
    assert "全屏并就绪" in page.content.decode()


def test_who_comes_late_begins_with_a_click() -> None:
    page = page_of(SittingFactory())
    assert page.context["phase"] == "late"
    assert page.context["config"]["target"] is None
    assert "全屏并进入考试" in page.content.decode()


def test_who_comes_back_goes_on_with_a_click() -> None:
    sitting = SittingFactory(begun=True)
    page = page_of(sitting)
    assert page.context["phase"] == "resume"
    assert parse_datetime(page.context["config"]["target"]) == sitting.deadline_at
    assert "全屏并继续答题" in page.content.decode()


def test_a_paused_sitting_counts_down_to_nothing() -> None:
    sitting = sittings.pause(SittingFactory(begun=True), "消防演练", timezone.now())
    assert page_of(sitting).context["config"]["target"] is None


def test_an_exam_without_full_screen_does_not_ask_for_it() -> None:
    shown = page_of(SittingFactory(exam__full_screen=False)).content.decode()
    assert "进入考试" in shown
    assert "全屏并进入考试" not in shown


@pytest.mark.parametrize("given", [True, False, None])
def test_the_camera_runs_only_with_consent(given: bool | None) -> None:
    sitting = SittingFactory(exam__face_rule=Exam.FaceRule.CONTINUOUS.value)
    if given is not None:
        Consent.objects.create(enrolment=sitting.enrolment, version=VERSION, given=given, at=timezone.now())
    assert page_of(sitting).context["camera"] is (given is True)


@pytest.mark.parametrize("rule", [Exam.FaceRule.NONE, Exam.FaceRule.CHECK_IN])
def test_the_camera_runs_only_where_the_exam_watches_throughout(rule: Exam.FaceRule) -> None:
    sitting = SittingFactory(exam__face_rule=rule.value)
    Consent.objects.create(enrolment=sitting.enrolment, version=VERSION, given=True, at=timezone.now())
    assert page_of(sitting).context["camera"] is False


def test_nothing_of_the_paper_is_in_the_page_before_it_is_fetched() -> None:
    assert "第1题的题干" not in page_of(SittingFactory(begun=True)).content.decode()


def test_who_came_too_late_is_told_the_last_entry() -> None:
    sitting = SittingFactory(exam__late_entry_minutes=15)
    page = browser_of(sitting).get("/missed/")
    assert page.context["last_entry"] == sitting.enrolment.exam.late_entry_at
    assert "入场时间已过" in page.content.decode()


def begun_page(sitting: Sitting) -> Any:
    answer = browser_of(sitting).post("/exam/begin/", {"client": "page-2"}, content_type="application/json")
    assert answer.status_code == 200
    return answer


def test_the_fragment_holds_every_question_and_its_next_seq() -> None:
    fragment = begun_page(SittingFactory(begun=True)).content.decode()
    assert [f'data-question="{number}"' in fragment for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert fragment.count('data-next-seq="1"') == 3


def test_the_fragment_starts_the_script_with_the_epoch_and_the_deadline() -> None:
    sitting = SittingFactory(begun=True)
    fragment = begun_page(sitting).content.decode()
    data = json.loads(fragment.partition('<script id="paper-data" type="application/json">')[2].partition("<")[0])
    assert data["epoch"] == sitting.epoch + 1
    assert parse_datetime(data["deadline_at"]) == sitting.deadline_at


def test_the_fragment_tells_nothing_of_what_is_right() -> None:
    sitting = SittingFactory(begun=True)
    fragment = begun_page(sitting).content.decode()
    for secret in ("答案", "解析", "explanation", 'data-key="', "correct"):
        assert secret not in fragment


def test_the_letters_have_the_size_that_the_candidate_chose() -> None:
    sitting = SittingFactory(begun=True)
    browser = browser_of(sitting)
    browser.post("/exam/font-size/", {"size": "larger"}, content_type="application/json")
    assert 'data-font-size="larger"' in browser.get("/waiting/").content.decode()
