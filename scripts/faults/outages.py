"""A database or a Redis that goes away in the middle of an exam and comes back."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from websockets.exceptions import WebSocketException

from exams.models import Sitting
from exams.services.changes import announce
from proctoring.models import Incident
from scripts.faults import seats
from scripts.faults.ground import Ground, in_database
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room, Writer
from scripts.rehearsal import pictures
from scripts.rehearsal.processes import percentile
from scripts.rehearsal.socket import Greeted

SAVES_AGAIN_WITHIN = 10.0
SOCKETS_BACK_WITHIN = 15.0
SLOWEST_P95 = 1.0  # seconds, of saves without Redis


def postgresql_down(ground: Ground, short: bool) -> Outcome:
    """Stop PostgreSQL while everybody saves: nothing may be acked meanwhile, and soon after it is back all goes on."""
    seconds = 3.0 if short else 30.0
    outcome = Outcome(12, ground.database, tries=1)
    with ground.servers(2) as servers:
        room = seats.taken(20 if short else 50, servers.origin)
        down, up = ground.run(_without_postgresql(ground, room, seconds))
    meanwhile = room.acks_between(down, up)
    outcome.require(not meanwhile, f"{meanwhile} acks while there was no database")
    outcome.recovery_s = room.recovery([up])
    outcome.require(outcome.recovery_s <= SAVES_AGAIN_WITHIN, "saving did not go on in time")
    outcome.notes.append(f"away for {up - down:.0f} s; {room.acks} acks, {room.record.pushed_back} refusals")
    room.compare(outcome)
    return outcome


async def _without_postgresql(ground: Ground, room: Room, seconds: float) -> tuple[float, float]:
    assert ground.postgresql is not None
    async with room.writing(pause=0.1):
        await asyncio.sleep(2)
        await asyncio.to_thread(ground.postgresql.stop)
        down = time.monotonic()
        await asyncio.sleep(seconds)
        up = time.monotonic()
        await asyncio.to_thread(ground.postgresql.start)
        back = time.monotonic()
        while not room.acks_between(back, time.monotonic()) and time.monotonic() < back + 2 * SAVES_AGAIN_WITHIN:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
    return down, max(up, down)


# --- Redis -----------------------------------------------------------------------------------------------------------


def redis_down(ground: Ground, short: bool) -> Outcome:
    """Stop Redis while candidates save before the camera: saves go on, sockets come back, a long gap is on record."""
    seconds = 4.0 if short else 60.0
    outcome = Outcome(13, ground.database, tries=1)
    with ground.servers(2, workers=1) as servers:
        room = seats.taken(6 if short else 20, servers.origin, face_rule="continuous")
        watchers = [Watcher(writer, pictures.frames()) for writer in room.writers]
        down, up, heard = ground.run(_without_redis(ground, room, watchers, seconds))
    meanwhile = [took for began, took in room.saves if down < began < up - 1]
    outcome.require(len(meanwhile) >= seconds, f"only {len(meanwhile)} saves without Redis")
    slow, before = percentile(meanwhile, 0.95), percentile([took for began, took in room.saves if began < down], 0.95)
    outcome.require(slow <= max(SLOWEST_P95, 2 * before), f"p95 of a save was {before:.1f} s, without Redis {slow:.1f}")
    outcome.recovery_s = max(heard, default=float("inf"))
    outcome.require(len(heard) == len(watchers), f"{len(watchers) - len(heard)} sockets did not come back")
    outcome.require(outcome.recovery_s <= SOCKETS_BACK_WITHIN, "sockets did not come back in time")
    noted = Incident.objects.filter(sitting__enrolment__exam=room.exam, kind=Incident.Kind.VERIFIER_DOWN).count()
    outcome.require(short or noted == len(watchers), f"the gap is on record for {noted} of {len(watchers)}")
    outcome.notes.append(
        f"{len(meanwhile)} saves without Redis, p95 {1000 * slow:.0f} ms; the gap is on {noted} records"
    )
    room.compare(outcome)
    return outcome


async def _without_redis(
    ground: Ground, room: Room, watchers: Sequence["Watcher"], seconds: float
) -> tuple[float, float, list[float]]:
    assert ground.redis is not None
    showing = [asyncio.create_task(watcher.show()) for watcher in watchers]
    await asyncio.wait_for(_all(watchers, lambda watcher: watcher.verdicts > 0), 90)
    async with room.writing(pause=0.3):
        await asyncio.sleep(3)
        await asyncio.to_thread(ground.redis.stop)
        down = time.monotonic()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(ground.redis.start)
        up = time.monotonic()
        for watcher in watchers:
            watcher.heard_at = 0.0
        while time.monotonic() < up + SOCKETS_BACK_WITHIN and not all(watcher.heard_at for watcher in watchers):
            for watcher in watchers:
                await in_database(_announce, watcher.writer.sitting)
            await asyncio.sleep(0.5)
    for task in showing:
        task.cancel()
    await asyncio.gather(*showing, return_exceptions=True)
    return down, up, [watcher.heard_at - up for watcher in watchers if watcher.heard_at]


async def _all(watchers: Sequence["Watcher"], holds: Any) -> None:
    while not all(holds(watcher) for watcher in watchers):
        await asyncio.sleep(0.1)


def _announce(sitting_id: int) -> None:
    """Tell the page of a sitting that something has changed, through Redis, as every act of staff does."""
    from django.db import transaction

    with transaction.atomic():
        announce(Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting_id))


class Watcher:
    """The camera of a candidate in the exam: shows frames, opens its socket again when it is lost, hears notices."""

    def __init__(self, writer: Writer, frames: list[bytes]) -> None:
        self.writer, self.frames = writer, frames
        self.verdicts, self.failed, self.lost, self.heard_at = 0, 0, 0, 0.0
        self.verdict_at: list[tuple[float, str]] = []

    async def show(self) -> None:
        """Show the camera until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with Greeted(self.writer.browser, "exam", self.writer.client) as socket:
                    await self._show(socket)
            self.lost += 1
            await asyncio.sleep(1)

    async def _show(self, socket: Any) -> None:
        while True:
            await socket.send(self.frames[self.writer.chance.randrange(len(self.frames))])
            due = 0.0
            while not due:
                told = json.loads(await asyncio.wait_for(socket.recv(), 20))
                due = self._hear(told)
            with suppress(TimeoutError):
                async with asyncio.timeout(due):
                    while True:  # what is said between two frames
                        self._hear(json.loads(await socket.recv()))

    def _hear(self, told: dict[str, Any]) -> float:
        """Take a message; return after how long the next frame is wanted, 0 where it says nothing of that."""
        if told["type"] == "changed":
            self.heard_at = self.heard_at or time.monotonic()
        if told["type"] not in {"verdict", "slow_down"}:
            return 0.0
        kind = told.get("verdict", "slow_down")
        self.verdict_at.append((time.monotonic(), kind))
        if kind in {"failed", "slow_down"}:
            self.failed += 1
        else:
            self.verdicts += 1
        return max(0.05, float(told["next_in_ms"]) / 1000)
