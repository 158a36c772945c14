"""Threads in which requests and sockets work with the database: few, lasting, each with a connection that it keeps.

However many candidates come at once, a server process holds no more connections than it has such threads; whoever
comes beyond waits for a turn. See decision record 0011.
"""

import asyncio
import select
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import SyncToAsync, async_to_sync
from django.conf import settings
from django.db import close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")
KEPT_SECONDS = 600  # a connection is closed and opened anew after that, so that a server's memory of it stays small


class Overloaded(Exception):
    """So many wait already that it is kinder to say so than to let somebody wait at the end."""


class DatabaseThreads:
    """So many threads, and so many who may wait for one (without `waiting`: any number)."""

    def __init__(self, name: str, threads: int, waiting: int | None = None) -> None:
        self.threads = threads
        self.most = None if waiting is None else threads + waiting
        self.inside = 0  # who waits or works; counted where they come from, the thread of the event loop
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_keep_connections)

    @property
    def is_busy(self) -> bool:
        """Tell whether whoever comes now has to wait."""
        return self.inside >= self.threads

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work in one of the threads; raise `Overloaded` at once where too many wait already.

        Who is cancelled while they wait gives up their turn; work that has begun is always finished.
        """
        if self.most is not None and self.inside >= self.most:
            raise Overloaded
        self.inside += 1
        try:
            return await _Work(work, thread_sensitive=False, executor=self._executor)(*args, **kwargs)
        finally:
            self.inside -= 1

    def call(self, work: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
        """Let a function or method be awaited: it runs in one of these threads. Usable as a decorator."""

        @wraps(work)
        async def awaited(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.run(work, *args, **kwargs)

        return awaited


def start(work: Callable[P, Coroutine[Any, Any, object]], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Start something on the event loop that this thread works for, without waiting; where there is none, do it now."""
    loop = getattr(SyncToAsync.threadlocal, "main_event_loop", None)
    if loop is None or not loop.is_running():
        async_to_sync(work)(*args, **kwargs)
    else:
        asyncio.run_coroutine_threadsafe(work(*args, **kwargs), loop)


class _Work(SyncToAsync[P, T]):
    """Looks after the thread's connections before and after a piece of work."""

    def thread_handler(self, loop: asyncio.AbstractEventLoop, *args: Any, **kwargs: Any) -> Any:
        _drop_lost_connections()
        try:
            return super().thread_handler(loop, *args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            close_old_connections()


def _keep_connections() -> None:
    """Let the connections of this thread last: it lives as long as the process, unlike Django's threads under ASGI."""
    for connection in connections.all():
        connection.settings_dict = connection.settings_dict | {"CONN_MAX_AGE": KEPT_SECONDS}


def _drop_lost_connections() -> None:
    """Close what the database's server has closed, so that the work opens a new one instead of failing."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.in_atomic_block and _is_lost(connection):
            connection.close()


def _is_lost(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether a connection that is idle has something to say: only its end comes unasked. Costs no query."""
    if connection.vendor != "postgresql":
        return False
    if connection.connection.closed:
        return True
    watched = select.poll()
    watched.register(connection.connection.fileno(), select.POLLIN)
    return bool(watched.poll(0))


SOCKETS = DatabaseThreads("socket", settings.SOCKET_THREADS)
"""What websockets read and write, each in turn; one slow query holds up only one of the threads."""

BACKGROUND = DatabaseThreads("background", 1)
"""What a server does beside the requests, one thing at a time."""

HEART = DatabaseThreads("heart", 1)
"""The server's sign of life, where what it does beside the requests takes long."""
