"""What the websockets of a candidate's page and of a phone have in common: limits, words, and how to end."""

import contextlib
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

from django.utils import translation

from exams.domain.pace import TokenBucket
from proctoring import wording
from proctoring.consumers.light import LightConsumer
from proctoring.domain import protocol
from proctoring.domain.protocol import CloseCode, Reply

WORDS_A_SECOND: Final = 2.0
WORDS_AT_ONCE: Final = 8
MOST_MALFORMED: Final = 5


class Socket(LightConsumer):
    """Reads messages one at a time, which is the back-pressure; counts what no page of ours would send."""

    gone = False  # refused, superseded or ended: nothing more is said or written
    malformed = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.stop()  # a socket that failed never comes to `disconnect`

    def stop(self) -> None:
        """End what runs beside the socket."""

    def limit(self, frames_a_second: float, frames_at_once: int) -> None:
        """Set how often the other side may speak, and in which language it is answered."""
        self.frames = TokenBucket(frames_a_second, frames_at_once)
        self.words = TokenBucket(WORDS_A_SECOND, WORDS_AT_ONCE)
        self.language = _language_of(self.scope)

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

    async def _receive_frame(self, data: bytes) -> None:
        raise NotImplementedError

    async def _receive_words(self, text: str) -> None:
        raise NotImplementedError

    def _checked_words(self, text: str) -> protocol.Hello | protocol.Camera:
        if self.words.wait(time.monotonic()):
            raise protocol.Malformed("too many messages")
        return protocol.parse(text)

    async def _is_too_fast(self) -> bool:
        """Tell whether a frame came too soon after others; it is answered, and not looked at."""
        wait = self.frames.wait(time.monotonic())
        if wait:
            await self._say((protocol.SlowDown(max(250, round(wait * 1000))),))
        return wait > 0

    async def _receive_malformed(self) -> None:
        self.malformed += 1
        if self.malformed >= MOST_MALFORMED:
            await self._refuse("malformed", wording.BAD_FRAME, CloseCode.MALFORMED)
        else:
            await self._say((protocol.Refused("malformed", str(wording.BAD_FRAME)),))

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
        await self._part()
        with contextlib.suppress(OSError):
            await self.close(code=code)

    async def _part(self) -> None:
        """Write down what has been gathered; nothing more is said."""


def _language_of(scope: Any) -> str:
    """Return the language of the page, from its cookie or its headers."""
    accepted = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"), "")
    request = SimpleNamespace(COOKIES=scope.get("cookies", {}), META={"HTTP_ACCEPT_LANGUAGE": accepted})
    return translation.get_language_from_request(request)  # type: ignore[arg-type]
