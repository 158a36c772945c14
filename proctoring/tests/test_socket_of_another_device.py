"""The sockets of two devices of one sitting, and of a browser in which somebody signs out."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone

from accounts.devices import COOKIE, device_of
from exams.models import Sitting
from exams.services import sittings
from exams.tests.factories import CLIENT, browser_of
from proctoring import live_view, verifier
from proctoring.consumers import camera
from proctoring.domain.protocol import CloseCode
from proctoring.models import Incident, Thumbnail
from proctoring.tests.factories import Page, camera_sitting

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = "first-browser", "second-browser"


@pytest.fixture(scope="module", autouse=True)
def one_verifier() -> Iterator[None]:
    yield
    verifier.shutdown()


@pytest.fixture(autouse=True)
def frames_at_any_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "FRAMES_A_SECOND", 1000.0)
    monkeypatch.setattr(camera, "FRAMES_AT_ONCE", 1000)


@sync_to_async
def begun() -> Sitting:
    """Return a sitting that was checked and goes on at the first browser."""
    sitting = camera_sitting(check_in="passed", device=device_of({COOKIE: FIRST}))
    return sittings.begin(sitting, CLIENT, timezone.now())


@sync_to_async
def kinds() -> list[str]:
    return list(Incident.objects.values_list("kind", flat=True))


async def check_in(page: Page) -> str:
    """Show the registered person until there is a decision; return the state."""
    await page.told("check_in")
    for shift in range(40):
        told = await page.show("obama2", shift=shift % 5)
        if told["type"] == "check_in" and told["state"] != "unchecked":
            return str(told["state"])
        await asyncio.sleep(0.15)
    raise AssertionError("no decision after 40 frames")


async def test_the_camera_of_the_first_device_stays_until_the_second_has_passed() -> None:
    sitting = await begun()
    first = await Page.of(sitting, "exam", device=FIRST)
    assert (await first.show("obama"))["type"] == "verdict"
    second = await Page.of(sitting, "check_in", client="page-2", device=SECOND)
    assert (await first.show("obama"))["type"] == "verdict"
    assert await check_in(second) == "passed"
    assert (await first.told("refused"))["error"] == "superseded"
    assert await first.closed() == CloseCode.SUPERSEDED
    assert await kinds() == [Incident.Kind.SECOND_DEVICE]
    await second.leave()


async def test_a_device_that_was_not_checked_shows_no_camera_in_the_exam() -> None:
    page = await Page.of(await begun(), "exam", device=SECOND)
    assert (await page.told())["error"] == "not_allowed"
    assert await page.closed() == CloseCode.NOT_ALLOWED


def sign_out(browser: Client) -> None:
    browser.post("/leave/")


async def test_signing_out_closes_the_camera_of_that_browser_at_once() -> None:
    sitting = await begun()
    page = await Page.of(sitting, "exam", device=FIRST)
    assert (await page.show("obama"))["type"] == "verdict"
    cookie = dict(page.socket.scope["headers"])[b"cookie"].decode()
    browser = Client()
    browser.cookies["sessionid"] = cookie.partition("sessionid=")[2].partition(";")[0]
    began = timezone.now()
    await sync_to_async(sign_out)(browser)
    assert (await page.told("refused"))["error"] == "signed_out"
    assert await page.closed() == CloseCode.SIGNED_OUT
    assert timezone.now() - began < timedelta(seconds=5)


async def test_signing_out_elsewhere_leaves_this_camera_alone() -> None:
    sitting = await begun()
    page = await Page.of(sitting, "exam", device=FIRST)
    assert (await page.show("obama"))["type"] == "verdict"
    await sync_to_async(sign_out)(await sync_to_async(browser_of)(sitting, SECOND))
    assert (await page.show("obama"))["type"] == "verdict"
    await page.leave()


async def test_what_another_device_shows_is_not_shown_as_the_candidate_before_it_has_passed() -> None:
    sitting = await begun()
    other = await Page.of(sitting, "check_in", device=SECOND)
    await other.told("check_in")
    await sync_to_async(live_view.ask)(sitting.pk)
    await other.told("look")
    await other.show("biden")
    assert await sync_to_async(live_view.newest)(sitting.pk) is None
    assert not await sync_to_async(Thumbnail.objects.exists)()
    await other.leave()


async def test_a_browser_that_keeps_no_cookie_of_ours_is_told_so_and_not_checked() -> None:
    sitting = await sync_to_async(camera_sitting)()
    page = await Page.of(sitting, "check_in", device="")
    assert (await page.told("refused"))["error"] == "no_device"
    assert await page.closed() == CloseCode.NOT_ALLOWED
    assert await sync_to_async(lambda: Sitting.objects.get().check_in)() == "unchecked"
