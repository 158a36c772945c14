"""Sittings with a camera: who agreed to it, who has a photo, and what stands before the camera."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from examplatform.asgi import application
from exams.domain.consent import VERSION
from exams.models import Exam, ReferencePhoto, Sitting
from exams.services import sittings
from exams.tests.factories import CLIENT, SittingFactory, browser_of
from proctoring.domain import matching
from proctoring.domain.check_in import Attempt, Decision, GoodFrame, Outcome
from proctoring.domain.matching import Descriptor
from proctoring.faces import engine
from proctoring.services import identity
from proctoring.tests import scenes

THRESHOLD = 0.45


@cache
def described(name: str) -> Descriptor:
    """Return the descriptor of a portrait."""
    report = engine.describe_photo(scenes.photo(name))
    assert report.descriptor is not None
    return report.descriptor


def camera_sitting(
    *, agreed: bool | None = True, photo: str | None = "obama", begun: bool = False, **fields: Any
) -> Sitting:
    """Return a sitting of an exam that watches throughout; `agreed` None: the consent is not answered yet."""
    fields = {"exam__face_rule": Exam.FaceRule.CONTINUOUS.value} | fields
    sitting = SittingFactory(**fields)
    if agreed is not None:
        sitting.enrolment.consents.create(version=VERSION, given=agreed, at=timezone.now())
    if photo:
        give_photo(sitting, photo)
    if begun:
        sittings.begin(sitting, CLIENT, timezone.now())
    return Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)


def passed_sitting(**fields: Any) -> Sitting:
    """Return one that has passed its check-in and has begun."""
    return camera_sitting(check_in="passed", begun=True, **fields)


def give_photo(sitting: Sitting, name: str) -> ReferencePhoto:
    """Register a portrait as the reference photo."""
    photo = ReferencePhoto.objects.create(
        enrolment=sitting.enrolment,
        data=scenes.photo(name),
        digest=name,
        reason="test",
        expires_at=timezone.now() + timedelta(days=30),
    )
    identity.store_template(photo, described(name))
    return photo


def attempt_of(name: str, *, at: datetime | None = None) -> Attempt:
    """Return an attempt with five frames of one portrait."""
    at = at or timezone.now()
    frames = tuple(
        GoodFrame(at + timedelta(seconds=index / 2), described(name), scenes.photo(name)) for index in range(5)
    )
    return Attempt(at, frames)


def decision(outcome: Outcome, name: str = "obama") -> Decision:
    """Return a decision on a portrait against obama.jpg."""
    return Decision(outcome, 5, matching.distance(described(name), described("obama")), THRESHOLD)


def staff(*permissions: str) -> User:
    """Return a staff user with these permissions, named `app.codename`."""
    user = User.objects.create_user(f"staff-{User.objects.count()}", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


class Page:
    """The websocket of a candidate's page, against the whole application."""

    def __init__(
        self,
        sitting: Sitting | None,
        *,
        language: str = "zh-hans",
        origin: str = "http://localhost",
        device: str = "browser",
    ) -> None:
        session = browser_of(sitting).cookies["sessionid"].value if sitting else ""
        scope = {
            "type": "websocket",
            "path": "/ws/sitting/",
            "query_string": b"",
            "subprotocols": [],
            "headers": [
                (b"origin", origin.encode()),
                (b"cookie", f"sessionid={session}; django_language={language}; device={device}".encode()),
            ],
        }
        self.socket = ApplicationCommunicator(application, scope)

    @classmethod
    async def of(cls, sitting: Sitting, purpose: str, client: str = "page-1", **options: Any) -> "Page":
        """Open the page of a candidate and say hello."""
        page = await sync_to_async(cls)(sitting, **options)
        assert await page.connects()
        await page.say(type="hello", purpose=purpose, client=client, cameras=1)
        return page

    async def connects(self) -> bool:
        """Tell whether the server lets the socket in."""
        await self.socket.send_input({"type": "websocket.connect"})
        event = await self.socket.receive_output(timeout=10)
        return bool(event["type"] == "websocket.accept")

    async def say(self, **message: Any) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def send(self, frame: bytes) -> None:
        await self.socket.send_input({"type": "websocket.receive", "bytes": frame})

    async def show(self, *names: str, **options: Any) -> dict[str, Any]:
        """Send a frame of these people and return the answer."""
        await self.send(scenes.frame(*names, **options))
        return await self.told()

    async def told(self, kind: str | None = None) -> dict[str, Any]:
        """Return the next message, or the next of a kind."""
        while True:
            event = await self.socket.receive_output(timeout=30)
            assert event["type"] == "websocket.send", event
            message: dict[str, Any] = json.loads(event["text"])
            if kind is None or message["type"] == kind:
                return message

    async def closed(self) -> int:
        """Wait for the server to close and return the code."""
        while True:
            event = await self.socket.receive_output(timeout=10)
            if event["type"] == "websocket.close":
                return int(event["code"])

    async def leave(self) -> None:
        """Go away, as a closed tab does, and wait until the server has noticed."""
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(timeout=10)
