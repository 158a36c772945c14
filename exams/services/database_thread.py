"""One thread with a connection of its own that outlives requests, and the database's going away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")


class ConnectionLost(Exception):
    """The connection broke or could not be made; whether the last transaction was committed is unknown."""


class DatabaseThread:
    """Runs one function after the other; after a broken connection the next one gets a new one."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function gives; raise `ConnectionLost` if the database is away."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: _guarded(function, *args, **kwargs)
        )

    async def close(self) -> None:
        """Wait for what runs, and give the connection back."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _close)
        self._thread.shutdown()


def _guarded(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    used = connection.connection
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError) as failure:
        if not is_lost(used):
            raise
        connection.close()
        raise ConnectionLost from failure


def _close() -> None:
    connection.close()  # the one of the thread that runs this


def is_lost(used: object) -> bool:
    """Tell, after an error, whether it was the connection's, the driver's that was in use before.

    Where that broke in a transaction, Django has made a new one by now: so a usable one proves nothing. Work that began
    without one counts as lost at first, and is told apart when it is tried again.
    """
    return connection.connection is None or connection.connection is not used or not connection.is_usable()
