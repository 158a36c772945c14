"""The end page in a real browser: it leaves by itself, but not from under somebody who notes the receipt."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.models import Sitting
from exams.services import sittings
from tests.fixtures.browser import OpenPage
from tests.seats import admitted, seat


@pytest.fixture
def page(browser_with: OpenPage, exam_server: str) -> Page:
    """Return the end page of somebody who has just handed in, on a clock that the test moves."""
    page, place = browser_with(), seat()
    admitted(place, page.context, exam_server)
    sittings.submit(sittings.begin(place.sitting, "page", timezone.now()), Sitting.EndedBy.CANDIDATE, timezone.now())
    page.clock.install()
    page.goto("/finished/")
    return page


def test_it_counts_nine_seconds_and_leaves(page: Page) -> None:
    expect(page.locator("[data-leave-now]")).to_have_text("离开考场 9")
    page.clock.run_for(5000)
    expect(page.locator("[data-leave-now]")).to_have_text("离开考场 4")
    page.clock.run_for(5000)
    page.wait_for_url("**/left/")


def test_whoever_wants_to_note_the_receipt_stays_as_long_as_they_like(page: Page) -> None:
    page.get_by_role("button", name="停留在本页").click()
    expect(page.get_by_text("倒计时已停止")).to_be_visible()
    expect(page.get_by_role("button", name="停留在本页")).to_be_hidden()
    expect(page.locator("[data-leave-now]")).to_be_focused()
    page.clock.run_for(120_000)
    expect(page.locator(".receipt")).to_be_visible()
    page.locator("[data-leave-now]").click()
    page.wait_for_url("**/left/")


def test_the_countdown_begins_anew_while_somebody_reads(page: Page) -> None:
    page.clock.run_for(7000)
    page.keyboard.press("Tab")
    page.clock.run_for(1000)
    expect(page.locator("[data-leave-now]")).to_have_text("离开考场 8")
