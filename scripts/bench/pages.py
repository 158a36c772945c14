"""Pages that save: each has a connection, and sends its next answer when it is told to or the last one is saved."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

LETTERS = "ABCD"


@dataclass
class Seat:
    """What a page needs to save: who it is, and of how many questions its paper is."""

    sitting: int
    session: str
    token: str
    client: str
    epoch: int
    questions: int
    seq: int = 0

    def next_body(self) -> bytes:
        """Return the next change: another question each time, round and round the paper."""
        self.seq += 1
        question, letter = 1 + self.seq % self.questions, LETTERS[self.seq % 4]
        op = {"question": question, "seq": self.seq, "value": [letter], "doubtful": False}
        body = {"sitting": self.sitting, "client": self.client, "epoch": self.epoch, "ops": [op]}
        return json.dumps(body, separators=(",", ":")).encode()


class Page(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self, seat: Seat, host: str, path: str, latencies: list[float], errors: list[str]) -> None:
        self.seat, self.host, self.path = seat, host, path
        self.latencies, self.errors = latencies, errors
        self.goes_on: Callable[[Page], None] | None = None
        self.is_waiting = False
        self._sent_at = 0.0
        self._came = b""
        self.own_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def save(self) -> None:
        """Send the next answer."""
        body = self.seat.next_body()
        own = f"Content-Type: application/json\r\nX-CSRFToken: {self.seat.token}\r\nContent-Length: {len(body)}\r\n"
        rest = f"Host: {self.host}\r\nCookie: csrftoken={self.seat.token}; sessionid={self.seat.session}\r\n"
        self.own_bytes = len(own) + len(body)
        self.is_waiting = True
        self._sent_at = time.perf_counter()
        self.transport.write(f"POST {self.path} HTTP/1.1\r\n{rest}{own}\r\n".encode() + body)

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, body = self._came.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        self._came = b""
        self.is_waiting = False
        self.latencies.append(time.perf_counter() - self._sent_at)
        if b" 200 " not in head[:20]:
            self.errors.append((head[:40] + b" " + body[:200]).decode())
        if self.goes_on:
            self.goes_on(self)

    def connection_lost(self, reason: Exception | None) -> None:
        if self.is_waiting:
            self.errors.append(f"connection lost: {reason}")


@dataclass(frozen=True)
class Load:
    """What came of a stretch of load."""

    seconds: float
    latencies: list[float]
    errors: list[str]
    own_bytes: int

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


async def load(seats: list[Seat], origin: str, path: str, seconds: float, rate: float = 0, at_once: int = 0) -> Load:
    """Save for some seconds: so many a second in all, or always so many at once."""
    host, port = origin.removeprefix("http://").split(":")
    latencies: list[float] = []
    errors: list[str] = []
    loop = asyncio.get_running_loop()
    pages: list[Page] = []
    for seat in seats:
        page = Page(seat, f"{host}:{port}", path, latencies, errors)
        await loop.create_connection(partial(_same, page), host, int(port))
        pages.append(page)
    began = time.perf_counter()
    if rate:
        await _steadily(pages, began, seconds, rate)
    else:
        await _always(pages, seconds, at_once)
    lasted = time.perf_counter() - began
    done = list(latencies)
    for page in pages:
        page.goes_on = None
    while any(page.is_waiting for page in pages) and time.perf_counter() < began + lasted + 10:
        await asyncio.sleep(0.01)
    for page in pages:
        page.transport.close()
    return Load(lasted, done, errors, pages[0].own_bytes)


def _same(page: Page) -> Page:
    return page


async def _steadily(pages: list[Page], began: float, seconds: float, rate: float) -> None:
    for number in range(round(seconds * rate)):
        if (wait := began + number / rate - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        page = pages[number % len(pages)]
        if not page.is_waiting:  # a page sends one request at a time
            page.save()


async def _always(pages: list[Page], seconds: float, at_once: int) -> None:
    """Keep so many on their way; whoever was answered waits until all others have had their turn."""
    resting = deque(pages)

    def on(page: Page) -> None:
        resting.append(page)
        resting.popleft().save()

    for page in pages:
        page.goes_on = on
    for _ in range(min(at_once, len(pages))):
        resting.popleft().save()
    await asyncio.sleep(seconds)
