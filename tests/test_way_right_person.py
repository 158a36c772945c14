"""The right person walks all nine steps, and what they did is what is stored and marked."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Candidate
from exams.models import Correction, Response, Result, Sitting
from proctoring.models import IdentityCheck, Incident
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import MIXED_PAPER, Seat, face_seat, seat
from tests.way import Way

ANSWERS = {1: ["A"], 2: ["B"], 4: ["A", "B"], 5: ["A"], 6: ["T"], 7: ["F"]}
# By hand: question 1 right 2; 2 wrong 0; 3 not answered 0; 4 all of it 3; 5 one of two 1.5; 6 right 1; 7 wrong 0.
MARK, FULL_MARK = Decimal("7.50"), Decimal("14.00")


@pytest.fixture
def place() -> Seat:
    now = timezone.now()
    return face_seat(paper=MIXED_PAPER, opens_at=now + timedelta(minutes=10), full_screen=True)


def opens_soon(place: Seat) -> None:
    place.change_exam(opens_at=timezone.now() + timedelta(seconds=7))


def test_the_right_person_walks_the_whole_way(browser_with: OpenPage, clips: Clips, place: Seat) -> None:
    way = Way(browser_with(clips.person_a), place)
    way.land()
    way.sign_in()
    expect(way.page.get_by_text(place.enrolment.account_number)).to_be_visible()
    assert place.id_number not in way.page.content()
    way.confirm()
    way.consent()
    way.opens_on_arrival(lambda: opens_soon(place))
    way.check_in()
    waits_until_the_exam_opens_by_itself(way)
    answers_questions_of_every_kind(way)
    reads_in_larger_letters(way)
    filters_by_kind(way)
    thinks_again_and_hands_in(way)
    leaves_after_the_countdown(way)
    assert_all_is_on_record(place)


def test_wrong_details_are_reported_and_lead_back_to_the_login_page(page: Page) -> None:
    way = Way(page, seat())
    way.sign_in()
    way.button("信息有误，返回登录").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("姓名应为李鸣")
    way.button("提交并返回登录").click()
    page.wait_for_url("**/login/")
    way.says("您报告的信息问题已转交组织者。")
    assert Correction.objects.get(enrolment=way.place.enrolment).text == "姓名应为李鸣"
    page.goto("/confirm/")
    page.wait_for_url("**/login/**")


def waits_until_the_exam_opens_by_itself(way: Way) -> None:
    page = way.page
    expect(page.locator("[data-countdown]")).to_have_text(re.compile("00:00:0[1-7]"))
    way.button("全屏并就绪").click()
    way.says("已就绪。倒计时结束后自动进入考试。")
    page.evaluate("document.querySelector('video').dataset.mark = 'the same one'")
    way.sees_paper()
    assert page.evaluate("document.fullscreenElement !== null")
    assert page.evaluate("document.querySelector('video').dataset.mark") == "the same one"
    assert 3590 <= way.remaining() <= 3600


def answers_questions_of_every_kind(way: Way) -> None:
    assert way.counters() == {"total": 7, "answered": 0, "doubtful": 0, "unanswered": 7}
    way.answer(1, "C")
    for number, options in ANSWERS.items():
        way.answer(number, *options)
    way.doubt(3)
    way.doubt(5)
    assert {number: way.chosen(number) for number in ANSWERS} == ANSWERS
    assert way.counters() == {"total": 7, "answered": 6, "doubtful": 2, "unanswered": 1}
    expect(way.page.locator('[data-go="5"]')).to_have_attribute("aria-label", "第5题：已答、疑问")


def reads_in_larger_letters(way: Way) -> None:
    stem = way.go_to(1).locator(".question__stem")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    before = stem.evaluate(size)
    way.page.get_by_role("radio", name="较大").check()
    expect(way.page.locator("[data-exam]")).to_have_attribute("data-font-size", "larger")
    assert stem.evaluate(size) == pytest.approx(before * 1.5)


def filters_by_kind(way: Way) -> None:
    way.page.locator("[data-filter]").select_option(label="多选题")
    numbers = way.page.locator("[data-go]").filter(visible=True)
    assert numbers.all_inner_texts() == ["4", "5"]
    assert way.counters()["total"] == 7
    way.page.locator("[data-filter]").select_option(label="全部题型")
    assert len(numbers.all_inner_texts()) == 7


def thinks_again_and_hands_in(way: Way) -> None:
    dialog = way.offer_hand_in()
    expect(dialog).to_contain_text("标记疑问的有2题，尚未作答的有1题")
    dialog.get_by_role("button", name="继续答题").click()
    expect(dialog).to_be_hidden()
    assert way.place.sitting.state == "in_progress"
    way.hand_in()


def leaves_after_the_countdown(way: Way) -> None:
    way.says("考试结束，请离开考场")
    expect(way.page.get_by_role("button", name="离开考场")).to_contain_text(re.compile("[1-8]"))
    way.page.wait_for_url("**/left/")
    way.page.go_back()  # the next person at this machine finds nothing
    way.page.wait_for_url("**/login/**")


def assert_all_is_on_record(place: Seat) -> None:
    sitting, result = place.sitting, place.result
    assert place.answers == ANSWERS
    assert set(Response.objects.filter(sitting=sitting, doubtful=True).values_list("question", flat=True)) == {3, 5}
    assert (result.points, result.points_possible, result.validity) == (MARK, FULL_MARK, Result.Validity.VALID)
    assert (sitting.state, sitting.ended_by) == ("submitted", Sitting.EndedBy.CANDIDATE)
    check = IdentityCheck.objects.get(sitting=sitting, occasion=IdentityCheck.Occasion.CHECK_IN)
    assert check.verdict == IdentityCheck.Verdict.MATCH
    assert check.distance is not None
    assert check.distance < 0.45
    assert check.snapshot is not None
    assert not Incident.objects.filter(sitting=sitting).exclude(severity=Incident.Severity.INFO).exists()
    assert Candidate.objects.get(pk=place.enrolment.candidate_id).font_size == Candidate.FontSize.LARGER
