"""`make run-production`: the platform as an exam day runs it, on one machine, to try it and for tests.

PostgreSQL and Redis (throwaway ones, unless DATABASE_URL and REDIS_URL name others), server processes that share one
port, and verifier workers at low priority. What dies is started again; Ctrl-C ends all of it.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this file is run by its path

from scripts import services  # noqa: E402

ENDS_WITHIN = 20  # seconds: servers let requests end, workers their frame
PAUSE = 1.0  # seconds before what died is started again


@dataclass
class Program:
    """One process of ours that is kept running."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    output: int | None = None  # where it writes; None: where this process does
    is_quiet: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    ended_at: float = 0.0

    def start(self) -> None:
        """Start it, out of reach of the Ctrl-C that this process hears."""
        out, err = self.output, self.output if self.is_quiet else None
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=self.environment, stdout=out, stderr=err, start_new_session=True
        )
        if not self.is_quiet:
            print(f"{self.name}: process {self.process.pid}", file=sys.stderr, flush=True)

    def look(self, now: float) -> None:
        """Start it again, a moment after it has ended."""
        if self.process is None or self.process.poll() is None:
            return
        if not self.ended_at:
            self.ended_at = now
            print(f"{self.name} ended with {self.process.returncode}; starting it again.", file=sys.stderr, flush=True)
        elif now - self.ended_at >= PAUSE:
            self.ended_at = 0.0
            self.start()

    def tell_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self) -> None:
        """Wait until it has ended, and end it where it does not."""
        if self.process is None:
            return
        try:
            self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Stack:
    """Everything that runs: the servers first, then the workers."""

    environment: dict[str, str]
    programs: list[Program] = field(default_factory=list)

    def look(self) -> None:
        """Start again what has ended."""
        for program in self.programs:
            program.look(time.monotonic())

    def end(self) -> None:
        """End the servers, then the workers: nobody is left waiting for a verdict."""
        for kind in ("server", "worker"):
            chosen = [program for program in self.programs if program.name.startswith(kind)]
            for program in chosen:
                program.tell_to_end()
            for program in chosen:
                program.end()

    def pids(self, kind: str) -> list[int]:
        """Return the processes of a kind that run now."""
        named = (program.process for program in self.programs if program.name.startswith(kind))
        return [process.pid for process in named if process is not None and process.poll() is None]


@contextmanager
def environment(**more: str) -> Iterator[dict[str, str]]:
    """Yield the environment of one run, with a database and a Redis that live as long, unless others are named."""
    with ExitStack() as running:
        chosen = dict(os.environ)
        if not chosen.get("DATABASE_URL"):
            chosen |= services.secrets_of_one_run() | {"DEMO": chosen.get("DEMO", "1")}
            chosen["DATABASE_URL"] = running.enter_context(services.postgresql())
            make_database(chosen["DATABASE_URL"])
        if not chosen.get("REDIS_URL"):
            chosen["REDIS_URL"] = running.enter_context(services.redis_server())
        yield chosen | {"VERIFIER": "celery", "PYTHONUNBUFFERED": "1"} | more


def make_database(url: str) -> None:
    """Make the database that the URL names, if it is not there."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    connection = psycopg2.connect(url[: -len(name)] + "postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    finally:
        connection.close()


@contextmanager
def running(
    environment: dict[str, str], *, servers: int, workers: int, processes: int, output: int | None = None
) -> Iterator[Stack]:
    """Yield the servers and workers, started; each worker with so many processes (0: an even share of the cores).

    With `output`, a file descriptor, they write there, and nothing is said of them.
    """
    share = processes or max(1, len(os.sched_getaffinity(0)) // max(1, workers))
    worker = [sys.executable, "-W", "ignore", "manage.py", "verifier_worker", "--processes", str(share)]
    server = [sys.executable, "-m", "examplatform.serve"]
    commands = [(f"server {number}", server) for number in range(1, servers + 1)]
    commands += [(f"worker {number}", worker) for number in range(1, workers + 1)]
    is_quiet = output is not None
    programs = [Program(name, command, environment, output, is_quiet) for name, command in commands]
    stack = Stack(environment, programs)
    try:
        for program in stack.programs:
            program.start()
        yield stack
    finally:
        stack.end()


def run(servers: int, workers: int, processes: int) -> int:
    """Prepare, start, and keep running until told to end."""
    with environment() as chosen:
        prepare = [sys.executable, "-m", "examplatform", "prepare"]
        done = subprocess.run(prepare, cwd=ROOT, env=chosen | {"VERIFIER": "pool"}, check=False)
        if done.returncode:
            return done.returncode
        with running(chosen, servers=servers, workers=workers, processes=processes) as stack:
            print(f"Redis: {chosen['REDIS_URL']}", flush=True)
            while True:
                stack.look()
                time.sleep(0.2)


def at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main() -> int:
    """Read the options and run; SIGTERM ends as Ctrl-C does, which a shell in the background may have switched off."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--servers", type=at_least_one, default=2, help="server processes (2)")
    parser.add_argument("--workers", type=at_least_one, default=2, help="verifier workers (2)")
    parser.add_argument("--processes", type=int, default=0, help="processes of each worker (a share of the cores)")
    options = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return run(options.servers, options.workers, options.processes)
    except KeyboardInterrupt:
        print("\nEnded.", flush=True)
        return 0
    except services.Unreachable as reason:
        print(f"{reason} {services.HOW_TO_GET_THEM}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
