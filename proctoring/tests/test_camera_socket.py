"""Who may open the candidate's websocket, who closes it, and what no page of ours sends."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from proctoring import broadcasts
from proctoring.consumers import camera
from proctoring.domain.protocol import CloseCode
from proctoring.tests import scenes
from proctoring.tests.factories import Page
from proctoring.tests.socket_stage import kinds, make, make_passed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("socket_stage")]


# --- who may come in -------------------------------------------------------------------------------------------------


async def test_nobody_who_is_not_signed_in() -> None:
    page = await sync_to_async(Page)(None)
    assert await page.connects()
    assert (await page.told())["error"] == "signed_out"
    assert await page.closed() == CloseCode.SIGNED_OUT


async def test_nobody_whose_sitting_is_over() -> None:
    sitting = await make_passed()
    await sync_to_async(sittings.submit)(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    page = await sync_to_async(Page)(sitting)
    assert await page.connects()
    assert (await page.told())["error"] == "ended"
    assert await page.closed() == CloseCode.ENDED


async def test_no_camera_without_consent() -> None:
    page = await Page.of(await make(agreed=False, check_in="passed", begun=True), "exam")
    assert (await page.told())["error"] == "not_allowed"
    assert await page.closed() == CloseCode.NOT_ALLOWED


async def test_a_foreign_origin_is_refused() -> None:
    page = await sync_to_async(Page)(await make(), origin="https://elsewhere.example")
    assert not await page.connects()


# --- who closes it ---------------------------------------------------------------------------------------------------


async def test_a_second_page_takes_over(pages: list[Page]) -> None:
    sitting = await make_passed()
    first = await Page.of(sitting, "exam")
    await first.show("obama2")
    pages.append(await Page.of(sitting, "exam", client="page-2"))
    assert (await first.told("refused"))["error"] == "superseded"
    assert await first.closed() == CloseCode.SUPERSEDED


async def test_the_end_of_the_sitting_closes_the_camera() -> None:
    sitting = await make_passed()
    page = await Page.of(sitting, "exam")
    await page.show("obama2")
    await sync_to_async(sittings.submit)(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert await page.closed() == CloseCode.ENDED


async def test_signing_out_elsewhere_closes_the_camera() -> None:
    sitting = await make_passed()
    page = await Page.of(sitting, "exam")
    await page.show("obama2")
    await sync_to_async(Session.objects.all().delete)()
    await sync_to_async(broadcasts.sitting_changed)(sitting.pk)
    assert await page.closed() == CloseCode.SIGNED_OUT


# --- what no page of ours sends --------------------------------------------------------------------------------------


async def test_a_flood_is_told_to_slow_down(pages: list[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "FRAMES_A_SECOND", 0.01)
    monkeypatch.setattr(camera, "FRAMES_AT_ONCE", 1)
    pages.append(page := await Page.of(await make_passed(), "exam"))
    await page.show("obama2")
    told = await page.show("obama2")
    assert told["type"] == "slow_down"
    assert told["next_in_ms"] >= 250


async def test_what_is_no_picture_is_refused_and_in_the_end_the_page_is(monkeypatch: pytest.MonkeyPatch) -> None:
    page = await Page.of(await make_passed(), "exam")
    for _ in range(5):
        await page.send(b"GIF89a")
    assert (await page.told())["error"] == "malformed"
    assert await page.closed() == CloseCode.MALFORMED


async def test_a_damaged_picture_is_nobodys_fault(pages: list[Page]) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    await page.send(scenes.frame("obama2")[:500])
    assert (await page.told())["verdict"] == "unreadable"
    assert await kinds() == []


async def test_no_frame_costs_a_query(pages: list[Page]) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    await page.show("obama2")
    await page.show("obama2")
    asked: list[str] = []
    monkey = pytest.MonkeyPatch()
    monkey.setattr("proctoring.consumers.exam.ExamDesk._write", lambda *args, **named: asked.append("write"))
    monkey.setattr("proctoring.consumers.camera.CameraConsumer._read_facts", lambda *args: asked.append("read"))
    await page.show("obama2")
    monkey.undo()
    assert asked == []
