"""The websocket of a phone: pictures of the room in, nothing concluded; and what its absence leads to."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from exams.models import Sitting
from exams.services import sittings
from proctoring import broadcasts, live_view, verifier
from proctoring.consumers import camera, second_camera
from proctoring.domain.protocol import CloseCode
from proctoring.models import IdentityCheck, Incident, Snapshot, Thumbnail
from proctoring.services import incidents
from proctoring.services import second_camera as service
from proctoring.tests import scenes
from proctoring.tests.factories import Page
from proctoring.tests.phones import Phone, paired, room_sitting

pytestmark = pytest.mark.django_db(transaction=True)
make = sync_to_async(room_sitting)
pair = sync_to_async(paired)


@pytest.fixture(autouse=True)
def frames_at_any_rate(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr(second_camera, "FRAMES_A_SECOND", 1000.0)
    monkeypatch.setattr(second_camera, "FRAMES_AT_ONCE", 1000)
    yield
    verifier.shutdown()


@sync_to_async
def state(sitting: Sitting) -> str:
    return service.phone_of(sitting.pk).link.value


@sync_to_async
def pictures_of(incident: Incident) -> list[Snapshot]:
    return list(incident.snapshots.order_by("pk"))


async def test_pictures_of_the_room_reach_the_wall_and_no_face_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_looks() -> None:
        raise AssertionError("a picture of the room was given to the verifier")

    monkeypatch.setattr(verifier, "verifier", nobody_looks)
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    assert (await phone.show("biden"))["next_in_ms"] == 5000
    assert await state(sitting) == "connected"
    newest = await sync_to_async(Thumbnail.objects.get)(is_newest=True)
    assert (newest.sitting_id, newest.camera) == (sitting.pk, "room")
    assert not await sync_to_async(IdentityCheck.objects.exists)()
    await phone.leave()
    assert await state(sitting) == "lost"


async def test_a_phone_that_was_never_paired_is_told_so() -> None:
    phone = await sync_to_async(Phone)("forged")
    assert await phone.connects()
    assert (await phone.told())["error"] == "unknown"
    assert await phone.closed() == CloseCode.SUPERSEDED


async def test_another_phone_takes_over_and_the_first_is_told() -> None:
    sitting = await make()
    first = await Phone.with_token(await pair(sitting))
    second = await Phone.with_token(await pair(sitting))
    assert (await first.told("refused"))["error"] == "taken"
    assert await first.closed() == CloseCode.SUPERSEDED
    assert (await second.show("obama"))["type"] == "received"
    await first.leave()
    assert await state(sitting) == "connected"
    await second.leave()


async def test_a_phone_that_the_candidate_sends_away_is_told() -> None:
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await sync_to_async(service.release)(sitting, timezone.now())
    assert (await phone.told("refused"))["error"] == "released"
    assert await phone.closed() == CloseCode.SUPERSEDED


async def test_the_end_of_the_sitting_closes_the_phone() -> None:
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await sync_to_async(sittings.submit)(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert (await phone.told("refused"))["error"] in {"ended", "released"}
    await phone.closed()


async def test_what_is_no_picture_is_refused_five_times_and_then_the_phone() -> None:
    phone = await Phone.with_token(await pair(await make()))
    for _ in range(4):
        await phone.send(b"\xff\xd8\xff no picture")
        assert (await phone.told())["error"] == "malformed"
    await phone.send(b"x" * (500 * 1024))
    assert await phone.closed() == CloseCode.MALFORMED


async def test_a_flood_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_camera, "FRAMES_A_SECOND", 1.0)
    monkeypatch.setattr(second_camera, "FRAMES_AT_ONCE", 1)
    phone = await Phone.with_token(await pair(await make()))
    assert (await phone.show("obama"))["type"] == "received"
    assert (await phone.show("obama"))["type"] == "slow_down"
    await phone.leave()


async def test_an_incident_keeps_the_room_before_and_after() -> None:
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await phone.show("obama")
    incident = await sync_to_async(incidents.open_or_extend)(
        sitting, Incident.Kind.SWITCHED_AWAY, severity="warning", began_at=timezone.now()
    )
    assert (await phone.told("received"))["next_in_ms"] == 0
    await phone.show("biden")
    kept = await pictures_of(incident)
    assert [bytes(one.data) for one in kept] == [scenes.frame("obama"), scenes.frame("biden")]
    assert {one.camera for one in kept} == {"room"}
    await phone.leave()


async def test_a_picture_is_stored_once_however_many_incidents_it_belongs_to() -> None:
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await phone.show("obama")
    for _ in range(3):
        note = sync_to_async(incidents.note)
        incident = await note(sitting, Incident.Kind.SWITCHED_AWAY, severity="info", at=timezone.now())
        assert (await phone.told("received"))["next_in_ms"] == 0
    await phone.show("biden")
    assert [bytes(one.data) for one in await pictures_of(incident)] == [scenes.frame("obama"), scenes.frame("biden")]
    assert await sync_to_async(Snapshot.objects.count)() == 2
    await phone.leave()


async def test_what_is_told_to_the_candidates_page_leaves_the_phone_alone() -> None:
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await sync_to_async(live_view.ask)(sitting.pk)
    await sync_to_async(broadcasts.session_ended)(sitting.pk)
    assert (await phone.show("obama"))["type"] == "received"
    assert await state(sitting) == "connected"
    await phone.leave()


async def test_a_page_that_is_not_in_front_says_so_before_it_sleeps() -> None:
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await phone.show("obama")
    await phone.say(type="camera", live=False, cause="hidden", cameras=1)
    await phone.leave()
    assert (await sync_to_async(service.phone_of)(sitting.pk)).cause == "hidden"


async def test_a_required_phone_that_goes_is_an_incident_after_the_grace_and_nothing_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECOND_CAMERA_GRACE_SECONDS = 1
    monkeypatch.setattr(camera, "BEAT", 0.2)
    sitting = await make()
    phone = await Phone.with_token(await pair(sitting))
    await phone.show("obama")
    page = await Page.of(sitting, "exam")
    await phone.leave()
    incident = await the_incident("second_camera_lost")
    assert (incident.severity, incident.detail) == ("warning", {"cause": "disconnected"})
    again = await Phone.with_token(await pair(sitting))
    await again.show("obama")
    await until_over(incident)
    after = await sync_to_async(Sitting.objects.get)(pk=sitting.pk)
    assert (after.state, after.identity) == ("in_progress", "steady")
    await again.leave()
    await page.leave()


async def test_a_required_phone_that_never_comes_is_its_own_incident(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECOND_CAMERA_GRACE_SECONDS = 1
    monkeypatch.setattr(camera, "BEAT", 0.2)
    page = await Page.of(await make(), "exam")
    incident = await the_incident("second_camera_missing")
    assert incident.detail == {"cause": "never_paired"}
    await page.leave()


async def the_incident(kind: str) -> Incident:
    """Wait for an incident."""
    return await found(lambda: Incident.objects.filter(kind=kind).first())


async def until_over(incident: Incident) -> None:
    await found(lambda: Incident.objects.filter(pk=incident.pk, ended_at__isnull=False).first())


async def found(what: Callable[[], Incident | None]) -> Incident:
    """Ask until there is one."""
    for _ in range(60):
        one = await sync_to_async(what)()
        if one is not None:
            return one
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen in time")
