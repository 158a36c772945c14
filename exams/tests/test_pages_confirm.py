"""信息确认: right, or wrong."""

import pytest

from exams.models import Correction
from exams.tests.factories import SittingFactory, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


def test_the_details_of_this_enrolment_are_shown() -> None:
    sitting = SittingFactory(
        confirmed_at=None, enrolment__name="李晓明", enrolment__room="第三考场", enrolment__organization="某能源公司"
    )
    shown = browser_of(sitting).get("/confirm/").content.decode()
    for detail in ("李晓明", "第三考场", "某能源公司", sitting.enrolment.account_number, "请遵守考场纪律。"):
        assert detail in shown


def test_a_plan_without_a_notice_shows_the_general_one() -> None:
    sitting = SittingFactory(confirmed_at=None, exam__plan__notice="", exam__earliest_hand_in_minutes=30)
    shown = browser_of(sitting).get("/confirm/").content.decode()
    assert "请独立作答" in shown
    assert "开考30分钟后方可交卷" in shown


def test_confirming_needs_the_rules_to_be_accepted() -> None:
    sitting = SittingFactory(confirmed_at=None)
    answer = browser_of(sitting).post("/confirm/")
    assert answer.status_code == 200
    assert "请先阅读考试须知并勾选" in answer.content.decode()
    sitting.refresh_from_db()
    assert sitting.confirmed_at is None


def test_confirming_goes_on() -> None:
    sitting = SittingFactory(confirmed_at=None)
    answer = browser_of(sitting).post("/confirm/", {"accepted": "yes"})
    assert answer["Location"] == "/waiting/"
    sitting.refresh_from_db()
    assert sitting.confirmed_at is not None


def test_wrong_details_are_recorded_and_the_candidate_is_signed_out() -> None:
    sitting = SittingFactory(confirmed_at=None)
    browser = browser_of(sitting)
    answer = browser.post("/confirm/correction/", {"text": " 姓名应为“李小明” "}, follow=True)
    assert answer.redirect_chain == [("/login/", 302)]
    assert "已转交组织者" in answer.content.decode()
    assert Correction.objects.get().text == "姓名应为“李小明”"
    assert "candidate_id" not in browser.session


def test_saying_nothing_is_recorded_as_that() -> None:
    browser_of(SittingFactory(confirmed_at=None)).post("/confirm/correction/", {"text": "  "})
    assert Correction.objects.get().text == "考生未说明"


def test_a_reported_correction_is_remembered_on_the_page() -> None:
    sitting = SittingFactory(confirmed_at=None)
    browser_of(sitting).post("/confirm/correction/", {"text": "姓名"})
    assert "您已报告信息有误" in browser_of(sitting).get("/confirm/").content.decode()


def test_what_was_confirmed_cannot_be_reported_wrong_afterwards() -> None:
    assert browser_of(SittingFactory()).post("/confirm/correction/", {"text": "姓名"})["Location"] == "/waiting/"
    assert not Correction.objects.exists()


def test_a_notice_that_speaks_of_the_camera_is_set_right_where_there_is_none() -> None:
    words = "本科目不使用摄像头"
    without = SittingFactory(confirmed_at=None, exam__face_rule="none", exam__plan__notice="须开启摄像头。")
    assert words in browser_of(without).get("/confirm/").content.decode()
    with_camera = SittingFactory(confirmed_at=None, exam__face_rule="continuous", exam__plan__notice="须开启摄像头。")
    assert words not in browser_of(with_camera).get("/confirm/").content.decode()
