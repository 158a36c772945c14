"""The candidate's websocket: frames in, verdicts out. Speaks the protocol; what is decided is the desks' business.

A frame is answered before the next message is read, which is the back-pressure: the page waits for the verdict, and a
flood waits in the client's own socket. Nothing here writes for a frame, and no frame is logged.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.sessions.backends.base import SessionBase
from django.utils import translation
from django.utils.timezone import now as wall_clock

from exams.access import sitting_of_session
from exams.domain.lifecycle import ENDED, State
from exams.models import Sitting
from proctoring import broadcasts, presence, queries, verifier, wording
from proctoring.consumers.check_in import CheckInDesk
from proctoring.consumers.desk import Desk, Frame
from proctoring.consumers.exam import ExamDesk
from proctoring.domain import protocol
from proctoring.domain.protocol import Camera, CloseCode, Hello, Purpose, Reply, TokenBucket
from proctoring.faces.engine import FRAME, Box, Observation, Unreadable
from proctoring.queries import CameraFacts
from proctoring.services import incidents
from proctoring.verifier import VerifierBusy, VerifierFailed

log = logging.getLogger(__name__)

FRAMES_A_SECOND: Final = 4.0
FRAMES_AT_ONCE: Final = 4
WORDS_A_SECOND: Final = 2.0
WORDS_AT_ONCE: Final = 8
BEAT: Final = 5.0  # seconds
BEATS_BETWEEN_CHECKS: Final = 12  # once a minute: still signed in, still the same sitting?
MOST_MALFORMED: Final = 5
SERVICE_RESTART: Final = 1012  # the code with which the server says goodbye when it stops
DESKS: Final[dict[Purpose, type[Desk]]] = {Purpose.CHECK_IN: CheckInDesk, Purpose.EXAM: ExamDesk}


class CameraConsumer(AsyncWebsocketConsumer):
    """One page of one candidate."""

    facts: CameraFacts | None = None
    desk: Desk | None = None
    client = ""
    beats: asyncio.Task[None] | None = None
    gone = False  # refused, superseded or ended: nothing more is said or written
    malformed = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # A thread of its own for the database: otherwise one slow query holds up the frames of everybody.
        async with ThreadSensitiveContext():
            try:
                await super().__call__(scope, receive, send)
            finally:
                if self.beats is not None:
                    self.beats.cancel()  # a socket that failed never comes to `disconnect`

    # --- coming and going --------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        self.frames = TokenBucket(FRAMES_A_SECOND, FRAMES_AT_ONCE)
        self.words = TokenBucket(WORDS_A_SECOND, WORDS_AT_ONCE)
        self.language = _language_of(self.scope)
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
        if hello.purpose is Purpose.EXAM and not facts.may_watch:
            await self._refuse("not_allowed", wording.NOT_ALLOWED, CloseCode.NOT_ALLOWED)
            return
        self.client = hello.client
        group = broadcasts.sitting_group(facts.sitting_id)
        await self.channel_layer.group_send(group, {"type": "sitting.superseded", "by": self.channel_name})
        await self.channel_layer.group_add(group, self.channel_name)
        await self._arrive()
        if facts.state is State.IN_PROGRESS:
            await self._end_gap()
        self.desk = DESKS[hello.purpose](facts, now)
        with translation.override(self.language):
            await self._say(await self.desk.greet(now))
        self.beats = asyncio.create_task(self._beat())

    # --- what the page says ------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.gone:
            return
        try:
            with translation.override(self.language):
                if bytes_data is not None:
                    await self._receive_frame(bytes_data)
                else:
                    await self._receive_words(text_data or "")
        except protocol.Malformed:
            await self._receive_malformed()

    async def _receive_words(self, text: str) -> None:
        if self.words.wait(time.monotonic()):
            raise protocol.Malformed("too many messages")
        match protocol.parse(text):
            case Hello() as hello:
                await self._begin(hello)
            case Camera() as camera if self.desk is not None:
                await self._say(await self.desk.camera(camera, wall_clock()))

    async def _receive_frame(self, data: bytes) -> None:
        if self.desk is None:
            raise protocol.Malformed("a frame before hello")
        if wait := self.frames.wait(time.monotonic()):
            await self._say((protocol.SlowDown(max(250, round(wait * 1000))),))
            return
        protocol.check_frame(data, FRAME.most_bytes)
        if not self.desk.wants_frames():
            await self._say((protocol.Verdict("not_wanted", str(wording.NOT_WATCHED), 10_000),))
            return
        taken_at = wall_clock()
        try:
            observation = await self._observe(data, self.desk.trail.near())
        except Unreadable:
            await self._say((protocol.Verdict("unreadable", str(wording.UNREADABLE), 1000),))
            return
        if observation is None:
            await self._say(await self.desk.missed(wall_clock()))
        else:
            self.desk.trail.remember(observation)
            await self._say(await self.desk.look(Frame(taken_at, data, observation)))

    async def _observe(self, data: bytes, near: Box | None) -> Observation | None:
        """Return what the verifier saw; None where it did not look, which says nothing about anybody."""
        try:
            return await verifier.verifier().observe(data, near=near)
        except VerifierBusy:
            return None
        except VerifierFailed as error:
            log.warning("A frame was not looked at: %s", error)
            return None

    async def _receive_malformed(self) -> None:
        self.malformed += 1
        if self.malformed >= MOST_MALFORMED:
            await self._refuse("malformed", wording.BAD_FRAME, CloseCode.MALFORMED)
        else:
            await self._say((protocol.Refused("malformed", str(wording.BAD_FRAME)),))

    # --- what the rest of the platform says --------------------------------------------------------------------------

    async def sitting_changed(self, event: dict[str, Any]) -> None:
        await self._refresh()
        if not self.gone:
            await self._say((protocol.Changed(),))

    async def sitting_ended(self, event: dict[str, Any]) -> None:
        await self._say((protocol.Changed(),))
        await self._refuse("ended", wording.ENDED, CloseCode.ENDED)

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
        elif self.desk is not None:
            await self._arrive()
            with translation.override(self.language):
                await self._say(await self.desk.refresh(facts, wall_clock()))

    async def _say(self, replies: Sequence[Reply]) -> None:
        if not self.gone:
            with contextlib.suppress(OSError):  # the browser has just gone: `disconnect` comes next
                for reply in replies:
                    await self.send(text_data=protocol.encode(reply))

    async def _refuse(self, error: str, message: Any, code: int) -> None:
        """Say why, close, and fall silent."""
        if self.gone:
            return
        with translation.override(self.language):
            await self._say((protocol.Refused(error, str(message)),))
        self.gone = True
        if self.desk is not None:
            await self.desk.leave(wall_clock())
        with contextlib.suppress(OSError):
            await self.close(code=code)

    @database_sync_to_async
    def _read_facts(self) -> CameraFacts | None:
        sitting = sitting_of_session(_fresh(self.scope["session"]))
        return None if sitting is None else queries.camera_facts(sitting, wall_clock())

    @database_sync_to_async
    def _arrive(self) -> None:
        if self.facts is not None:
            presence.arrived(self.facts.sitting_id, self.channel_name)

    @database_sync_to_async
    def _end_gap(self) -> None:
        if self.facts is not None:
            sitting = Sitting.objects.select_related("enrolment__exam__plan").get(pk=self.facts.sitting_id)
            incidents.connection_back(sitting, at=wall_clock())

    @database_sync_to_async
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


def _language_of(scope: Any) -> str:
    """Return the language of the page, from its cookie or its headers."""
    accepted = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"), "")
    request = SimpleNamespace(COOKIES=scope.get("cookies", {}), META={"HTTP_ACCEPT_LANGUAGE": accepted})
    return translation.get_language_from_request(request)  # type: ignore[arg-type]
