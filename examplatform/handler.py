"""How a request runs: all of Django's synchronous chain at once, in one of a few lasting threads. Decision record 0011.

Django's own ASGI handler makes a thread for each request, and with it a connection to the database: two hundred who
come in the same second would exhaust PostgreSQL.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from examplatform import overload
from exams.threads import DatabaseThreads, Overloaded

STAFF_PATHS = ("/admin/", "/room/", "/staff/")  # an export of theirs never takes a thread from candidates


class RequestHandler(ASGIHandler):
    """Answers HTTP; who finds too many waiting is told when to come back, and the database is left in peace."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.candidates = DatabaseThreads("request", settings.REQUEST_THREADS, settings.REQUEST_QUEUE)
        self.staff = DatabaseThreads("staff", settings.STAFF_THREADS, settings.REQUEST_QUEUE)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        set_script_prefix(get_script_prefix(scope))
        request, error = self.create_request(scope, body)
        if request is None:
            body.close()
            await self.send_response(cast(HttpResponseBase, error), send)
        elif _is_static(request.path_info):
            await self.send_response(self._answer(scope, request), send)  # from the disk alone: not worth a turn
        else:
            await self._answer_in_turn(scope, request, receive, send)

    async def _answer_in_turn(self, scope: Any, request: HttpRequest, receive: Any, send: Any) -> None:
        threads = self.staff if request.path_info.startswith(STAFF_PATHS) else self.candidates
        turn = _Turn(partial(self._answer, scope, request))
        response: HttpResponseBase | None
        try:
            response = await _while_there(threads, turn, receive)
        except Overloaded:
            response = overload.response(request)
        if not turn.has_begun:
            request.close()
        if response is None:
            return
        if response.streaming:
            await _stream(threads, response, partial(self.send_response, send=send))
        else:
            await self.send_response(response, send)

    def _answer(self, scope: Any, request: HttpRequest) -> HttpResponseBase:
        """Run the whole chain; nothing is left to do in this thread but the parts of a stream."""
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self.get_response(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()  # and the request with it; what was rendered can still be read
        return response


@dataclass
class _Turn:
    """The work on one request, and whether a thread has taken it up."""

    answer: Callable[[], HttpResponseBase]
    has_begun: bool = False

    def __call__(self) -> HttpResponseBase:
        self.has_begun = True
        return self.answer()


async def _while_there(threads: DatabaseThreads, turn: _Turn, receive: Any) -> HttpResponseBase | None:
    """Return the answer, or None where the browser went away while it waited: a reload must not wait behind itself."""
    if not threads.is_busy:
        return await threads.run(turn)
    working, leaving = asyncio.ensure_future(threads.run(turn)), asyncio.ensure_future(receive())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait((working, leaving))


async def _stream(threads: DatabaseThreads, response: Any, send: Callable[[Any], Any]) -> None:
    """Send a stream part by part; each is read in a thread, since it may come from the database or a disk."""
    parts = iter(response.streaming_content)

    async def read() -> Any:
        while (part := await threads.run(next, parts, None)) is not None:
            yield part

    response.streaming_content = read()
    try:
        await send(response)
    finally:
        await threads.run(response.close)


def _is_static(path: str) -> bool:
    return not settings.DEBUG and path.startswith(settings.STATIC_URL)
