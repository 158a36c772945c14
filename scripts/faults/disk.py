"""A full disk: what cannot be stored is refused so that everybody sees it, and never acked.

SQLite's log may have room within itself for a while, and again after a checkpoint. So there may be acks on a full disk,
and each must be stored there and then.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.faults import seats
from scripts.faults.ground import Ground, in_database
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room

REFUSED = 500  # and above
MEGABYTES = 24
STAYS_FULL = 3.0  # seconds, from the first refusal
REFUSED_WITHIN = 30.0  # seconds


def full(ground: Ground, short: bool) -> Outcome:
    """Fill a small disk under the database while candidates save, then make room again."""
    outcome = Outcome(15, ground.database, tries=1 if short else 5)
    with _small_disk() as disk:
        if disk is None:
            outcome.failures.append("a small file system can be mounted by root only")
            return outcome
        data = Path(os.environ["DATA_DIR"])
        _move_database(data, disk)
        try:
            with ground.servers(1) as servers:
                room = seats.taken(5, servers.origin)
                for _ in range(outcome.tries):
                    _judge(outcome, room, *ground.run(_fill(room, disk)))
            room.compare(outcome)
        finally:
            _move_database(disk, data)
    return outcome


def _judge(outcome: Outcome, room: Room, refused: int, missing: int, free_at: float) -> None:
    outcome.require(refused > 0, "nothing was refused")
    outcome.lost += missing
    outcome.recovery_s = max(outcome.recovery_s or 0.0, room.recovery([free_at]))
    outcome.require(outcome.recovery_s <= 10, "saving did not go on once there was room")
    outcome.notes[:] = [f"{room.record.pushed_back} refusals with a status of {REFUSED} or above; {room.acks} acks"]


async def _fill(room: Room, disk: Path) -> tuple[int, int, float]:
    """Return how many were refused, how many acked answers were not stored on the full disk, and when it had room."""
    before = room.record.pushed_back
    for writer in room.writers:
        writer.stops.clear()
    async with room.writing(pause=0.05):
        await asyncio.sleep(1)
        await asyncio.to_thread(_fill_up, disk / "filling")
        full_at = time.monotonic()
        while room.record.pushed_back == before and time.monotonic() < full_at + REFUSED_WITHIN:
            await asyncio.sleep(0.1)
        await asyncio.sleep(STAYS_FULL)
        refused, missing = room.record.pushed_back - before, await in_database(room.missing)
        free_at = time.monotonic()
        (disk / "filling").unlink()
        while not room.acks_between(free_at, time.monotonic()) and time.monotonic() < free_at + 15:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
    return refused, missing, free_at


def _fill_up(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


@contextmanager
def _small_disk() -> Iterator[Path | None]:
    """Yield a file system of a few megabytes in memory; nothing where this process may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="examplatform-small-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and not subprocess.run(command, check=False, capture_output=True).returncode
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _move_database(source: Path, target: Path) -> None:
    """Move the embedded database and leave a link where it was: the settings stay as they are."""
    from django.db import connections

    connections.close_all()
    for folder in (source, target):
        if (folder / "db.sqlite3").is_symlink():
            (folder / "db.sqlite3").unlink()
    for path in source.glob("db.sqlite3*"):
        shutil.move(path, target / path.name)
    if target.name.startswith("examplatform-small-disk-"):
        (source / "db.sqlite3").symlink_to(target / "db.sqlite3")
