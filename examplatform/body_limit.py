"""Refuses a body that is too large while it arrives: Django reads all of it to disk before a view is asked.

A body that says its length is refused at once, one that is sent in pieces without saying it as soon as it is too long.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from asgiref.typing import ASGIReceiveEvent
from django.http import parse_cookie
from django.utils import translation
from django.utils.translation import gettext as _

TOO_LARGE = 413
Application = Callable[..., Any]


class _TooLong(Exception):
    """More has come than is taken."""


class BodyLimit:
    """Wraps the part of the application that speaks HTTP; `largest` says how many bytes paths that begin so take."""

    def __init__(self, application: Application, largest: Mapping[str, int]) -> None:
        self.application = application
        self.largest = largest

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        most, taken, is_answered = self._largest_of(scope["path"]), 0, False

        async def counted() -> ASGIReceiveEvent:
            nonlocal taken
            event: ASGIReceiveEvent = await receive()
            taken += len(event.get("body", b""))  # type: ignore[arg-type]
            if taken > most:
                raise _TooLong
            return event

        async def noted(event: Any) -> None:
            nonlocal is_answered
            is_answered = True
            await send(event)

        if _said_length(scope) > most:
            await _refuse(scope, send)
            return
        try:
            await self.application(scope, counted, noted)
        except _TooLong:
            if not is_answered:
                await _refuse(scope, send)

    def _largest_of(self, path: str) -> int:
        return self.largest[max((start for start in self.largest if path.startswith(start)), key=len)]


def _said_length(scope: Any) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0


async def _refuse(scope: Any, send: Any) -> None:
    with translation.override(_language_of(scope)):
        text = _("提交的内容过大，未被接收。请缩小后再试。")
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": TOO_LARGE, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _language_of(scope: Any) -> str:
    """Return the language of the page, from its cookie or its headers."""
    said = {name: value.decode("latin-1") for name, value in scope["headers"]}
    cookies = parse_cookie(said.get(b"cookie", ""))
    request = SimpleNamespace(COOKIES=cookies, META={"HTTP_ACCEPT_LANGUAGE": said.get(b"accept-language", "")})
    return translation.get_language_from_request(request)  # type: ignore[arg-type]
