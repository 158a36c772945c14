"""The day of an exam in minutes: everybody signs in, checks in, waits, enters together, answers, loses the network,
reloads, hands in together. Each act is played by itself, so that the servers' processor time in it is that of one
operation.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.rehearsal.candidate import Candidate, Record, Unexpected
from scripts.rehearsal.processes import Meter

ARRIVE_AT_ONCE = 12  # candidates who are on their way to the waiting page at the same time
ANSWER_EVERY = 10.0  # seconds between two answers of a candidate then
STATUS_EVERY = 3.75  # seconds between two questions of a page how things stand
SAVES_A_SECOND = 200.0
WRITERS = (25, 50, 100, 200)  # at once, at saturation
MOST_SAVES_EACH = 4.0  # a second, of one candidate: the server says "not now" to a page that sends more than 5
QUICK_ENOUGH = 0.2  # seconds, the p95 that counts at saturation
HAND_IN_WITHIN = 1.0
STEP_TAKES_MOST = 900.0

CORES = len(os.sched_getaffinity(0))

Progress = Callable[[str, int, int], None]
Act = Callable[[Candidate], Awaitable[None]]


@dataclass
class Measured:
    """What was measured of the acts."""

    cpu_ms: dict[str, float] = field(default_factory=dict)  # of one operation, all servers together
    cpu_parts_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    spikes: dict[str, float] = field(default_factory=dict)
    busy: float | None = None  # share of the machine that the servers use while people answer
    saturation: list[dict[str, float]] = field(default_factory=list)


class Play:
    """One rehearsal under way."""

    def __init__(
        self,
        people: Sequence[Candidate],
        first: Sequence[Candidate],
        record: Record,
        meter: Meter | None,
        progress: Progress,
        seconds: float,
    ) -> None:
        self.seconds = seconds  # how long each stretch of answering lasts
        self.first = first  # who do everything before the others, uncounted: a server that has just started is slow
        self.people, self.record, self.meter, self.progress = people, record, meter, progress
        self.measured = Measured()
        self.here: list[Candidate] = list(people)

    # --- acts --------------------------------------------------------------------------------------------------------

    async def arrive(self, *, camera: bool) -> None:
        """Sign in, check in, wait."""
        await self._each("sign_in", lambda one: one.sign_in())
        if camera:
            await self._each("check_in", lambda one: one.check_in(), counts=False)
        await self._each("waiting", lambda one: one.wait())
        parts = [self.measured.cpu_ms.pop(name, None) for name in ("sign_in", "waiting")]
        shares = [self.measured.cpu_parts_ms.pop(name, {}) for name in ("sign_in", "waiting")]
        if None not in parts:
            self.measured.cpu_ms["sign_in"] = sum(part for part in parts if part is not None)
            self.measured.cpu_parts_ms["sign_in"] = {
                name: sum(share.get(name, 0.0) for share in shares) for name in shares[0]
            }

    async def enter(self, opens_in: float, within: float) -> None:
        """Wait for the start and fetch the paper, all within so many seconds."""
        await asyncio.sleep(max(0.0, opens_in))
        self.measured.spikes["enter_within_s"] = within
        self.measured.spikes["last_paper_s"] = await self._together("enter", lambda one: one.enter(), within)

    async def answer_as_in_an_exam(self, drop: float) -> None:
        """Answer every ten seconds, ask how things stand, lose the network now and then."""
        before, began = self._read(), time.monotonic()
        ends = began + 1.5 * self.seconds
        pages = [self._answer(one, ends, drop) for one in self.here] + [self._poll(one, ends) for one in self.here]
        await self._watch("answering", asyncio.gather(*pages), 1.5 * self.seconds)
        if before is not None:
            used = sum(self._used(before).values())
            self.measured.busy = used / (time.monotonic() - began) / CORES

    async def save_at_a_pace(self) -> None:
        """Answer at a steady pace, nothing beside it: what an answer costs."""
        each = SAVES_A_SECOND / MOST_SAVES_EACH
        pace = SAVES_A_SECOND * min(1.0, len(self.here) / each)
        before, done, began = self._read(), self.record.saved, time.monotonic()
        running: set[asyncio.Task[bool]] = set()
        for number in range(round(pace * self.seconds)):
            await asyncio.sleep(max(0.0, began + number / pace - time.monotonic()))
            task = asyncio.create_task(self._try("save", self.here[number % len(self.here)].save))
            running.add(task)
            task.add_done_callback(running.discard)
            if number % 50 == 0:
                self.progress("save", number, round(pace * self.seconds))
        await asyncio.gather(*running)
        self._note_cost("save", before, self.record.saved - done)
        self.measured.counts["saves_per_second"] = round((self.record.saved - done) / (time.monotonic() - began))

    async def saturate(self) -> None:
        """Let ever more candidates answer as fast as they are served."""
        at_a_pace = self.record.latencies["save"]
        for writers in WRITERS:
            some = self.here[:writers]
            if not some or (len(some) < writers and self.measured.saturation):
                break
            before, done = self._read(), self.record.saved
            own = self.record.latencies["save"] = []
            began = time.monotonic()
            queue = list(self.here)
            random.Random(writers).shuffle(queue)
            await self._watch("saturation", asyncio.gather(*(self._rush(queue, began) for _ in some)), self.seconds / 2)
            lasted, saved = time.monotonic() - began, self.record.saved - done
            found = {"writers": float(len(some)), "saves_per_second": saved / lasted, "p95_ms": 1000 * p95(own)}
            if before is not None and saved:
                found["cpu_ms"] = 1000 * sum(self._used(before).values()) / saved
            self.measured.saturation.append(found)
        self.record.latencies["save"] = at_a_pace

    async def reload(self) -> int:
        """Lose the network, all at once, and come back; return how many acked answers the papers do not show."""
        for one in self.here:
            one.browser.hang_up()
        self.measured.spikes["last_reload_s"] = await self._together("reload", lambda one: one.reload(), 1.0)
        return sum(one.lost_on_the_page() for one in self.here)

    async def hand_in(self) -> None:
        """Hand in, all within a second."""
        self.measured.spikes["last_receipt_s"] = await self._together(
            "hand_in", lambda one: one.hand_in(), HAND_IN_WITHIN
        )

    # --- how acts are played -----------------------------------------------------------------------------------------

    async def _each(self, name: str, act: Act, *, counts: bool = True) -> None:
        """Let everybody do something, a few at a time; whoever fails is out."""
        await self._warm_up(act)
        before, gate, passed = self._read(), asyncio.Semaphore(ARRIVE_AT_ONCE), list[Candidate]()

        async def one(person: Candidate) -> None:
            async with gate:
                if await self._try(name, lambda: act(person)):
                    passed.append(person)
                self.progress(name, len(passed), len(self.here))

        await asyncio.gather(*(one(person) for person in self.here))
        if counts:
            self._note_cost(name, before, len(passed))
        self.measured.counts[name] = len(passed)
        self.here = sorted(passed, key=lambda person: person.number)

    async def _together(self, name: str, act: Act, within: float) -> float:
        """Let everybody do something within so many seconds; return after how many the last one was served."""
        await self._warm_up(act)
        chance, before, began = random.Random(name), self._read(), time.monotonic()
        passed: list[Candidate] = []

        async def one(person: Candidate) -> None:
            await asyncio.sleep(chance.random() * within)
            if await self._try(name, lambda: act(person)):
                passed.append(person)
            self.progress(name, len(passed), len(self.here))

        await asyncio.gather(*(one(person) for person in self.here))
        lasted = time.monotonic() - began
        self._note_cost(name, before, len(passed))
        self.measured.counts[name] = len(passed)
        self.here = sorted(passed, key=lambda person: person.number)
        return lasted

    async def _warm_up(self, act: Act) -> None:
        await asyncio.gather(*(act(person) for person in self.first), return_exceptions=True)

    async def _answer(self, person: Candidate, ends: float, drop: float) -> None:
        await asyncio.sleep(person.chance.random() * ANSWER_EVERY)
        while time.monotonic() < ends:
            await self._try("save", lambda: person.save(drop=drop))
            await asyncio.sleep(ANSWER_EVERY * (0.5 + person.chance.random()))

    async def _poll(self, person: Candidate, ends: float) -> None:
        await asyncio.sleep(person.chance.random() * STATUS_EVERY)
        while time.monotonic() < ends:
            await self._try("status", person.ask_status)
            await asyncio.sleep(STATUS_EVERY)

    async def _rush(self, queue: list[Candidate], began: float) -> None:
        while time.monotonic() < began + self.seconds / 2:
            person = queue.pop(0)
            await self._try("save", person.save)
            queue.append(person)

    async def _watch(self, name: str, work: "asyncio.Future[Any]", seconds: float) -> None:
        """Show how time passes while something is done."""
        began = time.monotonic()
        while not work.done():
            self.progress(name, min(round(seconds), round(time.monotonic() - began)), round(seconds))
            await asyncio.wait([work], timeout=0.5)
        await work

    async def _try(self, name: str, act: Callable[[], Awaitable[Any]]) -> bool:
        """Do something; note what goes wrong."""
        try:
            async with asyncio.timeout(STEP_TAKES_MOST):
                await act()
        except (OSError, TimeoutError, Unexpected, asyncio.IncompleteReadError) as error:
            self.record.errors.append(f"{name}: {error!r}")
            return False
        except Exception as error:  # of the websocket library; whatever it is, it is one candidate's
            self.record.errors.append(f"{name}: {error!r}")
            return False
        return True

    # --- what it costs -----------------------------------------------------------------------------------------------

    def _read(self) -> dict[str, float] | None:
        return None if self.meter is None else self.meter.read()

    def _used(self, before: dict[str, float]) -> dict[str, float]:
        after = self._read() or {}
        return {name: after[name] - before[name] for name in before}

    def _note_cost(self, name: str, before: dict[str, float] | None, count: int) -> None:
        if before is not None and count:
            parts = {part: 1000 * seconds / count for part, seconds in self._used(before).items()}
            self.measured.cpu_ms[name] = sum(parts.values())
            self.measured.cpu_parts_ms[name] = parts


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] if ordered else 0.0
