"""What has to happen although nobody asks: closing what is overdue, every two seconds, beside every server or alone.

Nothing depends on it being on time: a sitting whose deadline has passed is closed for everybody who looks at it. Any
number may run at once. A server also beats here: what its silence means is decided in `services.outages`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic

from exams.services import answer_file_keys, marks, outages, papers, planned_pauses, sittings
from exams.services.database_clock import database_now
from exams.threads import BACKGROUND, HEART

EVERY_SECONDS = 2.0
MARK_AGAIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 10.0

logger = logging.getLogger(__name__)


def sweep(*, mark_again: bool = True) -> int:
    """Carry out planned pauses, close what is overdue, now and then mark and draw ahead; return how many closed."""
    now = database_now()
    planned_pauses.carry_out(now)
    closed = sittings.close_overdue(now)
    if mark_again:
        marks.mark_missing(now)
        answer_file_keys.prepare_near(now)
        papers.prepare_near(now)
    return closed


def sweep_beside_a_server(*, mark_again: bool = True) -> int:
    """Beat, then sweep: nobody is closed by a deadline before it is known what an outage gives back."""
    outages.ear.hear()
    return sweep(mark_again=mark_again)


async def run(
    every: float = EVERY_SECONDS, once: Callable[..., int] | None = None, end: asyncio.Event | None = None
) -> None:
    """Sweep until told to end or cancelled; a sweep that fails is logged, and the next one tries again.

    `end` lets a sweep that is under way finish.
    """
    end, marked_at = end or asyncio.Event(), -MARK_AGAIN_SECONDS
    while not end.is_set():
        is_due = monotonic() - marked_at >= MARK_AGAIN_SECONDS
        marked_at = monotonic() if is_due else marked_at
        try:
            await BACKGROUND.run(once or sweep, mark_again=is_due)
        except Exception:
            logger.exception("the sweep failed; trying again")
        await _passes(every, end)


async def _beat_through_long_sweeps(end: asyncio.Event) -> None:
    """Beat while a sweep takes its time: hundreds of papers to mark are no outage."""
    while not end.is_set():
        await _passes(EVERY_SECONDS, end)
        if outages.ear.is_silent_for(2 * EVERY_SECONDS):
            with suppress(Exception):  # the sweep says so
                await HEART.run(outages.ear.hear)


async def _passes(seconds: float, end: asyncio.Event) -> None:
    """Wait so long, or until told to end."""
    with suppress(TimeoutError):
        await asyncio.wait_for(end.wait(), seconds)


@asynccontextmanager
async def sweeping() -> AsyncIterator[None]:
    """Sweep for as long as the block lasts; it begins once an outage before it has been seen to."""
    try:
        await HEART.run(outages.ear.hear)
    except Exception:
        logger.exception("the first beat failed; the sweeps try again")
        outages.ear.heard_at = monotonic() - outages.SILENCE.total_seconds()
    end = asyncio.Event()
    tasks = [
        asyncio.create_task(work) for work in (run(once=sweep_beside_a_server, end=end), _beat_through_long_sweeps(end))
    ]
    try:
        yield
    finally:
        end.set()
        _ended, late = await asyncio.wait(tasks, timeout=ENDS_WITHIN_SECONDS)
        for task in late:  # its database does not answer
            task.cancel()
        outages.ear.heard_at = None
