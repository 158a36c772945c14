"""PostgreSQL and Redis for one run, of the tests or to try: servers of their own on free ports, gone afterwards.

Their own, because a server that is there may hold somebody's data. TEST_DATABASE_URL and TEST_REDIS_URL name others;
where the programs are not installed, servers that listen on the usual ports are used.
"""

import base64
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import redis

from scripts.machine import find_server

STARTS_WITHIN = 30  # seconds
HOW_TO_GET_THEM = (
    "Install them with: apt-get install postgresql redis-server, or set TEST_DATABASE_URL and TEST_REDIS_URL"
)


class Unreachable(Exception):
    """There is no such server, and none can be started."""


class Server:
    """A server program that can be ended and started again, with the data it had."""

    def __init__(self, command: list[str], is_ready: Callable[[], bool], **options: Any) -> None:
        self._command, self._is_ready, self._options = command, is_ready, options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; raise `Unreachable` where it does not."""
        output = subprocess.DEVNULL
        self._process = subprocess.Popen(
            self._command, stdout=output, stderr=output, start_new_session=True, **self._options
        )
        patience = time.monotonic() + STARTS_WITHIN
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > patience:
                raise Unreachable(f"{self._command[0]} does not start.")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it now, without waiting for clients."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a PostgreSQL server on which databases can be made; `durable`: it syncs as a real one does."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
    elif find_server("postgres"):
        with own_postgresql(durable=durable) as (url, _server):
            yield url
    else:
        user = next((user for user in (os.environ.get("USER", "root"), "postgres") if _lets_in(user)), None)
        if not user:
            raise Unreachable("PostgreSQL is neither installed nor reachable.")
        yield f"postgresql://{user}@127.0.0.1:5432/examplatform"


@contextmanager
def redis_server() -> Iterator[str]:
    """Yield the URL of a Redis server whose content may be thrown away."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
    elif find_server("redis-server"):
        with own_redis() as (url, _server):
            yield url
    elif _answers_ping("redis://127.0.0.1:6379/15"):
        yield "redis://127.0.0.1:6379/15"
    else:
        raise Unreachable("Redis is neither installed nor reachable.")


@contextmanager
def own_redis() -> Iterator[tuple[str, Server]]:
    """Yield the URL of a Redis of our own, and the server."""
    program, port = find_server("redis-server"), free_port()
    if not program:
        raise Unreachable("Redis is not installed.")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    url = f"redis://127.0.0.1:{port}/0"
    with _running(Server([program, *options], lambda: _answers_ping(url))) as server:
        yield url, server


@contextmanager
def own_postgresql(*, durable: bool) -> Iterator[tuple[str, Server]]:
    """Yield the URL of a PostgreSQL of our own, and the server."""
    found = find_server("postgres")
    if not found:
        raise Unreachable("PostgreSQL is not installed.")
    programs = Path(found).parent
    as_user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder, port = Path(tempfile.mkdtemp(prefix="examplatform-postgresql-")), free_port()
    try:
        if as_user:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
        command = [str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username=postgres", "--auth=trust"]
        options = ["--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
        if not durable:
            settings["fsync"] = "off"
        options = [f"-c{name}={value}" for name, value in settings.items()]
        program = [str(programs / "postgres"), "-D", str(folder / "data"), *options]
        with _running(Server(program, lambda: _lets_in("postgres", port), cwd=folder, **as_user)) as server:
            yield f"postgresql://postgres@127.0.0.1:{port}/examplatform", server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    """Keep a server running, from the moment it answers to the end of the block."""
    try:
        server.start()
        yield server
    finally:
        server.stop()


def secrets_of_one_run() -> dict[str, str]:
    """Return what the settings demand beside DATABASE_URL."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {"SECRET_KEY": secrets.token_urlsafe(50), "DATA_KEYS": f"1:{key}", "LOOKUP_KEY": key}


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _lets_in(user: str, port: int = 5432) -> bool:
    try:
        psycopg2.connect(host="127.0.0.1", port=port, user=user, dbname="postgres", connect_timeout=3).close()
    except psycopg2.OperationalError:
        return False
    return True


def _answers_ping(url: str) -> bool:
    with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
