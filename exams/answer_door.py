"""The fast door for answers: takes the plain saves of a running exam before Django, and hands on everything else.

It lets through whom Django would let through, by Django's own checks of host, origin and token and by `exams.access`,
and stores by the same statement. It words no refusal: whatever is not simply saved is asked of Django's view again,
which is harmless, since an answer is stored and logged once however often it is sent (decision 0012).
"""

import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from time import monotonic
from typing import Any

from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.sessions import given_key
from exams import access
from exams.access import Pass
from exams.domain import arrivals
from exams.domain.arrivals import MOST_BYTES, Arrival, Fault, Malformed
from exams.services.database_thread import ConnectionLost, DatabaseThread
from exams.services.group_commit import GroupCommit, Unavailable
from exams.services.responses import Saved
from exams.views.responses import ANSWERS, CAME_AT, reply

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PASS_LASTS = 600.0  # seconds; what may change meanwhile is looked at by the statement that stores
MOST_PASSES = 5_000
COME_BACK_SECONDS = 3


class AnswerDoor:
    """Wraps the part of the application that speaks HTTP."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application
        self.path = reverse("exams:responses")
        self.commit = GroupCommit()
        self._passes = _Passes()
        self._csrf = _CsrfCheck(_nothing)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] != self.path or scope["method"] != "POST":
            await self.application(scope, receive, send)
            return
        content, again = await _read(receive)
        scope[CAME_AT] = monotonic()
        request = ASGIRequest(scope, BytesIO())
        try:
            saved = await self._saved(request, content)
        except (Unavailable, ConnectionLost, OperationalError):
            await _send(send, 503, _unavailable(request), (b"retry-after", b"%d" % COME_BACK_SECONDS))
            return
        if saved is None:
            await self.application(scope, again, send)
        else:
            await _send(send, 200, reply(saved))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Stand open for as long as the block lasts; then write what waits, and give the connections back."""
        try:
            yield
        finally:
            await self.commit.close()
            await self._passes.close()

    async def _saved(self, request: ASGIRequest, content: bytes) -> Saved | None:
        """Return what was stored, or None where Django has to look at it."""
        session_key = self._session_key(request)
        if session_key is None:
            return None
        try:
            arrival = await self._arrival(session_key, _parsed(content), request.scope[CAME_AT])
        except Malformed:
            return None
        if arrival is None or ANSWERS.wait((arrival.sitting_id, session_key), monotonic()):
            return None
        saved = await self.commit.save(arrival)
        if saved is None or saved.error or saved.todo:
            self._passes.forget(session_key)
            return None
        return replace(saved, server_now=saved.received_at + timedelta(seconds=monotonic() - arrival.came_at))

    def _session_key(self, request: ASGIRequest) -> str | None:
        """Return the session for which a page of ours speaks, or None where Django must look, or turn it away."""
        with suppress(DisallowedHost):
            request.get_host()
            self._csrf.process_request(request)
            if self._csrf.process_view(request, _nothing, (), {}) is None:
                return given_key(request.COOKIES)
        return None

    async def _arrival(self, session_key: str, body: dict[str, object], came_at: float) -> Arrival | None:
        named, sender = arrivals.sitting(body), arrivals.sender(body)
        known = await self._passes.of(session_key)
        if known is None or named not in {None, known.sitting_id}:
            return None
        ops = arrivals.ops(body, known.slots)
        return Arrival(known.sitting_id, sender, ops, rule=None, came_at=came_at, sign_in=known.session)


class _Passes:
    """The passes of those who answer, each looked up once in ten minutes. Belongs to one event loop."""

    def __init__(self) -> None:
        self._passes: OrderedDict[str, tuple[float, Pass]] = OrderedDict()
        self._thread = DatabaseThread("passes")

    async def of(self, session_key: str) -> Pass | None:
        made_at, known = self._passes.get(session_key, (0.0, None))
        if known is not None and monotonic() - made_at < PASS_LASTS:
            return known
        known = await self._look_up(session_key)
        if known is not None:
            self._passes[session_key] = monotonic(), known
            if len(self._passes) > MOST_PASSES:
                self._passes.popitem(last=False)
        return known

    def forget(self, session_key: str) -> None:
        self._passes.pop(session_key, None)

    async def close(self) -> None:
        await self._thread.close()

    async def _look_up(self, session_key: str) -> Pass | None:
        with suppress(ConnectionLost):  # it may have broken long ago, unnoticed
            return await self._thread.run(access.pass_of, session_key)
        return await self._thread.run(access.pass_of, session_key)


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check without its answer: whoever fails it is answered by Django itself."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason)


def _nothing(request: HttpRequest) -> HttpResponse:
    """Stand for the view behind the check."""
    return HttpResponse()


def _parsed(content: bytes) -> dict[str, object]:
    """Return the object that the page sent, or raise `Malformed`."""
    if len(content) > MOST_BYTES:
        raise Malformed(Fault.TOO_LARGE)
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise Malformed(Fault.NOT_JSON) from None
    if not isinstance(body, dict):
        raise Malformed(Fault.NOT_JSON)
    return body


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """Return the body, as far as one is taken, and a way to receive the request again from its beginning."""
    came: list[Message] = []
    size = 0
    while size <= MOST_BYTES:
        came.append(await receive())
        size += len(came[-1].get("body", b""))
        if not came[-1].get("more_body"):
            break
    once_more = iter(tuple(came))

    async def again() -> Message:
        return next(once_more, None) or await receive()

    return b"".join(message.get("body", b"") for message in came), again


async def _send(send: Send, status: int, answer: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
    content = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
    always = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(content)),
        (b"cache-control", b"no-store, private"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*always, *headers]})
    await send({"type": "http.response.body", "body": content})


def _unavailable(request: ASGIRequest) -> dict[str, Any]:
    with translation.override(translation.get_language_from_request(request)):
        text = _("服务器暂时无法保存作答。请继续答题，页面会自动重试，作答不会丢失。")
    return {"error": "unavailable", "message": text}
