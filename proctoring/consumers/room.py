"""The invigilators' websocket: notices that something in their exam differs, and nothing else. The page then asks.

Notices come in bursts (a whole exam is extended at once); a page hears of a burst once.
"""

import asyncio
import contextlib
import json
import logging
from typing import Any, Final

from exams.threads import SOCKETS
from proctoring import access, broadcasts
from proctoring.consumers.light import LightConsumer
from proctoring.domain.protocol import CloseCode

log = logging.getLogger(__name__)
GATHERED: Final = 0.4  # seconds in which further notices are heard as one
CHECKED_EVERY: Final = 30.0  # seconds: still signed in, still allowed?


class RoomConsumer(LightConsumer):
    """One page of one invigilator."""

    exam_id = 0
    is_in = False
    notice: asyncio.Task[None] | None = None
    checks: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in (self.notice, self.checks):
                if task is not None:
                    task.cancel()

    async def connect(self) -> None:
        self.exam_id = self.scope["url_route"]["kwargs"]["exam_id"]
        allowed = await self._is_allowed()
        await self.accept()  # first: a close before it reaches the browser without its code
        if not allowed:
            await self.close(code=CloseCode.NOT_ALLOWED)
            return
        self.is_in = True
        await self.channel_layer.group_add(broadcasts.room_group(self.exam_id), self.channel_name)
        self.checks = asyncio.create_task(self._check_now_and_then())
        await self._say("ready")

    async def disconnect(self, code: int) -> None:
        if self.is_in:
            await self.channel_layer.group_discard(broadcasts.room_group(self.exam_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page of ours says nothing here."""
        await self.close(code=CloseCode.MALFORMED)

    async def room_changed(self, event: dict[str, Any]) -> None:
        if self.notice is None or self.notice.done():
            self.notice = asyncio.create_task(self._notify())

    async def _notify(self) -> None:
        await asyncio.sleep(GATHERED)
        await self._say("changed")

    async def _check_now_and_then(self) -> None:
        """Close the door behind whoever has signed out or lost the permission."""
        while True:
            await asyncio.sleep(CHECKED_EVERY)
            try:
                allowed = await self._is_allowed()
            except Exception:  # the database is away for a moment: ask again
                log.exception("A room could not be checked")
                continue
            if not allowed:
                await self.close(code=CloseCode.NOT_ALLOWED)
                return

    async def _say(self, kind: str) -> None:
        with contextlib.suppress(OSError):  # the browser has just gone
            await self.send(text_data=json.dumps({"type": kind}))

    @SOCKETS.call
    def _is_allowed(self) -> bool:
        session = self.scope["session"]
        fresh = session.__class__(session.session_key)  # as it is stored now: signing out elsewhere empties it
        user = access.watcher_of_session(fresh)
        if user is None:
            return False
        with contextlib.suppress(access.NotThere):
            access.watched_exam(user, self.exam_id)
            return True
        return False
