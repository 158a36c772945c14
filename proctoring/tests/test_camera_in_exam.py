"""The camera during the exam: what it shows becomes incidents, and what is missing is a gap."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from proctoring import verifier
from proctoring.consumers import camera
from proctoring.models import Incident, Snapshot, Thumbnail
from proctoring.services import incidents
from proctoring.tests import scenes
from proctoring.tests.factories import Page
from proctoring.tests.socket_stage import Clock, again, kinds, make, make_passed


@sync_to_async
def evidence() -> list[Snapshot]:
    return list(Snapshot.objects.filter(incidents__isnull=False).order_by("taken_at"))


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("socket_stage")]


# --- what it shows ---------------------------------------------------------------------------------------------------


async def test_the_right_person_leaves_no_incident(pages: list[Page]) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for shift in range(3):
        assert (await page.show("obama2", shift=shift))["verdict"] == "person"
    assert await kinds() == []
    assert not await sync_to_async(Snapshot.objects.exists)()


async def test_somebody_else_for_some_seconds_is_an_incident_with_a_picture(pages: list[Page], clock: Clock) -> None:
    sitting = await make_passed()
    pages.append(page := await Page.of(sitting, "exam"))
    for _ in range(18):
        told = await page.show("biden")
        clock.forward(1)
    assert told["verdict"] == "other"
    assert told["next_in_ms"] == 1000
    incident = await sync_to_async(Incident.objects.prefetch_related("snapshots").get)()
    assert (incident.kind, incident.severity, incident.ended_at) == ("not_the_person", "serious", None)
    assert incident.detail["confirmed"]
    assert (incident.distance or 0) > 0.45
    assert incident.snapshots.count() == 2
    assert (await again(sitting)).identity == "in_doubt"


async def test_the_return_of_the_person_ends_it(pages: list[Page], clock: Clock) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for names in [("biden",)] * 8 + [("obama2",)] * 3:
        await page.show(*names)
        clock.forward(1)
    incident = await sync_to_async(Incident.objects.get)()
    assert incident.ended_at is not None
    assert not incident.detail.get("confirmed")


async def test_an_incident_keeps_what_led_to_it_and_what_followed(pages: list[Page], clock: Clock) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for names in [("obama2",)] * 2 + [("biden",)] * 8 + [("obama2",)] * 3:
        await page.show(*names)
        clock.forward(1)
    kept = await evidence()
    assert [picture.reason for picture in kept] == ["非登记考生：发生之前", "非登记考生", "非登记考生：恢复之后"]
    right, wrong = scenes.frame("obama2"), scenes.frame("biden")
    assert [bytes(picture.data) for picture in kept] == [right, wrong, right]


async def test_the_wall_gets_a_thumbnail_now_and_then_and_frames_in_between_cost_no_write(
    pages: list[Page], clock: Clock
) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    taken = []
    for _ in range(14):
        await page.show("obama2")
        taken.append((await sync_to_async(Thumbnail.objects.get)(is_newest=True)).taken_at)
        clock.forward(1)
    assert len(set(taken)) == 2
    assert await sync_to_async(Thumbnail.objects.filter(is_newest=False).count)() == 1


async def test_the_very_same_picture_for_long_is_a_frozen_camera(pages: list[Page], clock: Clock) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for _ in range(25):
        told = await page.show("obama2")
        clock.forward(1)
    assert "静止" in told["hint"]
    assert await kinds() == ["camera_frozen"]
    await page.show("obama2", shift=3)
    await page.show("obama2", shift=6)
    assert (await sync_to_async(Incident.objects.get)()).ended_at is not None


async def test_a_recording_that_is_played_again_and_again_weighs_on_the_identity(
    pages: list[Page], clock: Clock
) -> None:
    sitting = await make_passed()
    pages.append(page := await Page.of(sitting, "exam"))
    for number in range(30):
        await page.show("obama2", shift=4 * (number % 5))
        clock.forward(4)
    assert await kinds() == ["camera_looping"]
    assert (await again(sitting)).identity == "in_doubt"


async def test_a_covered_lens_is_an_incident_after_ten_seconds(pages: list[Page], clock: Clock) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for level in range(12):
        await page.send(scenes.jpeg(np.full((480, 640, 3), 8 + level % 3, np.uint8)))
        told = await page.told()
        clock.forward(1)
    assert "遮挡" in told["hint"]
    assert await kinds() == ["camera_covered"]


async def test_before_the_exam_begins_nothing_is_written(pages: list[Page], clock: Clock) -> None:
    pages.append(page := await Page.of(await make(check_in="passed"), "exam"))
    for _ in range(12):
        assert (await page.show("biden"))["verdict"] == "other"
        clock.forward(1)
    assert await kinds() == []


async def test_a_camera_that_is_refused_is_on_record_with_time(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(camera, "BEAT", 0.02)
    pages.append(page := await Page.of(await make_passed(), "exam"))
    await page.say(type="camera", live=False, cause="denied", cameras=1)
    for _ in range(5):
        await asyncio.sleep(0.1)
        clock.forward(8)
    await asyncio.sleep(0.2)
    assert await kinds() == ["camera_lost"]
    assert (await sync_to_async(Incident.objects.get)()).detail["cause"] == "denied"


async def test_a_verifier_that_is_away_neither_passes_nor_accuses(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    class Away:
        async def observe(self, jpeg: bytes, **_hints: object) -> None:
            raise verifier.VerifierFailed("gone")

    monkeypatch.setattr(verifier, "verifier", Away)
    sitting = await make_passed()
    pages.append(page := await Page.of(sitting, "exam"))
    for _ in range(6):
        assert (await page.show("biden"))["verdict"] == "failed"
        clock.forward(5)
    assert await kinds() == ["verifier_down"]
    assert (await sync_to_async(Incident.objects.get)()).severity == "info"
    monkeypatch.undo()
    await page.show("obama2")
    assert (await sync_to_async(Incident.objects.get)()).ended_at is not None
    assert (await again(sitting)).state == "in_progress"


# --- what is missing -------------------------------------------------------------------------------------------------


async def test_a_page_that_goes_silent_leaves_a_gap_and_a_short_one_is_forgotten(pages: list[Page]) -> None:
    sitting = await make_passed()
    page = await Page.of(sitting, "exam")
    await page.show("obama2")
    await page.leave()
    assert await kinds() == ["network_gap"]
    pages.append(back := await Page.of(sitting, "exam"))
    await back.show("obama2")
    assert await kinds() == []


async def test_a_browser_that_goes_while_it_is_answered_leaves_a_gap_and_no_heartbeat(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    await page.show("obama")

    async def gone(*_said: object, **_more: object) -> None:
        raise OSError  # what a server raises once the connection is closed

    monkeypatch.setattr(camera.CameraConsumer, "send", gone)
    await page.send(scenes.frame("obama"))
    await page.leave()
    assert await kinds() == ["network_gap"]
    assert not [task for task in asyncio.all_tasks() if "_beat" in repr(task.get_coro())]


async def test_a_gap_of_our_own_making_is_no_warning() -> None:
    sitting, now = await make_passed(), timezone.now()
    lost, back = sync_to_async(incidents.connection_lost), sync_to_async(incidents.connection_back)
    await back(sitting, at=now)
    for cause, severity in (("socket_closed", "warning"), (incidents.SERVER_STOPPED, "info")):
        await lost(sitting, at=now, cause=cause)
        gap = await back(sitting, at=now + timedelta(minutes=1))
        assert gap is not None
        assert gap.severity == severity


async def test_a_sitting_that_begins_without_a_camera_has_a_gap_until_one_comes() -> None:
    sitting = await make_passed()
    assert await kinds() == ["network_gap"]
    assert (await sync_to_async(Incident.objects.get)()).detail == {"cause": "never_connected"}
    assert await sync_to_async(incidents.connection_back)(sitting, at=timezone.now()) is None
