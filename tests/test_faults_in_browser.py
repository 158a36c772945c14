"""Faults that take a browser of their own, or longer than other tests may; `make faults` plays them by number."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect

from tests.fixtures.browser import ALWAYS, OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import Seat, admitted, face_seat, seat
from tests.way import Way, until

pytestmark = pytest.mark.faults
SLOW_3G = {
    "offline": False,
    "latency": 2000,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}  # as DevTools has it
ACK_MS = """(option) => new Promise((resolve) => {
  const line = document.querySelector("[data-saved]"), began = performance.now();
  new MutationObserver((_, watch) => {
    if (line.dataset.saved === "saved") {
      watch.disconnect();
      resolve(performance.now() - began);
    }
  }).observe(line, { attributes: true, attributeFilter: ["data-saved"] });
  document.querySelector(`[data-question="1"] input[value="${option}"]`).click();
})"""


@contextmanager
def profile_opened(
    playwright: Playwright, chromium_path: str, profile: Path, base_url: str
) -> Iterator[BrowserContext]:
    """Open a browser on a profile that outlives it."""
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=chromium_path, args=ALWAYS, base_url=base_url, locale="zh-CN"
    )
    try:
        yield context
    finally:
        with suppress(Error):
            context.close()


def kill_browser_of(profile: Path) -> None:
    """End the browser of a profile as a power cut would; its children go with it."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_text().split("\0")
            if f"--user-data-dir={profile}" in command and not any(word.startswith("--type=") for word in command):
                os.kill(int(process.name), signal.SIGKILL)


def goes_in(page: Page, place: Seat) -> Way:
    way = Way(page, place)
    way.enter()
    return way


def test_fault_7_a_browser_killed_after_an_edit_brings_it_when_it_is_opened_again(
    playwright: Playwright, chromium_path: str, exam_server: str, tmp_path: Path
) -> None:
    place, profile = seat(), tmp_path / "profile"
    with profile_opened(playwright, chromium_path, profile, exam_server) as context:
        admitted(place, context, exam_server)
        cookies = context.cookies()
        way = goes_in(context.new_page(), place)
        way.answer(1, "A")
        context.set_offline(True)  # so that only the device can bring it back
        way.go_to(2).locator(".choice-row").nth(2).click()
        time.sleep(1)
        kill_browser_of(profile)
    assert place.answers == {1: ["A"]}
    with profile_opened(playwright, chromium_path, profile, exam_server) as context:
        context.add_cookies(cookies)  # type: ignore[arg-type]  # a browser writes its cookies down every half minute only
        way = goes_in(context.new_page(), place)
        way.is_saved()
        assert (way.chosen(1), way.chosen(2)) == (["A"], ["C"])
        assert place.answers == {1: ["A"], 2: ["C"]}


@pytest.mark.long
def test_fault_6_on_slow_3g_with_the_camera_on_answers_are_acknowledged_within_three_seconds(
    browser_with: OpenPage, clips: Clips, exam_server: str
) -> None:
    place, page = face_seat(), browser_with(clips.person_a)
    admitted(place, page.context, exam_server)
    way = goes_in(page, place)
    expect(page.locator("[data-face-box]")).to_have_attribute("data-state", "good", timeout=40_000)
    frames: list[int] = []
    session = page.context.new_cdp_session(page)
    session.on("Network.webSocketFrameSent", lambda event: frames.append(len(event["response"]["payloadData"])))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_3G)
    way.go_to(1)
    page.wait_for_timeout(15_000)  # frames alone, on the slow line
    took = []
    for number in range(20):
        took.append(page.evaluate(ACK_MS, "ABCD"[number % 4]))
        page.wait_for_timeout(200 + 137 * (number % 7))
    p95 = sorted(took)[int(len(took) * 0.95) - 1]
    assert p95 <= 3000, [round(one) for one in took]
    assert len(frames) >= 5  # the invigilators still see somebody
    until(lambda: place.answers == {1: ["D"]}, page)
