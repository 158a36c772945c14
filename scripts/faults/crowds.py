"""Everybody at once: all begin in the same second, and all come back in the same second after the network was gone."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from scripts.faults import seats
from scripts.faults.ground import Ground
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room, Writer
from scripts.rehearsal.socket import Greeted


def together(ground: Ground, short: bool) -> Outcome:
    """Let all fetch their paper and open their sockets together, lose everything together, and do it again."""
    clients = 60 if short else 500
    outcome = Outcome(16, ground.database, tries=clients)
    with ground.servers(2, workers=0) as servers:
        room = seats.taken(clients, servers.origin, face_rule="continuous", begins=False)
        took = ground.run(_twice(room, outcome))
    outcome.recovery_s = took[1]
    outcome.notes.append(f"start: all had paper and socket after {took[0]:.1f} s; told to come again: {_waits(room)}")
    room.compare(outcome)
    return outcome


def _waits(room: Room) -> int:
    return room.record.pushed_back


async def _twice(room: Room, outcome: Outcome) -> list[float]:
    took = []
    for name, act in (("start", _start), ("reconnect", _reconnect)):
        began = time.monotonic()
        sockets = await _all(room.writers, act, name, outcome)
        took.append(time.monotonic() - began)
        for socket in sockets:
            if socket is not None:
                await socket.__aexit__(None, None, None)
    for writer in room.writers:
        writer.browser.hang_up()
    return took


async def _all(
    writers: Sequence[Writer], act: Callable[[Writer], Awaitable[Any]], name: str, outcome: Outcome
) -> list[Any]:
    found = await asyncio.gather(*(act(writer) for writer in writers), return_exceptions=True)
    errors = [error for error in found if isinstance(error, BaseException)]
    outcome.lost += len(errors)
    outcome.failures += sorted({f"{name}: {error!r}"[:200] for error in errors})[:3]
    return [None if isinstance(one, BaseException) else one for one in found]


async def _start(writer: Writer) -> Any:
    await writer.enter()
    await writer.save()
    return await _connected(writer)


async def _reconnect(writer: Writer) -> Any:
    writer.browser.hang_up()
    await writer.reload()
    if writer.lost_on_the_page():
        raise RuntimeError("the paper does not show what was saved")
    await writer.save()
    return await _connected(writer)


async def _connected(writer: Writer) -> Greeted:
    """Return a socket on which a frame was answered: only then it is known to be open at the other end."""
    socket = Greeted(writer.browser, "exam", writer.client)
    connection = await socket.__aenter__()
    await connection.send(json.dumps({"type": "camera", "live": False, "cause": "lost", "cameras": 1}))
    await asyncio.wait_for(await connection.ping(), 30)
    return socket
