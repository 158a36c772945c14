"""The candidate's websocket with real frames, a real verifier and the whole application behind it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import ClassVar

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone

from exams.models import Exam, Sitting
from exams.services import sittings
from proctoring import broadcasts, verifier
from proctoring.consumers import camera
from proctoring.domain.protocol import CloseCode
from proctoring.faces.engine import Box, Observation
from proctoring.models import IdentityCheck, Incident, Snapshot
from proctoring.services import incidents
from proctoring.tests import scenes
from proctoring.tests.factories import Page, camera_sitting, passed_sitting

pytestmark = pytest.mark.django_db(transaction=True)
ADOPT = Exam.WithoutReference.ADOPT.value


@pytest.fixture(scope="module", autouse=True)
def one_verifier() -> Iterator[None]:
    """Start the workers once for all tests here."""
    yield
    verifier.shutdown()


@pytest.fixture(autouse=True)
def frames_at_any_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "FRAMES_A_SECOND", 1000.0)
    monkeypatch.setattr(camera, "FRAMES_AT_ONCE", 1000)


class Remembering:
    """The real verifier, asked once for each picture: the same frames come again and again here."""

    seen: ClassVar[dict[bytes, Observation]] = {}

    def __init__(self, real: verifier.Verifier) -> None:
        self.real = real

    async def observe(self, jpeg: bytes, *, near: Box | None = None) -> Observation:
        if jpeg not in self.seen:
            self.seen[jpeg] = await self.real.observe(jpeg, near=near)
        return self.seen[jpeg]


@pytest.fixture(autouse=True)
def each_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifier.verifier
    monkeypatch.setattr(verifier, "verifier", lambda: Remembering(real()))


make = sync_to_async(camera_sitting)
make_passed = sync_to_async(passed_sitting)


@sync_to_async
def again(sitting: Sitting) -> Sitting:
    return Sitting.objects.get(pk=sitting.pk)


@sync_to_async
def kinds() -> list[str]:
    return list(Incident.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
async def pages() -> AsyncIterator[list[Page]]:
    """Close what a test opened."""
    opened: list[Page] = []
    yield opened
    for page in opened:
        await page.leave()


async def showing(page: Page, *names: str, until: str) -> dict[str, object]:
    """Send frames until a message of a type comes."""
    for shift in range(40):
        told = await page.show(*names, shift=shift % 5)
        if told["type"] == until:
            return told
        await asyncio.sleep(0.15)
    raise AssertionError(f"no {until} after 40 frames")


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


# --- check-in --------------------------------------------------------------------------------------------------------


async def test_the_registered_person_passes_after_several_frames(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in"))
    greeting = await page.told()
    assert (greeting["state"], greeting["attempts_left"]) == ("unchecked", 3)
    first = await page.show("obama2")
    assert (first["type"], first["frames_good"], first["frames_needed"]) == ("verdict", 1, 5)
    told = await showing(page, "obama2", until="check_in")
    assert (told["state"], told["next"]) == ("passed", "/next/")
    assert (await again(sitting)).check_in == "passed"


async def test_another_person_fails_three_times_and_is_then_held(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in"))
    await page.told()
    states = [await showing(page, "biden", until="check_in") for _ in range(3)]
    assert [told["state"] for told in states] == ["unchecked", "unchecked", "held"]
    assert [told["attempts_left"] for told in states] == [2, 1, 0]
    assert states[0]["attempt"] == "failed"
    checks = await sync_to_async(lambda: list(IdentityCheck.objects.values_list("verdict", "distance")))()
    assert len(checks) == 3
    assert all(verdict == "mismatch" and (distance or 0) > 0.45 for verdict, distance in checks)
    assert await kinds() == ["check_in_failed"]
    assert (await again(sitting)).identity == "in_doubt"


async def test_frames_that_show_nobody_are_hints_and_no_attempts(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in"))
    await page.told()
    empty = await page.show()
    crowd = await page.show("obama2", "biden", tall=260)
    assert (empty["verdict"], crowd["verdict"]) == ("no_face", "several_faces")
    assert empty["hint"]
    assert (await again(sitting)).check_in_failures == 0


async def test_hints_come_in_the_language_of_the_page(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in", language="zh-hans"))
    await page.told()
    assert "人脸" in (await page.show())["hint"]


async def test_without_a_photo_and_a_rule_to_adopt_a_person_is_asked(pages: list[Page]) -> None:
    sitting = await make(photo=None)
    pages.append(page := await Page.of(sitting, "check_in"))
    assert (await page.told())["state"] == "held"
    assert (await again(sitting)).check_in == "held"


async def test_or_the_first_good_picture_becomes_the_photo(pages: list[Page]) -> None:
    sitting = await make(photo=None, exam__without_reference=ADOPT)
    pages.append(page := await Page.of(sitting, "check_in"))
    await page.told()
    told = await showing(page, "biden", until="check_in")
    assert (told["state"], told["attempt"]) == ("passed", "adopted")


async def test_a_person_who_passes_a_candidate_is_heard_by_the_page(pages: list[Page]) -> None:
    sitting = await make(check_in="held")
    pages.append(page := await Page.of(sitting, "check_in"))
    assert (await page.told())["state"] == "held"
    await sync_to_async(sittings.move_check_in)(sitting, "passed", timezone.now(), reason="证件相符")
    told = await page.told("check_in")
    assert (told["state"], told["next"]) == ("passed", "/next/")


# --- in the exam -----------------------------------------------------------------------------------------------------


async def test_the_right_person_leaves_no_incident(pages: list[Page]) -> None:
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for shift in range(3):
        assert (await page.show("obama2", shift=shift))["verdict"] == "person"
    assert await kinds() == []
    assert not await sync_to_async(Snapshot.objects.exists)()


async def test_somebody_else_for_some_seconds_is_an_incident_with_a_picture(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock(monkeypatch)
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


async def test_the_return_of_the_person_ends_it(pages: list[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    pages.append(page := await Page.of(await make_passed(), "exam"))
    for names in [("biden",)] * 8 + [("obama2",)] * 3:
        await page.show(*names)
        clock.forward(1)
    incident = await sync_to_async(Incident.objects.get)()
    assert incident.ended_at is not None
    assert not incident.detail.get("confirmed")


async def test_before_the_exam_begins_nothing_is_written(pages: list[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    pages.append(page := await Page.of(await make(check_in="passed"), "exam"))
    for _ in range(12):
        assert (await page.show("biden"))["verdict"] == "other"
        clock.forward(1)
    assert await kinds() == []


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


async def test_a_camera_that_is_refused_is_on_record_with_time(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock(monkeypatch)
    monkeypatch.setattr(camera, "BEAT", 0.02)
    pages.append(page := await Page.of(await make_passed(), "exam"))
    await page.say(type="camera", live=False, cause="denied", cameras=1)
    for _ in range(5):
        await asyncio.sleep(0.1)
        clock.forward(8)
    await asyncio.sleep(0.2)
    assert await kinds() == ["camera_lost"]
    assert (await sync_to_async(Incident.objects.get)()).detail["cause"] == "denied"


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


async def test_a_verifier_that_is_away_neither_passes_nor_accuses(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        async def observe(self, jpeg: bytes, **_hints: object) -> None:
            raise verifier.VerifierFailed("gone")

    clock = _Clock(monkeypatch)
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


async def test_nobody_checks_in_before_the_door_opens(pages: list[Page]) -> None:
    sitting = await make(exam__opens_at=timezone.now() + timedelta(days=2))
    pages.append(page := await Page.of(sitting, "check_in"))
    assert (await page.told())["state"] == "unchecked"
    assert (await page.show("obama2"))["verdict"] == "not_wanted"
    assert (await again(sitting)).check_in == "unchecked"


async def test_a_sitting_that_begins_without_a_camera_has_a_gap_until_one_comes() -> None:
    sitting = await make_passed()
    assert await kinds() == ["network_gap"]
    assert (await sync_to_async(Incident.objects.get)()).detail == {"cause": "never_connected"}
    assert await sync_to_async(incidents.connection_back)(sitting, at=timezone.now()) is None


class _Clock:
    """A wall clock of the socket that moves when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(camera, "wall_clock", lambda: self.now)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
