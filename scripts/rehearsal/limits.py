"""What the machine itself can do, measured in the same run: commits of one row, and requests that do nothing."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2

from scripts.rehearsal.browser import Browser
from scripts.rehearsal.processes import cpu_seconds, cpu_seconds_with_ended, postmaster

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 3.0
WRITERS = 8
CONNECTIONS = 20
TABLE = "rehearsal_limit"


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with nothing: an ASGI application without an application."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def serve(descriptor: int) -> None:
    """Serve `nothing` as the platform is served."""
    import uvicorn

    from examplatform.__main__ import SERVER

    config = uvicorn.Config("scripts.rehearsal.limits:nothing", **SERVER)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


async def empty_requests() -> dict[str, float]:
    """Return requests a second of one process that does nothing, and the processor time of one."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=200)
    descriptor, port = listening.fileno(), listening.getsockname()[1]
    command = [sys.executable, "-m", "scripts.rehearsal.limits", str(descriptor)]
    server = subprocess.Popen(command, cwd=ROOT, pass_fds=[descriptor], start_new_session=True)
    listening.close()
    try:
        browsers = [Browser(f"http://127.0.0.1:{port}") for _ in range(CONNECTIONS)]
        await asyncio.gather(*(browser.get("/") for browser in browsers))
        before, began, ends = cpu_seconds([server.pid]), time.monotonic(), time.monotonic() + SECONDS
        counts = await asyncio.gather(*(_ask_until(browser, ends) for browser in browsers))
        lasted, used = time.monotonic() - began, cpu_seconds([server.pid]) - before
        for browser in browsers:
            browser.hang_up()
    finally:
        server.terminate()
        server.wait()
    return {"per_second": sum(counts) / lasted, "cpu_ms": 1000 * used / sum(counts)}


async def _ask_until(browser: Browser, ends: float) -> int:
    count = 0
    while time.monotonic() < ends:
        await browser.get("/")
        count += 1
    return count


def commits(database_url: str) -> dict[str, float]:
    """Return commits of one row a second by eight writers of that PostgreSQL, and the processor time of one."""
    pid = postmaster(database_url)
    _execute(database_url, f"CREATE TABLE IF NOT EXISTS {TABLE} (id bigserial, value text)")
    try:
        before = cpu_seconds_with_ended(pid) if pid else 0.0
        began = time.monotonic()
        counted = _in_threads(lambda: _commit_until(database_url, began + SECONDS))
        lasted = time.monotonic() - began
        time.sleep(0.3)  # until the writers' connections have ended
        used = cpu_seconds_with_ended(pid) - before if pid else 0.0
    finally:
        _execute(database_url, f"DROP TABLE IF EXISTS {TABLE}")
    found = {"per_second": counted / lasted}
    return found | ({"cpu_ms": 1000 * used / counted} if pid and counted else {})


def _execute(database_url: str, statement: str) -> None:
    connection = psycopg2.connect(database_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _commit_until(database_url: str, ends: float) -> int:
    connection, count = psycopg2.connect(database_url), 0
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            while time.monotonic() < ends:
                cursor.execute(f"INSERT INTO {TABLE} (value) VALUES ('A')")
                count += 1
    finally:
        connection.close()
    return count


def _in_threads(work: Callable[[], int]) -> int:
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(work())) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


async def measure(database_url: str) -> dict[str, dict[str, float]]:
    """Return the machine's limits; commits only where there is a PostgreSQL."""
    found = {"empty_asgi": await empty_requests()}
    if database_url:
        found["commits"] = await asyncio.to_thread(commits, database_url)
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
    serve(int(sys.argv[1]))
