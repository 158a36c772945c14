"""Phones as second cameras: paired sittings, and the websocket of a phone."""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.utils import timezone

from examplatform.asgi import application
from exams.models import Sitting
from exams.services import phone_links
from proctoring.services import second_camera
from proctoring.tests.factories import Page, passed_sitting


def link_of(sitting: Sitting, at: datetime | None = None) -> phone_links.Link:
    """Return the link of a code that was shown now, or at a time."""
    link = phone_links.opened(phone_links.signed(sitting, at or timezone.now()))
    assert link is not None
    return link


def room_sitting(rule: str = "required", **fields: Any) -> Sitting:
    """Return a sitting that has begun, of an exam that wants a second camera."""
    return passed_sitting(exam__second_camera=rule, **fields)


def paired(sitting: Sitting) -> str:
    """Pair a phone and return its token."""
    return second_camera.pair(link_of(sitting), timezone.now())


class Phone(Page):
    """The websocket of a phone, against the whole application."""

    def __init__(self, token: str) -> None:
        headers = [(b"origin", b"http://localhost"), (b"cookie", f"second_camera={token}".encode())]
        scope = {
            "type": "websocket",
            "path": "/ws/second-camera/",
            "query_string": b"",
            "subprotocols": [],
            "headers": headers,
        }
        self.socket = ApplicationCommunicator(application, scope)

    @classmethod
    async def with_token(cls, token: str) -> "Phone":
        """Open the socket of a phone and wait until it is asked for a picture."""
        phone = await sync_to_async(cls)(token)
        assert await phone.connects()
        assert await phone.told() == {"type": "received", "next_in_ms": 0}
        return phone
