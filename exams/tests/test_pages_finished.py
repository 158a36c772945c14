"""考试结束: how it ended, in calm words, and never a score."""

import pytest
from django.utils import timezone

from exams.domain.lifecycle import Validity
from exams.models import Result, Sitting
from exams.services import sittings
from exams.tests.factories import SittingFactory, browser_of, overdue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


def ended(by: Sitting.EndedBy) -> Sitting:
    return sittings.submit(SittingFactory(begun=True), by, timezone.now())


def shown_to(sitting: Sitting) -> str:
    return browser_of(sitting).get("/finished/").content.decode()


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (Sitting.EndedBy.CANDIDATE, "您已交卷"),
        (Sitting.EndedBy.SWITCH_LIMIT, "切屏次数超过"),
        (Sitting.EndedBy.STAFF, "考务人员已为您提交答卷"),
    ],
)
def test_the_page_says_how_it_ended(by: Sitting.EndedBy, sentence: str) -> None:
    assert sentence in shown_to(ended(by))


def test_the_deadline_is_named_as_what_ended_it() -> None:
    assert "考试时间到" in shown_to(overdue(SittingFactory(begun=True)))


def test_a_termination_says_that_answers_are_kept_and_whom_to_ask() -> None:
    sitting = sittings.terminate(SittingFactory(begun=True), timezone.now(), None, "使用通信工具")
    shown = shown_to(sitting)
    assert "已保存的作答仍然保留" in shown
    assert "使用通信工具" not in shown  # the reason is told by people, not by a page


def test_what_the_guide_shows_is_there() -> None:
    sitting = ended(Sitting.EndedBy.CANDIDATE)
    enrolment = sitting.enrolment
    shown = shown_to(sitting)
    for text in (
        enrolment.name,
        enrolment.account_number,
        enrolment.exam.plan.name,
        enrolment.exam.name,
        "考试结束，请离开考场",
    ):
        assert text in shown
    assert 'data-seconds="9"' in shown


def test_a_result_under_review_is_said_calmly_with_time_to_read_it() -> None:
    sitting = ended(Sitting.EndedBy.CANDIDATE)
    Result.objects.filter(sitting=sitting).update(validity=Validity.PENDING_REVIEW.value)
    shown = shown_to(sitting)
    assert "不代表您违反了规定" in shown
    assert 'data-seconds="60"' in shown


def test_no_score_is_shown() -> None:
    sitting = ended(Sitting.EndedBy.CANDIDATE)
    Result.objects.filter(sitting=sitting).update(points="87.50", points_possible="93.25")
    shown = shown_to(sitting)
    assert "87.5" not in shown
    assert "93.25" not in shown


def test_leaving_signs_out_and_goes_to_the_page_outside() -> None:
    browser = browser_of(ended(Sitting.EndedBy.CANDIDATE))
    assert browser.post("/leave/", {"next": "/left/"})["Location"] == "/left/"
    assert browser.get("/finished/")["Location"].startswith("/login/")


def test_the_page_shows_the_receipt_the_same_every_time() -> None:
    sitting = ended(Sitting.EndedBy.CANDIDATE)
    receipt = sitting.receipts.get()
    for _time in range(2):
        shown = shown_to(sitting)
        assert receipt.code in shown
        assert "<svg" in shown.partition('class="receipt__code"')[2]
    assert sitting.receipts.count() == 1


def test_where_nothing_was_begun_there_is_no_receipt() -> None:
    sitting = sittings.terminate(SittingFactory(), timezone.now(), None, "缺考")
    assert "receipt__code" not in shown_to(sitting)


def test_time_that_was_given_back_for_an_outage_is_named() -> None:
    sitting = ended(Sitting.EndedBy.CANDIDATE)
    assert "服务器故障" not in shown_to(sitting)
    Sitting.objects.update(compensated_seconds=185)
    assert "因服务器故障，已为您补时3分钟。" in shown_to(sitting)
