"""Networks that fail, browsers that die, sessions that end, two pages of one paper: no answer is lost."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from exams.models import Exam, ResponseEntry
from exams.services import sittings
from tests.fixtures.browser import OpenPage
from tests.seats import MIXED_PAPER, Seat, admitted, seat
from tests.way import Way, until

pytestmark = pytest.mark.faults
AN_HOUR_AHEAD = """
    const real = Date, ahead = { ms: 3600 * 1000 };
    window.sleepFor = (ms) => (ahead.ms += ms);      // the wall clock goes on while the page's own stands still
    window.Date = class extends real {
      constructor(...given) { given.length > 0 ? super(...given) : super(real.now() + ahead.ms); }
      static now() { return real.now() + ahead.ms; }
    };
"""
NOT_COUNTED_ELSEWHERE = "第{questions}题：先前的页面或设备上的作答没有计入，以本页的作答为准。请检查这些题的作答。"
KEEPS_NOTHING = "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };"


def entered(page: Page, place: Seat, exam_server: str) -> Way:
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    way.enter()
    return way


def choose(way: Way, number: int, option: str) -> None:
    """Choose an option, whether or not the server can hear of it."""
    question = way.go_to(number)
    question.locator(".choice-row", has=way.page.locator(f'input[value="{option}"]')).click()


def line(way: Way, chinese: str, **values: object) -> None:
    """Wait for the quiet line in the header."""
    expect(way.page.locator("[data-saved-text]")).to_have_text(way.words(chinese).format(**values))


def has_shell(way: Way) -> bool:
    return bool(way.page.evaluate("async () => Boolean(await caches.match('/offline/', { ignoreVary: true }))"))


def shows_the_time_of_the_server(way: Way) -> None:
    def is_near() -> bool:
        deadline = way.place.sitting.deadline_at
        assert deadline is not None
        left = deadline - timezone.now()
        return abs(way.remaining() - left.total_seconds()) <= 1.5  # the second that has begun is still shown

    until(is_near, way.page, within=5)


def test_a_reload_after_the_session_has_ended_leads_to_the_sign_in(browser_with: OpenPage, exam_server: str) -> None:
    """The service worker asks for the page, and the server may not take it for a script."""
    page, place = browser_with(), seat()
    way = entered(page, place, exam_server)
    until(lambda: has_shell(way), page)
    Session.objects.all().delete()
    page.reload()
    page.wait_for_url("**/login/?next=%2Fwaiting%2F")
    way.says("考生标识")


def test_fault_8_and_fault_18_a_reload_without_the_network_shows_the_paper_and_the_clock_again(
    browser_with: OpenPage, exam_server: str
) -> None:
    page, place = browser_with(), seat(paper=MIXED_PAPER)
    page.add_init_script(AN_HOUR_AHEAD)
    way = entered(page, place, exam_server)
    shows_the_time_of_the_server(way)
    way.answer(1, "B")
    until(lambda: has_shell(way), page)

    page.context.set_offline(True)
    choose(way, 2, "C")
    line(way, "离线：{count}题尚未送达服务器", count=1)
    page.reload()
    way.sees_paper()
    assert (way.chosen(1), way.chosen(2)) == (["B"], ["C"])
    shows_the_time_of_the_server(way)
    choose(way, 3, "A")
    line(way, "离线：{count}题尚未送达服务器", count=2)
    assert way.counters()["answered"] == 3
    assert 3 not in place.answers

    page.context.set_offline(False)
    way.is_saved()
    assert place.answers == {1: ["B"], 2: ["C"], 3: ["A"]}
    page.evaluate("sleepFor(600000)")  # the lid was closed for ten minutes
    place.ends_in(20 * 60)
    shows_the_time_of_the_server(way)
    sittings.extend(place.sitting, 10, timezone.now(), None, "test")
    shows_the_time_of_the_server(way)
    way.hand_in()
    assert page.evaluate(ROWS) == 0


ROWS = """() => new Promise((resolve) => {
  indexedDB.open("examplatform").onsuccess = async ({ target: { result: db } }) => {
    const count = (place) => new Promise((done) => {
      db.transaction(place).objectStore(place).count().onsuccess = ({ target }) => done(target.result);
    });
    const counts = await Promise.all([...db.objectStoreNames].map(count));
    resolve(counts.reduce((sum, one) => sum + one, 0));
  };
})"""


def test_fault_5_answers_given_offline_past_the_deadline_arrive_and_the_late_rule_decides(
    browser_with: OpenPage, exam_server: str
) -> None:
    page, place = browser_with(), seat(late_responses=Exam.LateResponses.KEEP.value)
    way = entered(page, place, exam_server)
    place.ends_in(4)
    way.answer(1, "A")  # its ack brings the new deadline
    page.context.set_offline(True)
    choose(way, 2, "C")
    way.says("考试时间到，暂时无法连接服务器")
    with page.expect_download() as download:
        way.button("下载加密作答文件").click()
    name = download.value.suggested_filename
    assert re.fullmatch(r"作答-\w+\.exam", name)
    expect(page.locator("[data-toasts]")).to_contain_text(f"已下载作答文件“{name}”")
    page.context.set_offline(False)
    page.wait_for_url("**/finished/", timeout=20_000)
    assert place.answers == {1: ["A"]}
    late = ResponseEntry.objects.get(sitting=place.sitting, question=2)
    assert (late.value, late.outcome) == (["C"], "late_kept")


def test_fault_11_who_is_signed_out_in_the_middle_signs_in_over_the_paper_and_nobody_else_does(
    browser_with: OpenPage, exam_server: str
) -> None:
    place, other = seat(), seat()
    way = entered(browser_with(), place, exam_server)
    Session.objects.all().delete()
    choose(way, 1, "B")
    way.says("登录已失效")
    choose(way, 2, "C")  # nothing is held up
    way.page.locator("[data-sign-in]").click()
    dialog = way.page.get_by_role("dialog", name="重新登录")

    def try_as(somebody: Seat) -> None:
        dialog.get_by_label("考生标识").fill(somebody.id_number)
        dialog.get_by_label("校验码", exact=True).fill(somebody.check_code)
        dialog.get_by_role("button", name="登录", exact=True).click()

    try_as(other)
    expect(dialog.get_by_role("alert")).to_contain_text("登录的不是本试卷的考生")
    expect(way.page.locator(".paper-main")).to_be_hidden()
    assert not ResponseEntry.objects.exists()
    try_as(place)
    expect(dialog).to_be_hidden()
    expect(way.page.locator(".paper-main")).to_be_visible()
    way.is_saved()
    assert place.answers == {1: ["B"], 2: ["C"]}
    assert way.page.url.endswith("/waiting/")


def test_fault_10_of_two_tabs_with_one_question_the_newer_one_counts_and_both_are_told(
    browser_with: OpenPage, exam_server: str
) -> None:
    place = seat()
    first = entered(browser_with(), place, exam_server)

    def refuse(route: Route) -> None:
        route.abort()

    first.page.route("**/exam/**", refuse)
    choose(first, 1, "A")
    line(first, "离线：{count}题尚未送达服务器", count=1)
    second = Way(first.page.context.new_page(), place)
    second.enter()
    second.says("试卷已转到本页作答，先前打开的页面已停止作答。")
    second.answer(1, "D")
    first.page.unroute("**/exam/**", refuse)
    first.says("本页面已停止作答")
    for way, words in ((first, "此处的作答没有计入"), (second, "先前的页面或设备上的作答没有计入")):
        expect(way.page.locator("[data-not-counted-text]")).to_contain_text(words)
    assert place.answers == {1: ["D"]}
    assert list(ResponseEntry.objects.order_by("pk").values_list("value", "outcome")) == [
        (["D"], "accepted"),
        (["A"], "superseded"),
    ]


def test_the_device_that_took_over_is_told_what_the_other_one_answered_otherwise(
    browser_with: OpenPage, exam_server: str
) -> None:
    place = seat(paper=MIXED_PAPER)
    first, second = entered(browser_with(), place, exam_server), Way(browser_with(), place)
    first.page.route("**/exam/**", lambda route: route.abort())
    choose(first, 1, "A")
    choose(first, 2, "B")
    second.page.context.add_cookies(first.page.context.cookies())  # type: ignore[arg-type]
    second.enter()
    for number, option in ((1, "D"), (2, "B")):  # the second question has the same answer on both
        second.answer(number, option)
    first.page.unroute_all()
    told = second.page.locator("[data-not-counted-text]")
    expect(told).to_have_text(second.words(NOT_COUNTED_ELSEWHERE).format(questions="1"))
    assert place.answers == {1: ["D"], 2: ["B"]}


def test_a_browser_that_keeps_nothing_saves_at_once_and_says_so(browser_with: OpenPage, exam_server: str) -> None:
    page, place = browser_with(), seat()
    page.add_init_script(KEEPS_NOTHING)
    way = entered(page, place, exam_server)
    expect(page.locator('[data-banner="not_kept"]')).to_contain_text("浏览器不允许在这台设备上暂存作答")
    way.answer(1, "B")
    page.reload()
    way.button("继续答题").click()
    way.sees_paper()
    assert way.chosen(1) == ["B"]
    way.answer(1, "C")
    assert place.answers == {1: ["C"]}
