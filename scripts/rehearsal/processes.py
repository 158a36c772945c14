"""What processes use, read from /proc: memory and processor time, their children's too, also once they have ended."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import redis

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
HERE = frozenset({"", "127.0.0.1", "::1", "localhost"})


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children: list[int] = []
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        children += [int(child) for child in _text(each).split()]
    return [pid, *(one for child in children for one in family(child))]


def megabytes(pids: Iterable[int]) -> float:
    """Return the resident memory of processes together."""
    return sum(int(_read(pid, "statm").split()[1]) * PAGE for pid in pids) / 2**20


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have used so far."""
    fields = (_fields(pid) for pid in pids)
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


def cpu_seconds_with_ended(pid: int) -> float:
    """Return the processor time of a process, of all below it, and of its children that have ended (PostgreSQL's)."""
    while True:
        ended = _ended_children(pid)
        living = cpu_seconds(family(pid))
        if ended == _ended_children(pid):  # else one ended between the two looks, and is in neither
            return living + ended / TICKS


def _ended_children(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[13]) + int(fields[14])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all does not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def postmaster(url: str) -> int | None:
    """Return the process of the PostgreSQL behind a URL; None where it is on another machine or not to be seen."""
    if (urlsplit(url).hostname or "") not in HERE:
        return None
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = int(cursor.fetchone()[0])
        parent = int(_fields(backend)[1])
        return parent if _text(Path(f"/proc/{backend}/comm")).startswith("postgres") else None
    finally:
        connection.close()


def redis_process(url: str) -> int | None:
    """Return the process of the Redis behind a URL; None where it is on another machine or not to be seen."""
    if (urlsplit(url).hostname or "") not in HERE:
        return None
    with redis.Redis.from_url(url) as client:
        pid = int(client.info("server")["process_id"])
    return pid if _text(Path(f"/proc/{pid}/comm")).startswith("redis") else None


class Meter:
    """The processor time of application, PostgreSQL and Redis, without the verifier's processes."""

    def __init__(self, servers: Callable[[], Iterable[int]], database_url: str, redis_url: str) -> None:
        self._servers = servers
        self._postmaster = postmaster(database_url) if database_url else None
        self._redis = redis_process(redis_url) if redis_url else None
        has_database = not database_url or self._postmaster is not None
        self.is_whole = has_database and (not redis_url or self._redis is not None)

    def read(self) -> dict[str, float]:
        """Return the seconds used so far, by part; only differences mean anything."""
        used = {"application": cpu_seconds(self._servers())}
        if self._postmaster is not None:
            used["postgresql"] = cpu_seconds_with_ended(self._postmaster)
        if self._redis is not None:
            used["redis"] = cpu_seconds([self._redis])
        return used


def _fields(pid: int) -> list[str]:
    """Return what /proc/PID/stat says from the state on: field 3 of proc(5) is number 0 here."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, name: str) -> str:
    """Return a file of a process; zeros where it has just ended."""
    return _text(Path(f"/proc/{pid}/{name}")) or ("0 0" if name == "statm" else "0 () " + "0 " * 30)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
