"""Looks, from the exam page's socket, whether the phone shows the room: its own absence is what a phone cannot tell."""

from datetime import datetime, timedelta

from django.conf import settings

from exams.models import Sitting
from exams.threads import SOCKETS
from proctoring.domain import second_camera as domain
from proctoring.domain.second_camera import Absence, Close, Open, Phone, Rule
from proctoring.queries import CameraFacts
from proctoring.services import second_camera


class RoomWatch:
    """Remembers from beat to beat since when there is no room to see. No database work unless something changes."""

    def __init__(self, facts: CameraFacts) -> None:
        self.refresh(facts)
        self.absence = Absence()

    def refresh(self, facts: CameraFacts) -> None:
        """Take new facts into account: a phone that was paired or sent away."""
        self.sitting_id = facts.sitting_id
        self.rule = Rule(facts.second_camera)
        self.phone = facts.phone

    async def beat(self, now: datetime) -> None:
        """Look; called every few seconds while the sitting is watched."""
        if self.rule is Rule.OFF:
            return
        phone = Phone(self.phone.is_paired, self.phone.was_paired, await self._cause())
        grace = timedelta(seconds=settings.SECOND_CAMERA_GRACE_SECONDS)
        self.absence, change = domain.look(self.absence, self.rule, phone, now, grace)
        if change is not None:
            await self._record(change)

    async def suspend(self, now: datetime) -> None:
        """End what is open, because nobody needs to be there."""
        if self.rule is not Rule.OFF:
            self.absence = Absence(may_be_open=False)
            await self._record(Close(now))

    @SOCKETS.call
    def _cause(self) -> str | None:
        return second_camera.cause_of(self.sitting_id)

    @SOCKETS.call
    def _record(self, change: Open | Close) -> None:
        sitting = Sitting.objects.select_related("enrolment__exam__plan").get(pk=self.sitting_id)
        second_camera.record(sitting, change)
