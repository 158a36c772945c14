"""Closes sittings whose deadline has passed, every second or so: beside the embedded server, or as a command.

Nothing depends on it being on time: a sitting whose deadline has passed is closed for everybody who looks at it. Any
number may run at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from exams.services import answer_file_keys, marks, sittings
from exams.services.database_clock import database_now
from exams.threads import BACKGROUND

EVERY_SECONDS = 2.0
MARK_AGAIN_SECONDS = 60.0

logger = logging.getLogger(__name__)


def sweep(*, mark_again: bool = True) -> int:
    """Close what is overdue, mark what could not be marked before; return how many sittings were closed."""
    now = database_now()
    closed = sittings.close_overdue(now)
    if mark_again:
        marks.mark_missing(now)
        answer_file_keys.prepare_near(now)
    return closed


async def run(every: float = EVERY_SECONDS) -> None:
    """Sweep until cancelled; a sweep that fails is logged, and the next one tries again."""
    marked_at = -MARK_AGAIN_SECONDS
    while True:
        is_due = monotonic() - marked_at >= MARK_AGAIN_SECONDS
        marked_at = monotonic() if is_due else marked_at
        try:
            await BACKGROUND.run(sweep, mark_again=is_due)
        except Exception:
            logger.exception("the sweep failed; trying again")
        await asyncio.sleep(every)


@asynccontextmanager
async def sweeping() -> AsyncIterator[None]:
    """Sweep for as long as the block lasts."""
    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
