"""No page on anybody's way has a serious fault of accessibility, as far as axe can tell."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.domain.consent import VERSION
from exams.tests.factories import SittingFactory
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import Seat, admitted, face_seat, seat
from tests.staff import Desk
from tests.way import Way

GRAVE = {"serious", "critical"}


def is_accessible(page: Page) -> None:
    """Let axe look at the page as it is shown now."""
    page.wait_for_load_state()
    results = Axe().run(page)
    found = [one for one in results.response["violations"] if one["impact"] in GRAVE]
    told = [f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes']]}" for one in found]
    assert told == [], page.url


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_before_the_exam(browser_with: OpenPage, clips: Clips, width: int) -> None:
    way = Way(browser_with(clips.person_a, viewport=(width, 850)), face_seat())
    for path in ("/", "/device-check/", "/login/"):
        way.page.goto(path)
        is_accessible(way.page)
    way.sign_in()
    is_accessible(way.page)
    way.confirm()
    is_accessible(way.page)
    way.consent()
    is_accessible(way.page)
    way.open_camera()
    way.check_in_is("live")
    is_accessible(way.page)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_paper_its_dialog_and_the_end(browser_with: OpenPage, exam_server: str, width: int) -> None:
    place = seat(full_screen=True)
    page = browser_with(viewport=(width, 850))
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    page.goto("/waiting/")
    is_accessible(page)
    way.enter()
    way.page.get_by_role("radio").nth(1).check()
    is_accessible(page)
    way.offer_hand_in()
    is_accessible(page)
    page.keyboard.press("Escape")
    page.evaluate("document.exitFullscreen()")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    is_accessible(page)
    way.back_to_full_screen()
    way.hand_in()
    is_accessible(page)


def test_the_pages_of_staff(browser_with: OpenPage) -> None:
    place: Seat = face_seat()
    SittingFactory(enrolment=place.enrolment, check_in="held", held_since=timezone.now() - timedelta(minutes=1))
    place.enrolment.consents.create(version=VERSION, given=True, at=timezone.now())
    desk = Desk(browser_with(), place.sitting)
    is_accessible(desk.page)
    desk.page.goto("/admin/")
    is_accessible(desk.page)
    desk.page.goto(f"/admin/exams/sitting/room/{place.exam.pk}/")
    is_accessible(desk.page)
    for path in ("exams/sitting/", f"exams/sitting/{place.sitting.pk}/history/", "proctoring/incident/"):
        desk.page.goto(f"/admin/{path}")
        expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
        is_accessible(desk.page)


def test_the_sign_in_of_staff_and_the_label_of_a_search(browser_with: OpenPage) -> None:
    page = browser_with()
    page.goto("/admin/login/")
    expect(page.get_by_role("heading", level=1, name="登录考务后台")).to_be_visible()
    is_accessible(page)
    Desk(page, SittingFactory())
    page.goto("/admin/exams/sitting/?q=李")
    expect(page.get_by_label("搜索：姓名")).to_have_value("李")
