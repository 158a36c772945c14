"""What the tests of the candidate's websocket share: sittings for async tests, a clock, the verifier asked once."""

import asyncio
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from exams.models import Sitting
from proctoring import verifier
from proctoring.consumers import camera
from proctoring.faces.engine import Observation
from proctoring.models import Incident
from proctoring.tests.factories import Page, camera_sitting, passed_sitting


class Remembering:
    """The real verifier, asked once for each picture: the same frames come again and again here."""

    seen: ClassVar[dict[bytes, Observation]] = {}

    def __init__(self, real: verifier.Verifier) -> None:
        self.real = real

    async def observe(self, jpeg: bytes, **hints: Any) -> Observation:
        if jpeg not in self.seen:
            self.seen[jpeg] = await self.real.observe(jpeg, **hints)
        return self.seen[jpeg]


class Clock:
    """A wall clock of the socket that moves when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(camera, "wall_clock", lambda: self.now)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


make = sync_to_async(camera_sitting)
make_passed = sync_to_async(passed_sitting)


@sync_to_async
def again(sitting: Sitting) -> Sitting:
    return Sitting.objects.get(pk=sitting.pk)


@sync_to_async
def kinds() -> list[str]:
    return list(Incident.objects.order_by("pk").values_list("kind", flat=True))


async def showing(page: Page, *names: str, until: str) -> dict[str, object]:
    """Send frames until a message of a type comes."""
    for shift in range(40):
        told = await page.show(*names, shift=shift % 5)
        if told["type"] == until:
            return told
        await asyncio.sleep(0.15)
    raise AssertionError(f"no {until} after 40 frames")
