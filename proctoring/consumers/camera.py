"""The candidate's websocket: frames in, verdicts out. Speaks the protocol; what is decided is the desks' business.

A frame is answered before the next message is read, which is the back-pressure: the page waits for the verdict, and a
flood waits in the client's own socket. Nothing here writes for a frame, and no frame is logged.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.utils import translation
from django.utils.timezone import now as wall_clock

from exams.access import sitting_of_session
from exams.domain.lifecycle import ENDED, State
from exams.models import Sitting
from exams.threads import SOCKETS
from proctoring import broadcasts, live_view, presence, queries, verifier, wording
from proctoring.consumers.check_in import CheckInDesk
from proctoring.consumers.desk import Desk, Frame
from proctoring.consumers.exam import ExamDesk
from proctoring.consumers.pacing import pacing
from proctoring.consumers.socket import Socket
from proctoring.domain import protocol
from proctoring.domain.protocol import Camera, CloseCode, Hello, Purpose, Reply, Verdict
from proctoring.faces.engine import FRAME, Near, Observation, Unreadable
from proctoring.queries import CameraFacts
from proctoring.services import incidents
from proctoring.verifier import VerifierBusy, VerifierFailed

log = logging.getLogger(__name__)

FRAMES_A_SECOND: Final = 4.0
FRAMES_AT_ONCE: Final = 4
BEAT: Final = 5.0  # seconds
LIVE_INTERVAL: Final = 1000  # milliseconds between frames while an invigilator looks at the live picture
BEATS_BETWEEN_CHECKS: Final = 12  # once a minute: still signed in, still the same sitting?
SERVICE_RESTART: Final = 1012  # the code with which the server says goodbye when it stops
DESKS: Final[dict[Purpose, type[Desk]]] = {Purpose.CHECK_IN: CheckInDesk, Purpose.EXAM: ExamDesk}


class CameraConsumer(Socket):
    """One page of one candidate."""

    facts: CameraFacts | None = None
    desk: Desk | None = None
    client = ""
    beats: asyncio.Task[None] | None = None
    watched_until = 0.0  # by the monotonic clock: until then an invigilator looks at the live picture

    def stop(self) -> None:
        if self.beats is not None:
            self.beats.cancel()

    # --- coming and going --------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        self.limit(FRAMES_A_SECOND, FRAMES_AT_ONCE)
        self.facts = await self._read_facts()
        await self.accept()  # first: a close before it reaches the browser as a bare failure, without its reason
        if self.facts is None:
            await self._refuse("signed_out", wording.SIGNED_OUT, CloseCode.SIGNED_OUT)
        elif self.facts.state in ENDED:
            await self._refuse("ended", wording.ENDED, CloseCode.ENDED)

    async def disconnect(self, code: int) -> None:
        if self.beats is not None:
            self.beats.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.beats
        if self.desk is None or self.facts is None:
            return
        await self.channel_layer.group_discard(broadcasts.sitting_group(self.facts.sitting_id), self.channel_name)
        if not self.gone:
            await self.desk.leave(wall_clock())
            await self._note_leaving(incidents.SERVER_STOPPED if code == SERVICE_RESTART else "socket_closed")

    async def _begin(self, hello: Hello) -> None:
        """Take over from whichever socket spoke for the sitting, and open the desk."""
        facts, now = self.facts, wall_clock()
        if facts is None or self.desk is not None:
            return
        if hello.purpose not in DESKS:
            raise protocol.Malformed("a phone at the door of the page")
        if hello.purpose is Purpose.EXAM and not facts.may_watch:
            await self._refuse("not_allowed", wording.NOT_ALLOWED, CloseCode.NOT_ALLOWED)
            return
        if hello.purpose is Purpose.CHECK_IN and facts.device == "":  # a pass would belong to every browser
            await self._refuse("no_device", wording.NO_DEVICE, CloseCode.NOT_ALLOWED)
            return
        self.client = hello.client
        group = broadcasts.sitting_group(facts.sitting_id)
        if not facts.is_elsewhere:  # the camera where the exam goes on stays, until this device has passed the check
            await self.channel_layer.group_send(group, {"type": "sitting.superseded", "by": self.channel_name})
        await self.channel_layer.group_add(group, self.channel_name)
        await self._arrive()
        if facts.state is State.IN_PROGRESS and not facts.is_elsewhere:
            await self._end_gap()
        self.desk = DESKS[hello.purpose](facts, now)
        with translation.override(self.language):
            await self._say(await self.desk.greet(now))
        self.beats = asyncio.create_task(self._beat())

    # --- what the page says ------------------------------------------------------------------------------------------

    async def _receive_words(self, text: str) -> None:
        match self._checked_words(text):
            case Hello() as hello:
                await self._begin(hello)
            case Camera() as camera if self.desk is not None:
                await self._say(await self.desk.camera(camera, wall_clock()))

    async def _receive_frame(self, data: bytes) -> None:
        if self.desk is None:
            raise protocol.Malformed("a frame before hello")
        if await self._is_too_fast():
            return
        protocol.check_frame(data, FRAME.most_bytes)
        if not self.desk.wants_frames():
            await self._say((protocol.Verdict("not_wanted", str(wording.NOT_WATCHED), 10_000),))
            return
        taken_at = wall_clock()
        if self.facts is not None and not self.facts.is_elsewhere and time.monotonic() < self.watched_until:
            await live_view.show(self.facts.sitting_id, data, taken_at)
        try:
            observation = await self._observe(data, self.desk.near())
        except Unreadable:
            await self._say((protocol.Verdict("unreadable", str(wording.UNREADABLE), 1000),))
            return
        if observation is None:
            await self._say(await self.desk.missed(wall_clock()))
        else:
            self.desk.trail.remember(observation)
            await self._say(self._hurried(await self.desk.look(Frame(taken_at, data, observation))))

    def _hurried(self, replies: Sequence[Reply]) -> Sequence[Reply]:
        """Ask for the next frame sooner while somebody looks."""
        if time.monotonic() >= self.watched_until:
            return replies
        return [
            replace(reply, next_in_ms=min(reply.next_in_ms, LIVE_INTERVAL)) if isinstance(reply, Verdict) else reply
            for reply in replies
        ]

    async def _observe(self, data: bytes, near: Near | None) -> Observation | None:
        """Return what the verifier saw; None where it did not look, which says nothing about anybody."""
        began = time.monotonic()
        try:
            observation = await verifier.verifier().observe(data, near=near, key=self._key())
        except (VerifierBusy, VerifierFailed) as error:
            pacing.missed(error)
            return None
        pacing.answered(time.monotonic() - began)
        return observation

    def _key(self) -> str:
        """Name the camera: of one, only the newest frame waits. Another device has one of its own."""
        if self.facts is None:
            return ""
        return f"sitting-{self.facts.sitting_id}" + ("-elsewhere" if self.facts.is_elsewhere else "")

    # --- what the rest of the platform says --------------------------------------------------------------------------

    async def sitting_changed(self, event: dict[str, Any]) -> None:
        await self._refresh()
        if not self.gone:
            await self._say((protocol.Changed(),))

    async def sitting_watched(self, event: dict[str, Any]) -> None:
        """An invigilator looks: let frames come often for a while, the first one at once."""
        was_watched = time.monotonic() < self.watched_until
        self.watched_until = time.monotonic() + event["seconds"]
        if not was_watched and self.desk is not None and self.desk.wants_frames():
            await self._say((protocol.Look(),))

    async def sitting_ended(self, event: dict[str, Any]) -> None:
        await self._say((protocol.Changed(),))
        await self._refuse("ended", wording.ENDED, CloseCode.ENDED)

    async def sitting_session_ended(self, event: dict[str, Any]) -> None:
        await self._refresh()

    async def sitting_superseded(self, event: dict[str, Any]) -> None:
        if event["by"] != self.channel_name:
            await self._refuse("superseded", wording.SUPERSEDED, CloseCode.SUPERSEDED)

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """Do what time asks for, for as long as the socket is open."""
        count = 0
        while not self.gone and self.desk is not None:
            await asyncio.sleep(BEAT)
            count += 1
            try:
                with translation.override(self.language):
                    await self._say(await self.desk.beat(wall_clock()))
                    if count % BEATS_BETWEEN_CHECKS == 0:
                        await self._refresh()
            except Exception:  # one beat that fails (the database is away for a moment) must not be the last
                log.exception("A beat of a socket failed")

    async def _refresh(self) -> None:
        """Read the facts again; close where nobody is signed in any more or nothing is left to watch."""
        facts = await self._read_facts()
        if facts is None or (self.facts is not None and facts.sitting_id != self.facts.sitting_id):
            await self._refuse("signed_out", wording.SIGNED_OUT, CloseCode.SIGNED_OUT)
            return
        self.facts = facts
        if facts.state in ENDED:
            await self._refuse("ended", wording.ENDED, CloseCode.ENDED)
        elif facts.is_elsewhere and isinstance(self.desk, ExamDesk):
            await self._refuse("superseded", wording.SUPERSEDED, CloseCode.SUPERSEDED)
        elif self.desk is not None:
            await self._arrive()
            with translation.override(self.language):
                await self._say(await self.desk.refresh(facts, wall_clock()))

    async def _part(self) -> None:
        if self.desk is not None:
            await self.desk.leave(wall_clock())

    @SOCKETS.call
    def _read_facts(self) -> CameraFacts | None:
        sitting = sitting_of_session(_fresh(self.scope["session"]), self.scope.get("cookies", {}))
        return None if sitting is None else queries.camera_facts(sitting, wall_clock())

    @SOCKETS.call
    def _arrive(self) -> None:
        if self.facts is not None and not self.facts.is_elsewhere:
            presence.arrived(self.facts.sitting_id, self.channel_name)

    @SOCKETS.call
    def _end_gap(self) -> None:
        if self.facts is not None:
            sitting = Sitting.objects.select_related("enrolment__exam__plan").get(pk=self.facts.sitting_id)
            incidents.connection_back(sitting, at=wall_clock())

    @SOCKETS.call
    def _note_leaving(self, cause: str) -> None:
        """Begin a gap where the exam goes on without this socket."""
        if self.facts is None or not presence.left(self.facts.sitting_id, self.channel_name):
            return
        sitting = Sitting.objects.select_related("enrolment__exam__plan").filter(pk=self.facts.sitting_id).first()
        if sitting is not None and sitting.state == State.IN_PROGRESS and self.facts.may_watch:
            incidents.connection_lost(sitting, at=wall_clock(), cause=cause)


def _fresh(session: SessionBase) -> SessionBase:
    """Return the session as it is stored now: signing out elsewhere empties it."""
    return session.__class__(session.session_key)  # a lazy object: type() would be that of the wrapper
