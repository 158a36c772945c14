"""The ground on which faults are played: servers of one database, with everything they need to themselves.

The process that lays it configures Django for that database, so there is one ground to a process.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from scripts import production, services
from scripts.production import ROOT, Program, Stack
from scripts.rehearsal import stack as stacks

Found = TypeVar("Found")


@dataclass
class Ground:
    """One database, and what goes with it."""

    database: str
    folder: Path
    postgresql: services.Server | None = None
    redis: services.Server | None = None

    @contextmanager
    def servers(self, count: int = 1, *, workers: int = 0, **environment: str) -> Iterator["Servers"]:
        """Yield so many server processes on one port, answering; SQLite has its verifier in the server."""
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            with (
                self.log.open("ab") as log,
                stacks.servers(servers=count, workers=workers, output=log.fileno()) as (origin, stack),
            ):
                yield Servers(origin, stack)
        finally:
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})

    def run(self, work: Awaitable[Found]) -> Found:
        """Play something that happens over the network."""

        async def played() -> Found:
            return await work

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(played())

    @property
    def log(self) -> Path:
        """Where the servers write; it stays when they are gone."""
        folder = ROOT / "var" / "test-artifacts"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"faults-{self.database}.log"

    @property
    def database_url(self) -> str:
        return os.environ.get("DATABASE_URL", "")

    @property
    def redis_url(self) -> str:
        return os.environ.get("REDIS_URL", "")


class Servers:
    """Server processes that can be killed and started again."""

    def __init__(self, origin: str, stack: Stack) -> None:
        self.origin, self.stack = origin, stack
        self.port = int(origin.rpartition(":")[2])

    def programs(self, kind: str = "server") -> list[Program]:
        return [program for program in self.stack.programs if program.name.startswith(kind)]

    def kill(self, program: Program) -> None:
        """End a process as a power cut would: nothing of it goes on."""
        self.signal(program, signal.SIGKILL)
        assert program.process is not None
        program.process.wait()

    def signal(self, program: Program, number: signal.Signals) -> None:
        """Send a signal to a process and all that it has started (the verifier's, the worker's)."""
        assert program.process is not None
        os.killpg(program.process.pid, number)

    async def restart(self, program: Program) -> None:
        """Start it again and wait until it listens."""
        program.start()
        while program.process is None or not listens(program.process.pid, self.port):
            assert program.process is None or program.process.poll() is None, f"{program.name} does not start"
            await asyncio.sleep(0.02)


def listens(pid: int, port: int) -> bool:
    """Tell whether a process itself listens on a TCP port: others may listen on the same one."""
    try:
        lines = (line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:])
        inodes = {line[9] for line in lines if line[3] == "0A" and int(line[1].rpartition(":")[2], 16) == port}
        opened = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:  # it has just ended, or closed a file while we looked
        return False
    return any(f"socket:[{inode}]" in opened for inode in inodes)


@contextmanager
def laid(database: str) -> Iterator[Ground]:
    """Lay the ground and configure Django for it."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="examplatform-faults-")))
        ground = Ground(database, folder)
        ground.log.unlink(missing_ok=True)
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        (folder / "data").mkdir()
        stacks.take_along(folder / "data")
        os.environ |= services.secrets_of_one_run() | {"DATA_DIR": str(folder / "data"), "DEMO": "0"}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "examplatform.settings", "LOG_LEVEL": "CRITICAL"}
        if database == "postgresql":
            url, ground.postgresql = running.enter_context(services.own_postgresql(durable=True))
            production.make_database(url)
            redis_url, ground.redis = running.enter_context(services.own_redis())
            os.environ |= {"DATABASE_URL": url, "REDIS_URL": redis_url}
        manage("migrate")
        import django

        django.setup()
        stacks.collect_static()
        yield ground
        django.db.connections.close_all()


def manage(*command: str) -> None:
    """Run a management command of the ground."""
    whole = [sys.executable, "manage.py", *command, "--verbosity", "0"]
    subprocess.run(whole, cwd=ROOT, check=True, stdout=sys.stderr)


async def in_database(ask: Callable[..., Found], *arguments: Any) -> Found:
    """Ask the database beside what happens on the network; the connection is not kept."""

    def asked() -> Found:
        from django.db import connections

        try:
            return ask(*arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(asked)
