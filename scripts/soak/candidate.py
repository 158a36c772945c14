"""One simulated camera: a played candidate who stays in front of it, frames one at a time as the page sends them."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from scripts.rehearsal import candidate
from scripts.rehearsal.candidate import Record, Ticket
from scripts.rehearsal.socket import Greeted

ANSWERS_EVERY = 10.0  # seconds between two answers of a candidate
VERDICT_WITHIN = 20.0


@dataclass
class Tally:
    """What all candidates together have met."""

    verdicts: int = 0
    dropped: int = 0
    lost_sockets: int = 0
    failures: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    counts: bool = False  # only between the time when all have begun and the end
    record: Record = field(default_factory=Record)


class Candidate(candidate.Candidate):
    """Signs in, passes the check-in, begins, and stays in front of the camera."""

    def __init__(self, number: int, ticket: Ticket, frames: list[bytes], origin: str, tally: Tally) -> None:
        super().__init__(number, ticket, origin, tally.record, frames)
        self.tally = tally

    async def arrive(self) -> None:
        """Go all the way to the paper."""
        await self.sign_in()
        await self.check_in()
        await self.wait()
        await self.enter()

    async def sit(self, ends: asyncio.Event, *, after: float) -> None:
        """Show the camera and answer until the end; a socket that is lost is opened again, as the page does."""
        await asyncio.sleep(after)
        answering = asyncio.create_task(self._answer(ends))
        while not ends.is_set():
            try:
                async with Greeted(self.browser, "exam", self.client) as socket:
                    await self._show(socket, ends)
            except (OSError, WebSocketException, TimeoutError):
                self.tally.lost_sockets += not ends.is_set()
                await asyncio.sleep(1)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        self.browser.hang_up()

    # --- the camera --------------------------------------------------------------------------------------------------

    async def _show(self, socket: ClientConnection, ends: asyncio.Event) -> None:
        while not ends.is_set():
            began = time.monotonic()
            await socket.send(self.frame())
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

    # --- answers -----------------------------------------------------------------------------------------------------

    async def _answer(self, ends: asyncio.Event) -> None:
        await asyncio.sleep(self.chance.random() * ANSWERS_EVERY)
        while not ends.is_set():
            try:
                await self.save()
            except (OSError, RuntimeError, TimeoutError) as error:
                self.tally.failures.append(f"save: {error!r}")
            await asyncio.sleep(ANSWERS_EVERY)
