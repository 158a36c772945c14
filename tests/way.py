"""The candidate's way as a person walks it: by the words on the buttons, in the language of the page."""

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import translation
from playwright.sync_api import Locator, Page, Route, expect

from tests.fixtures.browser import PATIENCE
from tests.seats import Seat, admitted

CAMERA_PATIENCE = 40_000  # milliseconds: several frames have to be looked at, on a busy machine
ENTRY_PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


def until(condition: Callable[[], bool], page: Page, within: float = 15) -> None:
    """Wait until something holds that no page shows; the page goes on meanwhile."""
    patience = time.monotonic() + within
    while not condition():
        assert time.monotonic() < patience, "it did not happen in time"
        page.wait_for_timeout(100)


def in_the_middle(page: Page, place: Seat, base_url: str) -> "Way":
    """Return a candidate who answers, with the first question done."""
    admitted(place, page.context, base_url)
    way = Way(page, place)
    way.enter()
    way.answer(1, "A")
    return way


class Way:
    """One candidate in one page."""

    def __init__(self, page: Page, place: Seat, language: str = "zh-hans") -> None:
        self.page = page
        self.place = place
        self.language = language

    def words(self, chinese: str) -> str:
        """Return a text of the interface as this page has it."""
        with translation.override(self.language):
            return translation.gettext(chinese)

    def button(self, chinese: str) -> Locator:
        return self.page.get_by_role("button", name=self.words(chinese))

    def says(self, chinese: str, **values: object) -> None:
        """Wait until the page shows a sentence."""
        sentence = self.words(chinese)
        sentence = sentence.format(**values) if "{" in sentence else sentence % values if values else sentence
        expect(self.page.get_by_text(sentence).filter(visible=True).first).to_be_visible()

    # --- before the exam ---------------------------------------------------------------------------------------------

    def land(self) -> None:
        self.page.goto("/")
        self.page.get_by_role("link", name=self.words("用浏览器进入考试")).click()
        self.page.wait_for_url("**/login/")

    def sign_in(self) -> None:
        if not self.page.url.endswith("/login/"):
            self.page.goto("/login/")
        self.page.get_by_label(self.words("考生标识")).fill(self.place.id_number)
        self.page.get_by_label(self.words("校验码"), exact=True).fill(self.place.check_code)
        self.button("登录").click()
        self.page.wait_for_url("**/confirm/")

    def confirm(self) -> None:
        self.page.get_by_label(self.words("我已阅读并同意遵守考试须知")).check()
        self.button("信息无误，进入考试").click()
        self.page.wait_for_url(re.compile("/(consent|check-in|waiting)/$"))

    def consent(self, *, given: bool = True) -> None:
        self.button("同意并继续" if given else "不同意，申请人工核验").click()
        self.page.wait_for_url("**/check-in/")

    def to_check_in(self, *, consent: bool = True) -> None:
        """Walk from the login page to the camera."""
        self.sign_in()
        self.confirm()
        self.consent(given=consent)

    # --- check-in ----------------------------------------------------------------------------------------------------

    def open_camera(self) -> None:
        self.button("获取摄像头视频").click()

    def check_in_is(self, state: str) -> None:
        """Wait for a state of the check-in page: live, failed, passed, flagged, held, problem."""
        expect(self.page.locator("[data-check-in]")).to_have_attribute("data-state", state, timeout=CAMERA_PATIENCE)

    def check_in(self) -> None:
        self.open_camera()
        self.check_in_is("passed")
        self.page.wait_for_url("**/waiting/")

    def opens_on_arrival(self, opens: Callable[[], Any]) -> None:
        """Change the exam when the candidate goes on from check-in: how long that takes, nobody knows before."""

        def handle(route: Route) -> None:
            opens()
            route.continue_()

        self.page.route("**/next/", handle, times=1)

    # --- the paper ---------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Go in by the button of the waiting page, at once: the exam is open."""
        self.page.goto("/waiting/")
        self.page.locator("[data-ready]").click()
        self.sees_paper()

    def sees_paper(self) -> None:
        expect(self.page.locator("[data-exam]")).to_have_attribute("data-phase", "paper", timeout=ENTRY_PATIENCE)

    def question(self, number: int) -> Locator:
        return self.page.locator(f'[data-question="{number}"]')

    def go_to(self, number: int) -> Locator:
        """Open a question by its number in the grid."""
        self.page.locator(f'[data-go="{number}"]').click()
        question = self.question(number)
        expect(question).to_be_visible()
        return question

    def answer(self, number: int, *options: str) -> None:
        """Choose options by their ids, wherever they stand on this paper, and wait until the server has them."""
        question = self.go_to(number)
        for option in options:
            question.locator(".choice-row", has=self.page.locator(f'input[value="{option}"]')).click()
        self.is_saved()

    def doubt(self, number: int) -> None:
        self.go_to(number)
        self.button("标记疑问").click()
        self.is_saved()

    def is_saved(self) -> None:
        expect(self.page.locator("[data-saved]")).to_have_attribute("data-saved", "saved")

    def chosen(self, number: int) -> list[str]:
        """Return the ids that are chosen on the page."""
        boxes = self.question(number).locator("input:checked")
        return sorted(boxes.evaluate_all("inputs => inputs.map(input => input.value)"))

    def counters(self) -> dict[str, int]:
        """Return the four counters of the header."""
        shown = self.page.locator("[data-count]")
        return dict(shown.evaluate_all("all => all.map(one => [one.dataset.count, Number(one.textContent)])"))

    def deadline(self) -> datetime:
        """Return the deadline that the server tells this page."""
        status = self.page.request.get("/exam/status/").json()
        return datetime.fromisoformat(status["deadline_at"])

    def remaining(self) -> int:
        """Return the seconds that the page's clock shows."""
        shown = self.page.locator("[data-exam-countdown]").inner_text()
        hours, minutes, seconds = map(int, shown.split(":"))
        return hours * 3600 + minutes * 60 + seconds

    def back_to_full_screen(self) -> None:
        self.button("进入全屏并继续答题").click()
        expect(self.page.locator("[data-covers]")).to_be_hidden()

    # --- the end -----------------------------------------------------------------------------------------------------

    def offer_hand_in(self) -> Locator:
        """Press 交卷 and return the dialog."""
        self.page.locator("[data-hand-in]").click()
        dialog = self.page.get_by_role("dialog", name=self.words("温馨提示"))
        expect(dialog).to_be_visible()
        return dialog

    def hand_in(self) -> None:
        self.offer_hand_in().get_by_role("button", name=self.words("提交试卷")).click()
        self.page.wait_for_url("**/finished/")

    def leave(self) -> None:
        """Press 离开考场."""
        self.button("离开考场").click()
        self.page.wait_for_url("**/left/")
