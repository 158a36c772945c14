"""The answering page in a real browser: keys, counters, filter, letters, hand-in, drawer, covers."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.models import Response, Sitting
from exams.services import sittings
from exams.tests.factories import SectionFactory, SittingFactory, browser_of, minutes
from tests.fixtures.browser import OpenPage

SIZES = [(1440, 900), (1280, 720), (390, 844)]
Enter = Callable[..., tuple[Page, Sitting]]


@pytest.fixture
def enter(browser_with: OpenPage, exam_server: str) -> Enter:
    """Return a function that opens a paper of three single-choice and two true/false questions."""

    def entered(viewport: tuple[int, int] = (1440, 900), **fields: object) -> tuple[Page, Sitting]:
        sitting: Sitting = SittingFactory(**{"exam__full_screen": False, **fields})
        SectionFactory(exam=sitting.enrolment.exam, kind="true_false", size=2)
        page = browser_with(viewport=viewport)
        session = browser_of(sitting).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": exam_server}])
        page.goto("/waiting/")
        page.locator("[data-ready]").click()
        expect(page.locator("[data-exam]")).to_have_attribute("data-phase", "paper")
        return page, sitting

    return entered


def count(page: Page, name: str) -> str:
    return page.locator(f'[data-count="{name}"]').inner_text()


def saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_have_attribute("data-saved", "saved")


def values(sitting: Sitting) -> dict[int, tuple[list[str], bool]]:
    return {one.question: (one.value, one.doubtful) for one in Response.objects.filter(sitting=sitting)}


def ask_server(page: Page) -> None:
    """Let the page ask for the status now, as it does when it is seen again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_keys_choose_options_and_turn_pages(enter: Enter) -> None:
    page, sitting = enter()
    page.keyboard.press("b")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("3")
    saved(page)
    assert values(sitting) == {1: (["B"], False), 2: (["C"], False)}
    page.keyboard.press("ArrowLeft")
    expect(page.locator('[data-question="1"]')).to_be_visible()


def test_counters_grid_and_server_follow_every_change(enter: Enter) -> None:
    page, sitting = enter()
    page.locator('[data-question="1"] .choice-row').first.click()
    page.get_by_role("button", name="标记疑问").click()
    assert [count(page, name) for name in ("total", "answered", "doubtful", "unanswered")] == ["5", "1", "1", "4"]
    expect(page.get_by_role("button", name="第1题：已答、疑问")).to_have_attribute("aria-current", "true")
    saved(page)
    assert values(sitting) == {1: (["A"], True)}
    page.get_by_role("button", name="清除本题作答").click()
    expect(page.get_by_role("button", name="第1题：未答、疑问")).to_be_visible()
    saved(page)
    assert values(sitting) == {1: ([], True)}


def test_the_filter_hides_numbers_and_changes_nothing_else(enter: Enter) -> None:
    page, _sitting = enter()
    page.get_by_label("题型").select_option(label="判断题")
    assert page.locator("[data-go]:visible").all_inner_texts() == ["4", "5"]
    expect(page.locator('[data-question="4"]')).to_be_visible()
    assert count(page, "total") == "5"
    page.get_by_role("button", name="上一题").click()  # out of the filter: it is taken away
    assert len(page.locator("[data-go]:visible").all()) == 5


def test_the_size_of_the_letters_is_kept(enter: Enter) -> None:
    page, sitting = enter()
    option = page.locator('[data-question="1"] .choice-row__text').first
    normal = float(option.evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))
    with page.expect_response("**/exam/font-size/"):
        page.get_by_role("radio", name="较大").check()
    assert float(option.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")) == pytest.approx(1.5 * normal)
    sitting.enrolment.candidate.refresh_from_db()
    assert sitting.enrolment.candidate.font_size == "larger"


def test_a_reload_comes_back_to_the_same_question(enter: Enter) -> None:
    page, _sitting = enter()
    page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    saved(page)
    page.reload()
    page.get_by_role("button", name="继续答题").click()
    expect(page.locator('[data-question="2"]')).to_be_visible()
    assert count(page, "answered") == "1"


def test_handing_in_asks_first_and_enter_means_no(enter: Enter) -> None:
    page, sitting = enter()
    page.keyboard.press("a")
    page.get_by_role("button", name="标记疑问").click()
    page.get_by_role("button", name="交卷").click()
    expect(page.locator("#hand-in")).to_contain_text("标记疑问的有1题，尚未作答的有4题")
    page.keyboard.press("Enter")
    expect(page.locator("#hand-in")).to_be_hidden()
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.IN_PROGRESS


def test_handing_in_too_early_is_explained(enter: Enter) -> None:
    page, _sitting = enter(exam__earliest_hand_in_minutes=30)
    page.get_by_role("button", name="交卷").click()
    page.get_by_role("button", name="提交试卷").click()
    expect(page.locator("#notice")).to_contain_text("30分钟后方可交卷")
    page.get_by_role("button", name="知道了").click()
    expect(page.locator('[data-question="1"]')).to_be_visible()


def test_a_lost_connection_is_seen_and_the_answer_arrives_when_it_is_back(enter: Enter) -> None:
    page, sitting = enter()
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.locator("[data-saved]")).to_have_text("离线：1题尚未送达服务器")
    page.context.set_offline(False)
    saved(page)
    assert values(sitting) == {1: (["A"], False)}


def test_a_pause_hides_the_paper_and_stops_the_clock(enter: Enter) -> None:
    page, sitting = enter()
    sittings.pause(sitting, "消防演练", timezone.now())
    ask_server(page)
    expect(page.locator('[data-cover="paused"]')).to_contain_text("消防演练")
    expect(page.locator(".question").first).to_be_hidden()
    stands = page.locator("[data-exam-countdown]").inner_text()
    page.wait_for_timeout(1500)
    assert page.locator("[data-exam-countdown]").inner_text() == stands
    sittings.resume(sitting, timezone.now())
    ask_server(page)
    expect(page.locator('[data-question="1"]')).to_be_visible()


def test_more_time_is_announced(enter: Enter) -> None:
    page, sitting = enter()
    sittings.extend(sitting, 10, timezone.now(), None, "设备故障")
    ask_server(page)
    expect(page.get_by_text("考试时间已延长10分钟。")).to_be_visible()
    expect(page.locator("[data-exam-countdown]")).to_have_text(re.compile("^01:0"))


def test_the_page_that_was_superseded_can_take_over_again(enter: Enter) -> None:
    page, sitting = enter()
    sittings.begin(sitting, "another-page", timezone.now())
    page.keyboard.press("a")
    expect(page.get_by_text("本页面已停止作答")).to_be_visible()
    expect(page.locator('[data-question="1"] input').first).to_be_disabled()
    page.get_by_role("button", name="在此处继续作答").click()
    expect(page.locator('[data-question="1"] input').first).to_be_enabled()
    page.keyboard.press("b")
    saved(page)
    assert values(sitting) == {1: (["B"], False)}


def test_leaving_full_screen_covers_the_paper_until_one_click(enter: Enter) -> None:
    page, _sitting = enter(exam__full_screen=True)
    page.evaluate("document.exitFullscreen()")
    expect(page.locator('[data-cover="full_screen"]')).to_be_visible()
    expect(page.locator(".question").first).to_be_hidden()
    page.get_by_role("button", name="进入全屏并继续答题").click()
    expect(page.locator('[data-question="1"]')).to_be_visible()


def test_a_countdown_that_ends_opens_the_paper_by_itself(browser_with: OpenPage, exam_server: str) -> None:
    sitting = SittingFactory(exam__opens_at=timezone.now() + minutes(0.15), exam__full_screen=False)
    page = browser_with()
    session = browser_of(sitting).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": exam_server}])
    page.goto("/waiting/")
    expect(page.locator("[data-countdown]")).to_have_text(re.compile("00:00:0[0-9]"))
    expect(page.locator("[data-exam]")).to_have_attribute("data-phase", "paper", timeout=20_000)
    assert page.locator("[data-exam-countdown]").inner_text() in {"01:00:00", "00:59:59", "00:59:58"}


@pytest.mark.parametrize("viewport", SIZES)
def test_the_paper_is_accessible_and_never_wider_than_the_screen(enter: Enter, viewport: tuple[int, int]) -> None:
    page, _sitting = enter(viewport)
    page.keyboard.press("a")
    page.get_by_role("button", name="标记疑问").click()
    saved(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found] == []


def test_on_a_narrow_screen_the_numbers_are_in_a_drawer(enter: Enter) -> None:
    page, _sitting = enter((390, 844))
    expect(page.locator('[data-go="3"]')).to_be_hidden()
    page.get_by_role("button", name="题号").click()
    page.locator('[data-go="3"]').click()
    expect(page.locator('[data-question="3"]')).to_be_visible()
    expect(page.locator('[data-go="3"]')).to_be_hidden()
    page.get_by_role("button", name="题号").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="题号")).to_be_focused()
