"""A practice exam, without camera, all the way in English."""

import re
from decimal import Decimal

from playwright.sync_api import Page, expect

from exams.models import Enrolment, Revision, Section
from exams.tests.factories import PlanFactory
from tests.fixtures.browser import OpenPage
from tests.seats import MIXED_PAPER, Seat, seat
from tests.way import Way

CHINESE = re.compile("[\u3400-\u9fff]+")
LANGUAGE_SWITCH = "简体中文"


def english_seat() -> Seat:
    """Return a seat in a practice exam whose own data are in English."""
    plan = PlanFactory(name="Skills 2026", host="The association", certifying_body="The association", notice="Be calm.")
    place = seat(plan=plan, paper=MIXED_PAPER, name="Practice", is_practice=True, help_contact="desk 1")
    Enrolment.objects.update(name="Li Ming")
    for section in Section.objects.all():
        section.title = section.kind
        section.save()
    for revision in Revision.objects.all():
        revision.stem = f"Stem {revision.pk}"
        revision.options = [option | {"text": f"Text {option['id']}"} for option in revision.options]
        revision.save()
    return place


def is_english(page: Page) -> None:
    """Find no Chinese on the page, shown or told to a screen reader, but for the way to the other language."""
    expect(page.locator("html")).to_have_attribute("lang", "en")
    texts = page.evaluate(
        """() => [document.title, document.body.innerText, ...["ariaLabel", "title", "placeholder"].flatMap(
            name => [...document.querySelectorAll("body *")].map(element => element[name]))].join("\\n")"""
    )
    assert CHINESE.findall(texts.replace(LANGUAGE_SWITCH, "")) == []


def test_a_practice_exam_in_english_from_the_first_page_to_the_last(browser_with: OpenPage) -> None:
    way = Way(browser_with(language="en"), english_seat(), "en")
    way.page.goto("/")
    is_english(way.page)
    way.land()
    is_english(way.page)
    way.sign_in()
    is_english(way.page)
    way.confirm()
    is_english(way.page)
    way.enter()
    is_english(way.page)
    way.answer(1, "A")
    way.answer(4, "B", "A")
    way.doubt(2)
    expect(way.offer_hand_in()).to_contain_text("5")
    is_english(way.page)
    way.page.keyboard.press("Escape")
    way.hand_in()
    is_english(way.page)
    way.leave()
    is_english(way.page)
    assert way.place.result.points == Decimal(5)
