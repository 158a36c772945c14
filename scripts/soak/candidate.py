"""One simulated candidate: the real pages, the real socket, frames one at a time as the page sends them."""

import asyncio
import json
import random
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from exams.domain.arrivals import STORED
from scripts.soak.browser import Browser

ANSWERS_EVERY = 10.0  # seconds between two answers of a candidate
VERDICT_WITHIN = 20.0
CHECK_IN_WITHIN = 180.0


@dataclass(frozen=True)
class Ticket:
    """What a candidate signs in with."""

    id_number: str
    check_code: str


@dataclass
class Tally:
    """What all candidates together have met."""

    verdicts: int = 0
    dropped: int = 0
    saved: int = 0
    lost_sockets: int = 0
    failures: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    counts: bool = False  # only between the time when all have begun and the end


class Candidate:
    """Signs in, passes the check-in, begins, and stays in front of the camera."""

    def __init__(
        self, number: int, ticket: Ticket, frames: list[bytes], address: tuple[str, int], tally: Tally
    ) -> None:
        self.ticket, self.tally = ticket, tally
        self.client = f"soak-{number}"
        self.chance = random.Random(number)
        self.frames = frames
        self.at = self.chance.randrange(len(frames))
        self.browser = Browser(*address)
        self.origin = "http://{}:{}".format(*address)
        self.epoch = 0
        self.seq = 0

    async def arrive(self) -> None:
        """Go all the way to the paper."""
        await self.browser.get("/login/")
        ticket = {"id_number": self.ticket.id_number, "check_code": self.ticket.check_code}
        await self._expect(302, self.browser.post("/login/", **ticket))
        await self._expect(302, self.browser.get("/next/"))
        await self._expect(302, self.browser.post("/confirm/", accepted="yes"))
        status, page = await self.browser.get("/consent/")
        version = re.search(r'name="version" value="([^"]*)"', page)
        if status != 200 or version is None:
            raise RuntimeError("no consent page")
        await self._expect(302, self.browser.post("/consent/", version=version[1], answer="yes"))
        await asyncio.wait_for(self._check_in(), CHECK_IN_WITHIN)
        page = await self._expect(200, self.browser.post_json("/exam/begin/", {"client": self.client}))
        epoch = re.search(r'"epoch": (\d+)', page)
        if epoch is None:
            raise RuntimeError("no paper")
        self.epoch = int(epoch[1])

    async def sit(self, ends: asyncio.Event, *, after: float) -> None:
        """Show the camera and answer until the end; a socket that is lost is opened again, as the page does."""
        await asyncio.sleep(after)
        answering = asyncio.create_task(self._answer(ends))
        while not ends.is_set():
            try:
                async with self._socket("exam") as socket:
                    await self._show(socket, ends)
            except (OSError, WebSocketException, TimeoutError):
                self.tally.lost_sockets += not ends.is_set()
                await asyncio.sleep(1)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        with suppress(OSError):
            await self.browser.close()

    async def save(self) -> None:
        """Send one answer and wait for its ack."""
        self.seq += 1
        op = {"question": self.seq % 20 + 1, "seq": self.seq, "value": [self.chance.choice("ABCD")], "doubtful": False}
        began = time.monotonic()
        body = {"client": self.client, "epoch": self.epoch, "ops": [op]}
        answer = json.loads(await self._expect(200, self.browser.post_json("/exam/responses/", body)))
        if not answer["acks"] or any(ack["outcome"] not in STORED for ack in answer["acks"]):
            raise RuntimeError(f"an answer was not stored: {answer['acks']}")
        self.tally.saves.append(time.monotonic() - began)
        self.tally.saved += 1

    # --- the camera --------------------------------------------------------------------------------------------------

    def _socket(self, purpose: str) -> Any:
        address = self.origin.replace("http", "ws") + "/ws/sitting/"
        return _Greeted(address, self.origin, self.browser.cookie, purpose, self.client)

    async def _check_in(self) -> None:
        async with self._socket("check_in") as socket:
            while True:
                await socket.send(self._frame())
                told = json.loads(await socket.recv())
                while told["type"] == "check_in" and told["state"] == "unchecked":
                    told = json.loads(await socket.recv())
                if told["type"] == "check_in":
                    if told["state"] != "passed":
                        raise RuntimeError(f"check-in: {told['state']}")
                    return
                await asyncio.sleep(told.get("next_in_ms", 500) / 1000)

    async def _show(self, socket: ClientConnection, ends: asyncio.Event) -> None:
        while not ends.is_set():
            began = time.monotonic()
            await socket.send(self._frame())
            told = {"type": ""}
            while told["type"] not in {"verdict", "slow_down"}:
                told = json.loads(await asyncio.wait_for(socket.recv(), VERDICT_WITHIN))
            self._count(told, time.monotonic() - began)
            with suppress(TimeoutError):
                await asyncio.wait_for(ends.wait(), float(told["next_in_ms"]) / 1000)

    def _count(self, told: dict[str, Any], took: float) -> None:
        if not self.tally.counts:
            return
        kind = told.get("verdict", told["type"])
        self.tally.kinds[kind] = self.tally.kinds.get(kind, 0) + 1
        if kind in {"slow_down", "failed"}:
            self.tally.dropped += 1
        else:
            self.tally.verdicts += 1
            self.tally.latencies.append(took)

    def _frame(self) -> bytes:
        self.at = (self.at + self.chance.randrange(1, len(self.frames))) % len(self.frames)
        return self.frames[self.at]

    # --- answers -----------------------------------------------------------------------------------------------------

    async def _answer(self, ends: asyncio.Event) -> None:
        await asyncio.sleep(self.chance.random() * ANSWERS_EVERY)
        while not ends.is_set():
            try:
                await self.save()
            except (OSError, RuntimeError, TimeoutError, asyncio.IncompleteReadError) as error:
                self.tally.failures.append(f"save: {error!r}")
            await asyncio.sleep(ANSWERS_EVERY)

    async def _expect(self, wanted: int, asked: Any) -> str:
        status, body = await asked
        if status != wanted:
            raise RuntimeError(f"{status} instead of {wanted}: {body[:200]}")
        return str(body)


class _Greeted:
    """A socket that has said hello."""

    def __init__(self, address: str, origin: str, cookie: str, purpose: str, client: str) -> None:
        head = {"Cookie": cookie}
        self._connecting = connect(address, origin=origin, additional_headers=head, compression=None, proxy=None)  # type: ignore[arg-type]
        self._hello = {"type": "hello", "purpose": purpose, "client": client, "cameras": 1}

    async def __aenter__(self) -> ClientConnection:
        socket = await self._connecting.__aenter__()
        await socket.send(json.dumps(self._hello))
        return socket

    async def __aexit__(self, *error: Any) -> None:
        await self._connecting.__aexit__(*error)
