"""Reloads, second devices, closed browsers, lost focus: the right page, the same clock, no answer lost."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.models import Sitting
from exams.services import sittings
from proctoring.models import Incident
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import Seat, admitted, face_seat, seat
from tests.way import Way, until

ONE_SECOND = timedelta(seconds=1)


def before_the_paper(page: Page, place: Seat, exam_server: str) -> Way:
    admitted(place, page.context, exam_server)
    return Way(page, place)


def comes_back(way: Way, path: str) -> None:
    """Reload, and go back in the browser's history: both end on the same page."""
    for move in (way.page.reload, way.page.go_back):
        move()
        way.page.wait_for_url(f"**{path}")


def test_reloading_and_going_back_end_on_the_right_page(browser_with: OpenPage, clips: Clips) -> None:
    way = Way(browser_with(clips.person_a), face_seat(opens_at=timezone.now() + timedelta(minutes=5)))
    way.sign_in()
    way.page.reload()
    way.page.wait_for_url("**/confirm/")
    way.page.go_back()
    way.says("您已登录")
    way.page.get_by_role("link", name="继续").click()
    way.confirm()
    comes_back(way, "/consent/")
    way.consent()
    comes_back(way, "/check-in/")
    way.check_in()
    comes_back(way, "/waiting/")
    way.place.change_exam(opens_at=timezone.now())
    way.enter()
    way.hand_in()
    comes_back(way, "/finished/")


def test_a_reload_keeps_every_answer_and_the_deadline(browser_with: OpenPage, exam_server: str) -> None:
    way = before_the_paper(browser_with(), seat(), exam_server)
    way.enter()
    way.answer(1, "B")
    way.doubt(2)
    deadline = way.deadline()
    way.page.reload()
    way.says("您的作答已保存在服务器上，可以从这里继续。考试计时仍在进行。")
    way.button("继续答题").click()
    way.sees_paper()
    assert way.chosen(1) == ["B"]
    assert way.counters() == {"total": 2, "answered": 1, "doubtful": 1, "unanswered": 1}
    assert abs(way.deadline() - deadline) <= ONE_SECOND
    assert abs(timedelta(seconds=way.remaining()) - (deadline - timezone.now())) <= 2 * ONE_SECOND
    way.answer(2, "C")
    assert way.place.answers == {1: ["B"], 2: ["C"]}
    assert not Incident.objects.filter(sitting=way.place.sitting, kind=Incident.Kind.SECOND_DEVICE).exists()


@pytest.mark.faults
def test_fault_9_a_second_device_takes_over_and_the_first_says_so_within_five_seconds(
    browser_with: OpenPage, exam_server: str
) -> None:
    place = seat()
    first = before_the_paper(browser_with(), place, exam_server)
    first.enter()
    first.answer(1, "B")
    deadline = first.deadline()
    second = Way(browser_with(), place)
    second.page.goto("/login/")
    second.page.get_by_label("考生标识").fill(place.id_number)
    second.page.get_by_label("校验码", exact=True).fill(place.check_code)
    second.button("登录").click()
    second.page.wait_for_url("**/waiting/")
    second.button("继续答题").click()
    second.sees_paper()
    expect(first.page.locator('[data-banner="superseded"]')).to_be_visible(timeout=5000)
    assert second.chosen(1) == ["B"]
    assert abs(second.deadline() - deadline) <= ONE_SECOND

    first.says("本页面已停止作答")
    expect(first.question(1).locator("input").first).to_be_disabled()
    second.answer(2, "C")
    first.button("在此处继续作答").click()
    expect(first.page.locator('[data-count="answered"]')).to_have_text("2")
    first.answer(2, "D")
    second.says("本页面已停止作答")
    assert place.answers == {1: ["B"], 2: ["D"]}
    assert Incident.objects.filter(sitting=place.sitting, kind=Incident.Kind.SECOND_DEVICE).count() == 2


def test_the_deadline_closes_the_paper_of_a_browser_that_is_closed(browser_with: OpenPage, exam_server: str) -> None:
    place = seat()
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.answer(1, "A")
    nobody = way.page.context.new_page()
    way.page.close()
    deadline = place.ends_in(1)
    until(lambda: place.sitting.state == "submitted", nobody)
    assert (place.sitting.ended_by, place.sitting.ended_at) == (Sitting.EndedBy.DEADLINE, deadline)
    assert place.answers == {1: ["A"]}
    assert place.result.points == Decimal(2)


def test_the_deadline_closes_the_paper_before_the_candidates_eyes(browser_with: OpenPage, exam_server: str) -> None:
    place = seat()
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    place.ends_in(3)
    way.answer(1, "A")  # the answer's ack brings the new deadline
    way.page.wait_for_url("**/finished/")
    way.says("考试时间到，系统已自动提交您的答卷。")
    assert place.answers == {1: ["A"]}


def test_an_answer_survives_a_network_that_is_away_for_a_while(browser_with: OpenPage, exam_server: str) -> None:
    place = seat()
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.page.context.set_offline(True)
    way.go_to(1).locator(".choice-row").nth(2).click()
    expect(way.page.locator("[data-saved]")).to_have_attribute("data-saved", "unsent")
    expect(way.page.locator("[data-saved-text]")).to_have_text("离线：1题尚未送达服务器")
    way.page.context.set_offline(False)
    way.is_saved()
    assert place.answers == {1: ["C"]}


def test_leaving_full_screen_is_told_and_recorded(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(full_screen=True)
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.page.evaluate("document.exitFullscreen()")
    way.says("请回到全屏继续考试")
    expect(way.page.locator(".paper-main")).to_be_hidden()
    way.page.wait_for_timeout(1100)  # what is shorter than a second is not worth a record
    way.back_to_full_screen()
    assert way.page.evaluate("document.fullscreenElement !== null")
    left = place.sitting.incidents.filter(kind=Incident.Kind.LEFT_FULL_SCREEN, ended_at__isnull=False)
    until(left.exists, way.page)


def test_a_reload_is_no_way_out_of_full_screen_without_a_record(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(full_screen=True)
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.page.reload()
    way.says("请尽快回到全屏，离开全屏的时长会被记录。")
    reloaded = place.sitting.incidents.filter(detail__cause="page_reloaded")
    until(reloaded.filter(ended_at__isnull=True).exists, way.page)  # told while it lasts
    way.page.reload()  # and once more, which is the same stretch
    way.page.wait_for_timeout(1000)
    way.button("继续答题").click()
    way.sees_paper()
    until(reloaded.filter(ended_at__isnull=False).exists, way.page)
    incident = place.sitting.incidents.get()
    assert (incident.kind, incident.severity) == (Incident.Kind.LEFT_FULL_SCREEN, Incident.Severity.INFO)
    assert incident.ended_at is not None
    assert incident.ended_at - incident.began_at > 6 * ONE_SECOND
    assert place.sitting.switch_count == 0


def test_a_reload_that_is_over_at_once_leaves_no_record(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(full_screen=True)
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.page.reload()
    way.button("继续答题").click()
    way.sees_paper()
    way.page.wait_for_timeout(1000)
    assert not place.sitting.incidents.exists()


def test_looking_elsewhere_after_a_reload_counts_like_from_the_paper(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(switch_limit=3)
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.page.reload()
    expect(way.button("继续答题")).to_be_enabled()
    is_hidden(way.page, seconds=1.5)
    until(lambda: place.sitting.switch_count == 1, way.page)


def test_looking_elsewhere_while_the_paper_comes_counts_once_and_ends(browser_with: OpenPage, exam_server: str) -> None:
    place = seat()
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.page.reload()
    hide(way.page, "true")
    way.button("继续答题").click()
    way.sees_paper()
    way.page.wait_for_timeout(1500)
    hide(way.page, "false")
    until(lambda: place.sitting.switch_count == 1, way.page)
    assert place.sitting.incidents.get(kind=Incident.Kind.SWITCHED_AWAY).ended_at is not None


def test_turning_to_another_window_is_counted_and_shown(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(switch_limit=3)
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    Sitting.objects.filter(pk=place.sitting.pk).update(started_at=timezone.now() - timedelta(minutes=1))
    shown = way.page.locator("[data-switches]")
    expect(shown).to_have_text(re.compile(r"0\D+3"))
    turns_away(way.page, seconds=3.2)
    expect(shown).to_have_text(re.compile(r"1\D+3"))
    assert place.sitting.switch_count == 1
    assert Incident.objects.get(sitting=place.sitting).kind == Incident.Kind.SWITCHED_AWAY


def test_a_pause_says_the_truth_of_the_clock_and_lets_who_is_signed_out_come_back(
    browser_with: OpenPage, exam_server: str
) -> None:
    place = seat()
    way = before_the_paper(browser_with(), place, exam_server)
    way.enter()
    way.button("求助").click()
    way.says("考务人员会收到您的求助并在本页答复。考试计时不会因此停止。")
    sittings.pause(place.sitting, "设备故障", timezone.now())
    way.says("考务人员会收到您的求助并在本页答复。考试计时已停止，暂停的时间会补给您。")
    way.page.keyboard.press("Escape")
    Session.objects.all().delete()
    way.page.locator("[data-cover='paused'] [data-sign-in-again]").click()
    dialog = way.page.get_by_role("dialog", name="重新登录")
    dialog.get_by_label("考生标识").fill(place.id_number)
    dialog.get_by_label("校验码", exact=True).fill(place.check_code)
    dialog.get_by_role("button", name="登录", exact=True).click()
    expect(way.page.locator("[data-cover-signed-out]:visible")).to_have_count(0)
    sittings.resume(place.sitting, timezone.now())
    expect(way.page.locator("[data-covers]")).to_be_hidden()
    way.button("求助").click()
    way.says("考务人员会收到您的求助并在本页答复。考试计时不会因此停止。")


def is_hidden(page: Page, *, seconds: float) -> None:
    """Be what a page is behind another tab; a driven browser without a window hides none of its tabs."""
    for hidden in ("true", "false"):
        hide(page, hidden)
        page.wait_for_timeout(seconds * 1000)


def hide(page: Page, hidden: str) -> None:
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{configurable: true, get: () => {hidden}}});"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )


def turns_away(page: Page, *, seconds: float) -> None:
    """Look at another tab for a while; the driver pretends that every tab has the focus unless told otherwise."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = page.context.new_page()
    other.bring_to_front()
    other.wait_for_timeout(seconds * 1000)
    page.bring_to_front()
