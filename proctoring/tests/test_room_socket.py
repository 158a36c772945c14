"""The invigilators' socket: notices for those who may watch, closed for everybody else; and who looks gets frames."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from examplatform.asgi import application
from exams.models import Sitting
from exams.tests.factories import browser_of
from proctoring import broadcasts, live_view
from proctoring.consumers import room
from proctoring.domain.protocol import CloseCode
from proctoring.tests import factories, scenes
from proctoring.tests.factories import Page, camera_sitting, passed_sitting

pytestmark = pytest.mark.django_db(transaction=True)


class Watcher:
    """The socket of an invigilator's page, against the whole application."""

    def __init__(self, client: Client, exam_id: int, origin: str = "http://localhost") -> None:
        cookie = client.cookies.get("sessionid")
        session = cookie.value if cookie else ""
        headers = [(b"origin", origin.encode()), (b"cookie", f"sessionid={session}".encode())]
        path = f"/ws/room/{exam_id}/"
        scope = {"type": "websocket", "path": path, "query_string": b"", "subprotocols": [], "headers": headers}
        self.socket = ApplicationCommunicator(application, scope)

    async def enter(self) -> "Watcher":
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.socket.receive_output(10))["type"] == "websocket.accept"
        return self

    async def told(self, within: float = 10) -> str:
        event = await self.socket.receive_output(within)
        assert event["type"] == "websocket.send", event
        return str(json.loads(event["text"])["type"])

    async def closed(self) -> int:
        event = await self.socket.receive_output(10)
        assert event["type"] == "websocket.close", event
        return int(event["code"])

    async def leave(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(timeout=10)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@sync_to_async
def signed_in(*permissions: str) -> tuple[Client, User]:
    user = factories.staff(*permissions)
    return client_of(user), user


async def test_whoever_watches_hears_once_of_a_burst_of_changes() -> None:
    sitting = await sync_to_async(passed_sitting)(photo=None)
    exam_id = sitting.enrolment.exam_id
    client, _user = await signed_in("proctoring.watch_room")
    watcher = await Watcher(client, exam_id).enter()
    assert await watcher.told() == "ready"
    for _time in range(5):
        await sync_to_async(broadcasts.room_changed)(exam_id)
    assert await watcher.told() == "changed"
    assert await watcher.socket.receive_nothing(timeout=1)
    await watcher.leave()


async def test_another_exam_is_nobodys_business() -> None:
    first = await sync_to_async(passed_sitting)(photo=None)
    second = await sync_to_async(passed_sitting)(photo=None)
    client, _user = await signed_in("proctoring.watch_room")
    watcher = await Watcher(client, first.enrolment.exam_id).enter()
    assert await watcher.told() == "ready"
    await sync_to_async(broadcasts.room_changed)(second.enrolment.exam_id)
    assert await watcher.socket.receive_nothing(timeout=1)
    await watcher.leave()


async def test_strangers_candidates_and_staff_without_the_right_are_closed_out() -> None:
    sitting = await sync_to_async(passed_sitting)(photo=None)
    without, _user = await signed_in("exams.view_sitting")
    for client in (Client(), await sync_to_async(browser_of)(sitting), without):
        watcher = await Watcher(client, sitting.enrolment.exam_id).enter()
        assert await watcher.closed() == CloseCode.NOT_ALLOWED


async def test_an_exam_that_is_not_there_is_closed() -> None:
    client, _user = await signed_in("proctoring.watch_room")
    assert await (await Watcher(client, 987654).enter()).closed() == CloseCode.NOT_ALLOWED


async def test_signing_out_closes_the_door_behind_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CHECKED_EVERY", 0.2)
    sitting = await sync_to_async(passed_sitting)(photo=None)
    client, _user = await signed_in("proctoring.watch_room")
    watcher = await Watcher(client, sitting.enrolment.exam_id).enter()
    assert await watcher.told() == "ready"
    await sync_to_async(client.logout)()
    assert await watcher.closed() == CloseCode.NOT_ALLOWED


async def test_a_page_that_speaks_is_none_of_ours() -> None:
    sitting = await sync_to_async(passed_sitting)(photo=None)
    client, _user = await signed_in("proctoring.watch_room")
    watcher = await Watcher(client, sitting.enrolment.exam_id).enter()
    assert await watcher.told() == "ready"
    await watcher.socket.send_input({"type": "websocket.receive", "text": "{}"})
    assert await watcher.closed() == CloseCode.MALFORMED


# --- the live picture ------------------------------------------------------------------------------------------------


async def frame_of(sitting: Sitting) -> Any:
    return await sync_to_async(live_view.newest)(sitting.pk)


async def test_frames_are_kept_only_while_somebody_looks() -> None:
    await sync_to_async(cache.clear)()
    sitting = await sync_to_async(passed_sitting)()
    page = await Page.of(sitting, "exam")
    verdict = await page.show("obama")
    assert await frame_of(sitting) is None
    assert verdict["next_in_ms"] > 1000
    await sync_to_async(live_view.ask)(sitting.pk)
    assert (await page.told())["type"] == "look"
    shown = scenes.frame("obama", shift=9)
    await page.send(shown)
    assert (await page.told("verdict"))["next_in_ms"] <= 1000
    assert (await frame_of(sitting))[1] == shown
    await page.leave()


async def test_the_lease_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_view, "LEASE", 0.3)
    await sync_to_async(cache.clear)()
    sitting = await sync_to_async(passed_sitting)()
    page = await Page.of(sitting, "exam")
    await page.show("obama")
    await sync_to_async(live_view.ask)(sitting.pk)
    assert (await page.told())["type"] == "look"
    await asyncio.sleep(0.4)
    await page.show("obama")
    assert await frame_of(sitting) is None
    await page.leave()


async def test_a_page_that_sends_no_frames_is_not_asked_for_any() -> None:
    await sync_to_async(cache.clear)()
    sitting = await sync_to_async(camera_sitting)(check_in="held")
    page = await Page.of(sitting, "check_in")
    await page.told("check_in")
    await sync_to_async(live_view.ask)(sitting.pk)
    assert await page.socket.receive_nothing(timeout=1)
    await page.leave()
