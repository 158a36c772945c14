"""As much of a browser as a candidate's way needs: cookies, forms, JSON and one kept connection, at little cost.

One process plays hundreds of them beside the servers it measures, so the parser is uvicorn's own.
"""

import asyncio
import json
import ssl
from http.cookies import SimpleCookie
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode, urlsplit

import httptools

PATIENCE = 60  # seconds for one answer
MOST_REDIRECTS = 6
REDIRECTS = frozenset({301, 302, 303})
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Dropped(ConnectionError):
    """The connection was cut before the answer had come."""


class Answer(NamedTuple):
    """What the server said, and the bytes that the question and the answer took on the wire."""

    status: int
    body: str
    headers: dict[str, str]
    sent: int
    received: int

    def json(self) -> dict[str, Any]:
        """Return the object of the body; an empty one where it has none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Browser:
    """One candidate's HTTP; not to be used by two tasks at once."""

    def __init__(self, origin: str, *, language: str = "zh-hans") -> None:
        parts = urlsplit(origin)
        self.origin = origin
        self.is_secure = parts.scheme == "https"
        self.host, self.port = parts.hostname or "", parts.port or (443 if self.is_secure else 80)
        self.language = language
        self.cookies: dict[str, str] = {}
        self._host = parts.netloc
        self._wire: _Wire | None = None

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, **form: str) -> Answer:
        return await self.ask("POST", path, urlencode(form).encode(), FORM)

    async def post_json(self, path: str, body: object) -> Answer:
        return await self.ask("POST", path, json.dumps(body, separators=(",", ":")).encode(), JSON)

    async def follow(self, answer: Answer) -> tuple[str, Answer]:
        """Go where the server sends a browser; return the path of the page in the end, and the page."""
        path = ""
        for _ in range(MOST_REDIRECTS):
            if answer.status not in REDIRECTS:
                break
            path = urlsplit(answer.headers["location"]).path
            answer = await self.get(path)
        return path, answer

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """Ask, once more on a new connection where the server had closed the kept one, as a browser does."""
        request = self._request(method, path, body, kind)
        async with asyncio.timeout(PATIENCE):
            if self._wire is not None and not self._wire.is_closed:
                try:
                    return self._remember(await self._wire.ask(request))
                except Dropped as dropped:
                    if dropped.args:  # something of an answer had come, or we cut it ourselves
                        raise
            self._wire = await self._connect()
            return self._remember(await self._wire.ask(request))

    async def send_and_hang_up(self, path: str, body: object, *, after: float = 0.0) -> None:
        """Send a request and cut the connection without hearing the answer: the server may have acted on it, or not."""
        request = self._request("POST", path, json.dumps(body, separators=(",", ":")).encode(), JSON)
        if self._wire is None or self._wire.is_closed:
            self._wire = await self._connect()
        self._wire.write(request)
        await asyncio.sleep(after)
        self.hang_up()

    def hang_up(self) -> None:
        """Cut the connection at once, as a network that goes away does."""
        if self._wire is not None:
            self._wire.cut()
            self._wire = None

    def redirect_to(self, port: int) -> None:
        """Go to the same server by another port from now on, as through a network that somebody put in between."""
        self.hang_up()
        self.port = port

    async def _connect(self) -> "_Wire":
        secured: ssl.SSLContext | None = ssl.create_default_context() if self.is_secure else None
        loop = asyncio.get_running_loop()
        _transport, wire = await loop.create_connection(_Wire, self.host, self.port, ssl=secured)
        return wire

    def _request(self, method: str, path: str, body: bytes, kind: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Accept-Language: {self.language}"]
        if self.cookies:
            lines.append(f"Cookie: {self.cookie}")
        if method == "POST":
            token = self.cookies.get("csrftoken", "")
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}", f"X-CSRFToken: {token}"]
            if self.is_secure:
                lines += [f"Origin: {self.origin}", f"Referer: {self.origin}{path}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _remember(self, answer: Answer) -> Answer:
        if given := answer.headers.get("set-cookie"):
            for line in given.split("\n"):
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(line).items()}
        return answer


class _Wire(asyncio.Protocol):
    """One connection: one question at a time, parsed as its answer arrives."""

    def __init__(self) -> None:
        self.is_closed = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._sent = 0
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._received = 0

    async def ask(self, request: bytes) -> Answer:
        self._begin()
        self._waiting = asyncio.get_running_loop().create_future()
        self.write(request)
        return await self._waiting

    def write(self, request: bytes) -> None:
        if self._transport is None or self.is_closed:
            raise Dropped
        self._sent = len(request)
        self._transport.write(request)

    def cut(self) -> None:
        self.is_closed = True
        if self._transport is not None:
            self._transport.abort()

    # --- what asyncio says -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Dropped(f"not HTTP: {error}"))
            self.cut()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        self._fail(Dropped("in the middle of an answer") if self._received else Dropped())

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    # --- what the parser says ----------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}\n{text}" if key in self._headers else text

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.is_closed = True
        if self._waiting is not None and not self._waiting.done():
            body = b"".join(self._parts).decode(errors="replace")
            status = self._parser.get_status_code()
            self._waiting.set_result(Answer(status, body, self._headers, self._sent, self._received))
