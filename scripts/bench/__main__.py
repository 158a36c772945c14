"""`python -m scripts.bench`: what saving an answer costs, on a PostgreSQL and a server of its own.

Prints processor time per save (application, PostgreSQL and Redis together), latencies and what is reached at
saturation, and beside them what the machine could do at best: an empty request under the same server, one row
committed to the same PostgreSQL. With --json one object.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts import production, services
from scripts.bench.pages import Load, Seat, load
from scripts.rehearsal import limits
from scripts.rehearsal.processes import cpu_seconds_with_ended, percentile, postmaster, redis_process

ROOT = Path(__file__).resolve().parent.parent.parent
PATH = "/exam/responses/"
AT_ONCE = 100  # saves on their way at saturation


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--candidates", type=int, default=600)
    parser.add_argument("--rate", type=float, default=200, help="saves a second in the first part")
    parser.add_argument("--seconds", type=float, default=15, help="how long each part lasts")
    parser.add_argument("--sqlite", action="store_true", help="the embedded default instead of PostgreSQL and Redis")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with _surroundings(sqlite=given.sqlite) as (environment, works):
        measured = _measure(given, environment, works)
    if given.json:
        print(json.dumps(measured, indent=1))
    else:
        for name, value in measured.items():
            print(f"{name:<44}{value:>12.3f}" if isinstance(value, float) else f"{name:<44}{value!s:>12}")
    return 0


@contextmanager
def _surroundings(*, sqlite: bool) -> Iterator[tuple[dict[str, str], list[int]]]:
    """Yield what a server needs to know, and the processes that work for it: the first is PostgreSQL's."""
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="examplatform-bench-"))
        port = services.free_port()
        chosen = os.environ | {"DATA_DIR": folder, "DEMO": "0", "VERIFIER": "pool", "PORT": str(port)}
        if sqlite:
            yield chosen, []
            return
        database = running.enter_context(services.postgresql(durable=True))
        cache = running.enter_context(services.redis_server())
        production.make_database(database)
        chosen |= services.secrets_of_one_run() | {"DATABASE_URL": database, "REDIS_URL": cache, "VERIFIER": "celery"}
        yield chosen, [pid for pid in (postmaster(database), redis_process(cache)) if pid is not None]


def _measure(given: argparse.Namespace, environment: dict[str, str], works: list[int]) -> dict[str, Any]:
    """Prepare an exam, then measure the saves and the limits of the machine in the same run."""
    measured: dict[str, Any] = {}
    _manage(environment, "migrate")
    prepared = [sys.executable, "-m", "scripts.bench.prepare", str(given.candidates)]
    made = subprocess.run(prepared, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    seats = [Seat(**seat) for seat in json.loads(made.stdout)]
    with _serving([sys.executable, "-m", "examplatform.serve"], environment) as (server, origin):
        pids = [server, *works]
        asyncio.run(load(seats, origin, PATH, 3, at_once=20))  # every page once: caches and connections are warm
        measured |= _costs("save", pids, lambda: load(seats, origin, PATH, given.seconds, rate=given.rate))
        measured |= _costs("saturated", pids, lambda: load(seats, origin, PATH, given.seconds, at_once=AT_ONCE))
    found = asyncio.run(limits.measure(environment.get("DATABASE_URL", "")))
    measured |= {f"{limit}_{name}": value for limit, values in found.items() for name, value in values.items()}
    bound = sum(values.get("cpu_ms", 0.0) for values in found.values())
    return measured | {"save_times_the_limits": measured["save_cpu_ms"] / bound}


def _costs(name: str, pids: list[int], work: Callable[[], Coroutine[Any, Any, Load]]) -> dict[str, Any]:
    """Return what a stretch of load cost the processes, each and together, and how it went."""
    before = [cpu_seconds_with_ended(pid) for pid in pids]
    done = asyncio.run(work())
    used = [cpu_seconds_with_ended(pid) - at for pid, at in zip(pids, before, strict=True)]
    count = max(1, len(done.latencies))
    each = zip(("server", "postgresql", "redis"), used, strict=False) if len(used) > 1 else ()
    return {
        f"{name}_cpu_ms": 1000 * sum(used) / count,
        **{f"{name}_cpu_ms_{part}": 1000 * seconds / count for part, seconds in each},
        f"{name}_per_second": done.rate,
        **{f"{name}_p{share}_ms": 1000 * percentile(done.latencies, share / 100) for share in (50, 95, 99)},
        f"{name}_own_bytes": done.own_bytes,
        f"{name}_errors": len(done.errors),
        **({f"{name}_first_error": done.errors[0]} if done.errors else {}),
    }


def _manage(environment: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command, "--verbosity=0"], cwd=ROOT, env=environment, check=True)


@contextmanager
def _serving(command: list[str], environment: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield a server's process and address, from the moment it listens."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", int(environment["PORT"])), 1)):
                break
            time.sleep(0.1)
        yield process.pid, f"http://127.0.0.1:{environment['PORT']}"
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    sys.exit(main())
