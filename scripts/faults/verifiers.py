"""Nobody looks at pictures any more: all workers killed, or stopped in the middle of a picture."""

import asyncio
import signal
import time
from collections.abc import Sequence
from typing import Any

import redis

from proctoring.models import Incident
from proctoring.tests import scenes
from scripts.faults import seats
from scripts.faults.ground import Ground, Servers, in_database
from scripts.faults.outages import Watcher
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room
from scripts.rehearsal import pictures
from scripts.rehearsal.browser import Browser

ALARM_WITHIN = 10.0
STRANGER = "biden"
STALE_WITHIN = 12.0  # seconds after the workers are back in which a verdict on an old frame would come


def away(ground: Ground, short: bool) -> Outcome:
    """Kill all workers, then stop them: answers go on, frames do not pile up, staff hear of it, nothing is late."""
    ways = (signal.SIGSTOP,) if short else (signal.SIGKILL, signal.SIGSTOP)
    outcome, seconds = Outcome(14, ground.database, tries=len(ways)), 11.0 if short else 30.0
    for how in ways:
        with ground.servers(1, workers=1) as servers:
            room = seats.taken(5 if short else 20, servers.origin, face_rule="continuous")
            watchers = [Watcher(writer, pictures.frames()) for writer in room.writers]
            found = ground.run(_without_workers(ground, servers, room, watchers, seconds, how))
        _judge(outcome, room, found, how, len(watchers))
        room.compare(outcome)
    return outcome


def _judge(outcome: Outcome, room: Room, found: dict[str, Any], how: signal.Signals, count: int) -> None:
    outcome.recovery_s = max(outcome.recovery_s or 0.0, found["alarm_after"])
    outcome.require(found["alarm_after"] <= ALARM_WITHIN, f"{how.name}: the alarm took {found['alarm_after']:.0f} s")
    outcome.require(found["saves"] > 0, f"{how.name}: no answer was saved meanwhile")
    outcome.require(found["waiting"] <= count, f"{how.name}: {found['waiting']} frames of {count} cameras waited")
    judged = Incident.objects.filter(sitting__enrolment__exam=room.exam, kind=Incident.Kind.NOT_THE_PERSON).count()
    outcome.require(not judged, f"{how.name}: {judged} were accused over a frame from before")
    outcome.require(found["back"] == count, f"{how.name}: {count - found['back']} cameras had no verdict afterwards")
    said = f"alarm after {found['alarm_after']:.1f} s, at most {found['waiting']} frames waiting"
    outcome.notes.append(f"{how.name}: {found['saves']} saves meanwhile, {said}")


async def _without_workers(
    ground: Ground, servers: Servers, room: Room, watchers: Sequence[Watcher], seconds: float, how: signal.Signals
) -> dict[str, Any]:
    """Play one outage. While it lasts a stranger sits before every camera: a late verdict on them would accuse."""
    staff = await in_database(seats.staff_browser, servers.origin)
    calm, stranger = watchers[0].frames, [scenes.frame(STRANGER)]
    showing = [asyncio.create_task(watcher.show()) for watcher in watchers]
    async with asyncio.timeout(90):
        while not all(watcher.verdicts for watcher in watchers):
            await asyncio.sleep(0.1)
    (worker,) = servers.programs("worker")
    async with room.writing(pause=0.3):
        servers.signal(worker, how)
        began = time.monotonic()
        for watcher in watchers:
            watcher.frames = stranger
        alarm_after, waiting = await _watch(ground, staff, began, seconds)
        saves = room.acks_between(began, time.monotonic())
        for watcher in watchers:
            watcher.frames, watcher.verdicts = calm, 0
        await asyncio.sleep(1.0 if how is signal.SIGSTOP else 0.0)
        back_at = time.monotonic()
        await _bring_back(servers, how)
        async with asyncio.timeout(60):
            while not all(watcher.verdicts for watcher in watchers):
                await asyncio.sleep(0.1)
        await asyncio.sleep(max(0.0, back_at + STALE_WITHIN - time.monotonic()))
    staff.hang_up()
    for task in showing:
        task.cancel()
    await asyncio.gather(*showing, return_exceptions=True)
    back = sum(watcher.verdicts > 0 for watcher in watchers)
    return {"alarm_after": alarm_after, "waiting": waiting, "saves": saves, "back": back}


async def _watch(ground: Ground, staff: Browser, began: float, seconds: float) -> tuple[float, int]:
    """Return after how long staff would have seen the alarm, and how many frames lay in Redis at most."""
    alarm_after, most = float("inf"), 0
    with redis.Redis.from_url(ground.redis_url) as mailbox:
        while time.monotonic() < began + seconds:
            most = max(most, len(list(mailbox.scan_iter("verifier:frame:*"))))
            told = (await staff.get("/admin/verifier/")).json()
            if alarm_after == float("inf") and told["missed"]:
                alarm_after = time.monotonic() - began
            await asyncio.sleep(0.2)
    return alarm_after, most


async def _bring_back(servers: Servers, how: signal.Signals) -> None:
    (worker,) = servers.programs("worker")
    if how is signal.SIGSTOP:
        servers.signal(worker, signal.SIGCONT)
        return
    assert worker.process is not None
    await asyncio.to_thread(worker.process.wait)
    worker.start()
