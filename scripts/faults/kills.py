"""Servers that die: at random, between commit and reply, one after the other for an update."""

import asyncio
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from django.db import connection

from scripts.faults import proxy, seats
from scripts.faults.ground import Ground, Servers, in_database
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room

SLOWEST_SAVE = 5.0  # seconds, while servers are restarted one after the other
ENOUGH_ACKS = 10_000


def at_random(ground: Ground, short: bool) -> Outcome:
    """Kill a server process again and again while everybody saves; all of them where there is one."""
    outcome = Outcome(1, ground.database)
    kills, clients = (5, 40) if short else (50, 100)
    with ground.servers(2 if ground.database == "postgresql" else 1) as servers:
        room = seats.taken(clients, servers.origin)
        _assert_durable(ground, servers, outcome)
        killed = ground.run(_kill_at_random(servers, room, kills, 0 if short else ENOUGH_ACKS))
    outcome.tries, outcome.recovery_s = len(killed), room.recovery(killed)
    outcome.notes.append(f"{room.acks} acks of {clients} clients; {room.record.retried} answers sent again")
    outcome.require(short or room.acks >= ENOUGH_ACKS, f"only {room.acks} acks")
    room.compare(outcome)
    return outcome


async def _kill_at_random(servers: Servers, room: Room, kills: int, acks: int) -> list[float]:
    killed: list[float] = []
    async with room.writing():
        while len(killed) < kills or room.acks < acks:
            await asyncio.sleep(random.uniform(0.2, 1.5))
            if len(killed) >= kills:
                continue  # the rest of the acks
            program = random.choice(servers.programs())
            killed.append(time.monotonic())
            await asyncio.to_thread(servers.kill, program)
            await servers.restart(program)
            await _until_acked(room)
    return killed


async def _until_acked(room: Room) -> None:
    """Wait until somebody has been served: a server that is killed before it serves cannot lose anything."""
    acks, patience = room.acks, time.monotonic() + 60
    while room.acks == acks and time.monotonic() < patience:
        await asyncio.sleep(0.05)


# --- between commit and reply ----------------------------------------------------------------------------------------


def before_the_reply(ground: Ground, short: bool) -> Outcome:
    """Let the server commit and answer, swallow the answer on its way, and kill the server: the page sends it again."""
    outcome = Outcome(2, ground.database, tries=3 if short else 20)
    with ground.servers(1) as servers:
        room = seats.taken(1, servers.origin)
        killed = ground.run(_kill_before_the_reply(servers, room, outcome))
    outcome.recovery_s = room.recovery(killed)
    outcome.require(room.acks == outcome.tries, f"{room.acks} acks for {outcome.tries} answers")
    room.compare(outcome)
    return outcome


async def _kill_before_the_reply(servers: Servers, room: Room, outcome: Outcome) -> list[float]:
    (writer,), (program,), killed = room.writers, servers.programs(), list[float]()
    async with proxy.between(servers.port) as way:
        writer.browser.redirect_to(way.port)
        for _ in range(outcome.tries):
            swallowed = way.swallow_next_reply()
            saving = asyncio.create_task(writer.save())
            await asyncio.wait_for(swallowed, 60)
            killed.append(time.monotonic())
            await asyncio.to_thread(servers.kill, program)
            way.hang_up()
            committed = await in_database(_entries_of, writer.sitting)
            outcome.require(committed == len(killed), "the answer was not committed before its reply")
            await servers.restart(program)
            await saving
    return killed


def _entries_of(sitting: int | None) -> int:
    from exams.models import ResponseEntry

    return ResponseEntry.objects.filter(sitting=sitting).count()


# --- one after the other ---------------------------------------------------------------------------------------------


def rolling_restart(ground: Ground, short: bool) -> Outcome:
    """Restart two server processes one after the other, as an update does, while everybody saves."""
    outcome = Outcome(3, ground.database, tries=1 if short else 5)
    with ground.servers(2) as servers:
        room = seats.taken(20 if short else 50, servers.origin)
        ground.run(_restart_in_turn(servers, room, outcome.tries))
    slowest = max(room.record.latencies["save"], default=0.0)
    outcome.recovery_s = slowest
    outcome.notes.append(f"{room.acks} acks, {room.record.retried} sent again")
    outcome.require(slowest <= SLOWEST_SAVE, f"a save took {slowest:.1f} s")
    room.compare(outcome)
    return outcome


async def _restart_in_turn(servers: Servers, room: Room, times: int) -> None:
    async with room.writing(pause=0.2):
        await asyncio.sleep(1)
        for _ in range(times):
            for program in servers.programs():
                assert program.process is not None
                program.process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(program.process.wait, 30)
                await servers.restart(program)
                await asyncio.sleep(0.5)


# --- what a kill cannot show: that an ack means the disk has it ------------------------------------------------------


def _assert_durable(ground: Ground, servers: Servers, outcome: Outcome) -> None:
    """A killed process proves nothing about a power cut: look at the settings in force and at the sync before acks."""
    if ground.database == "postgresql":
        _assert_flushed(ground, servers, outcome)
    else:
        _assert_synced(ground, servers, outcome)


def _assert_flushed(ground: Ground, servers: Servers, outcome: Outcome) -> None:
    """After an ack, what its connection wrote must be flushed: with synchronous_commit off it would lag behind."""
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            value = cursor.fetchone()[0]
            outcome.require(value == "on", f"{name} is {value}")
    room = seats.taken(1, servers.origin)
    behind = ground.run(_flushed_at_each_ack(room))
    outcome.require(not behind, f"{behind} of 20 acks came before the write-ahead log was flushed")
    outcome.notes.append("fsync, synchronous_commit on; the log was flushed before each of 20 acks")


async def _flushed_at_each_ack(room: Room) -> int:
    (writer,), behind = room.writers, 0
    for _ in range(20):
        before = await in_database(_position, "pg_current_wal_insert_lsn()")
        await writer.save()
        outcome = await in_database(_is_flushed, before)
        behind += not outcome
    writer.browser.hang_up()
    return behind


def _position(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}::text")
        return str(cursor.fetchone()[0])


def _is_flushed(before: str) -> bool:
    """Tell whether the log has grown since, and the newest commit record is on disk already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_wal_flush_lsn() > %s::pg_lsn"
            " AND pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() - 64",
            [before],
        )
        return bool(cursor.fetchone()[0])


def _assert_synced(ground: Ground, servers: Servers, outcome: Outcome) -> None:
    """Watch the server's system calls: between one reply and the next, the write-ahead log must be synced."""
    with connection.cursor() as cursor:
        for name, wanted in (("synchronous", 2), ("journal_mode", "wal")):
            cursor.execute(f"PRAGMA {name}")
            value = cursor.fetchone()[0]
            outcome.require(value == wanted, f"{name} is {value}")
    if not shutil.which("strace"):
        outcome.notes.append("synchronous FULL; strace is not installed: the sync itself was not seen")
        return
    room = seats.taken(1, servers.origin)
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as seen:
        ground.run(_watched_saves(servers, room, seen.name))
        calls = Path(seen.name).read_text(errors="replace")
    synced, acks = syncs_before_acks(calls)
    outcome.require(acks >= 10, f"strace saw {acks} acks")
    outcome.require(synced == acks, f"{acks - synced} of {acks} acks came without a sync before")
    outcome.notes.append(f"synchronous FULL; strace saw the log synced before each of {acks} acks")


async def _watched_saves(servers: Servers, room: Room, path: str) -> None:
    (writer,), (program,) = room.writers, servers.programs()
    assert program.process is not None
    await writer.save()
    calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg"
    command = ["strace", "-f", "-y", "-s", "300", "-e", calls, "-o", path, "-p", str(program.process.pid)]
    watching = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    assert watching.stderr is not None
    await asyncio.wait_for(watching.stderr.readline(), 10)  # attached
    for _ in range(10):
        await writer.save()
    writer.browser.hang_up()
    watching.send_signal(signal.SIGINT)
    await watching.wait()


def syncs_before_acks(calls: str) -> tuple[int, int]:
    """Return how many acks had a sync of the write-ahead log since the ack before, and how many acks there were."""
    is_synced, synced, acks = False, 0, 0
    for line in calls.splitlines():
        if re.search(r"(fsync|fdatasync)\(\d+<[^>]*-wal>", line):
            is_synced = True
        elif "HTTP/1.1 200" in line or '"acks' in line:
            if '\\"acks' not in line and '"acks' not in line:
                continue  # a head that comes without its body: the body follows
            acks, synced, is_synced = acks + 1, synced + is_synced, False
    return synced, acks
