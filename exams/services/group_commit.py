"""Saves that arrive while others are being committed share the next commit: many answers, one wait for the disk.

On an idle server a save is written at once and alone. A transaction begins 40 ms after the one before, or sooner where
many wait already: nobody sees these milliseconds, and the busier it is, the more saves share the cost of one. One
thread with a connection of its own writes for the whole process, so that neither a slow page nor a slow act of staff
stands before an answer. Nothing is told to a page before the commit.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

from django.db import connection

from exams.domain.arrivals import Arrival
from exams.services import responses
from exams.services.database_thread import ConnectionLost, DatabaseThread, is_lost
from exams.services.responses import Saved

MOST_AT_ONCE = 100  # saves in one transaction
MOST_WAITING = 2_000
APART = 0.04  # seconds between the beginnings of two transactions
MANY = 20  # saves that are enough for the next one to begin at once
PATIENCE = 8.0  # seconds that a save waits for the database; its page tries again after that
TRY_AGAIN = 0.25  # seconds between two attempts to reach a database that is away

logger = logging.getLogger(__name__)
Write = Callable[[Sequence[Arrival]], Sequence[Saved | None]]
Waiting = tuple[Arrival, "asyncio.Future[Saved | None]"]


class Unavailable(Exception):
    """The database is away or too much waits for it: nobody can say that the answers are stored, so nobody does."""


def write_what_is_free(batch: Sequence[Arrival]) -> Sequence[Saved | None]:
    """Write a batch without waiting for sittings that somebody else holds."""
    return responses.write(batch, waits=False)


class GroupCommit:
    """The one way to the database that all saves of a process share. Belongs to one event loop."""

    def __init__(self, write: Write = write_what_is_free, patience: float = PATIENCE, most: int = MOST_WAITING) -> None:
        self._write = write
        self._patience = patience
        self._most = most
        self._waiting: deque[Waiting] = deque()
        self._thread = DatabaseThread("answers")
        self._writing: asyncio.Task[None] | None = None
        self._began = -APART

    async def save(self, arrival: Arrival) -> Saved | None:
        """Return what became of it once that is committed, None if nothing was decided; or raise `Unavailable`.

        An error that is this arrival's own is raised as it is; those that came beside it are not harmed.
        """
        if len(self._waiting) >= self._most:
            raise Unavailable
        future: asyncio.Future[Saved | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._go_on())
        try:
            async with asyncio.timeout(self._patience):
                return await future
        except TimeoutError:
            raise Unavailable from None

    async def close(self) -> None:
        """Write what waits, then give the connection back."""
        if self._writing is not None:
            await self._writing
        await self._thread.close()

    async def _go_on(self) -> None:
        """Write batch after batch while anybody waits."""
        while self._waiting:
            await self._gather()
            if not (batch := self._next()):
                return
            try:
                results = await self._thread.run(self._commit, [arrival for arrival, _future in batch])
            except ConnectionLost:  # perhaps after the commit: writing it again is harmless
                self._waiting.extendleft(reversed(batch))
                await asyncio.sleep(TRY_AGAIN)
                continue
            for (_arrival, future), result in zip(batch, results, strict=True):
                if future.done():
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    async def _gather(self) -> None:
        """Let saves come together."""
        if len(self._waiting) < MANY:
            await asyncio.sleep(max(0, self._began + APART - monotonic()))
        self._began = monotonic()

    def _next(self) -> list[Waiting]:
        """Take what is written next: one of each sitting, of those for whom somebody still waits."""
        batch: list[Waiting] = []
        later: list[Waiting] = []
        sittings: set[int] = set()
        while self._waiting and len(batch) < MOST_AT_ONCE:
            arrival, future = self._waiting.popleft()
            if future.done():
                continue
            (later if arrival.sitting_id in sittings else batch).append((arrival, future))
            sittings.add(arrival.sitting_id)
        self._waiting.extendleft(reversed(later))
        return batch

    def _commit(self, batch: Sequence[Arrival]) -> list[Saved | Exception | None]:
        """Write a batch, in the thread; where that fails although the database is there, each of it alone."""
        used = connection.connection
        try:
            return list(self._write(batch))
        except Exception as failure:
            if is_lost(used):
                raise
            if len(batch) == 1:
                logger.exception("an answer could not be stored")
                return [failure]
        return [result for arrival in batch for result in self._commit([arrival])]
