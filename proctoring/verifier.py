"""The one way to have a picture looked at; which machine does it is a setting, not the caller's business."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from django.conf import settings

from proctoring.faces.asking import Health
from proctoring.faces.engine import Near, Observation, PhotoReport, Unreadable
from proctoring.faces.line import VerifierBusy, VerifierFailed
from proctoring.faces.pool import VerifierPool

__all__ = ["Health", "Unreadable", "Verifier", "VerifierBusy", "VerifierFailed", "shutdown", "verifier", "warmed"]

LOOKS_EVERY = 1.0  # seconds between two looks at the verifier's health
STARTS_WITHIN = 15.0  # seconds: models are loaded, at the first start converted too

log = logging.getLogger(__name__)


class Verifier(Protocol):
    """Looks at pictures somewhere else than in the web server's own process.

    Every call raises Unreadable (the picture is no good), VerifierBusy (try later) or VerifierFailed (nothing is
    known about the picture, so nothing may be concluded about the person). `near` is the face of the same camera's
    frame before, where the search begins; without it the whole frame is searched. `key` names the camera: of each,
    only the newest picture waits.
    """

    async def observe(self, jpeg: bytes, *, near: Near | None = None, key: str = "") -> Observation: ...

    async def describe_photo(self, image: bytes) -> PhotoReport: ...

    def observe_now(self, jpeg: bytes, *, near: Near | None = None, key: str = "") -> Observation: ...

    def describe_photo_now(self, image: bytes) -> PhotoReport: ...

    def warm(self) -> None: ...

    def close(self) -> None: ...

    def health(self) -> Health: ...


_lock = threading.Lock()
_running: list[Verifier] = []


def verifier() -> Verifier:
    """Return the verifier of this process; its workers start with the first picture, or with `warm()`."""
    with _lock:
        if not _running:
            _running.append(_made())
        return _running[0]


def _made() -> Verifier:
    if settings.VERIFIER == "celery":
        from proctoring.remote.client import RemoteVerifier  # loads Celery, which the embedded default does without

        return RemoteVerifier(settings.REDIS_URL)
    return VerifierPool(settings.VERIFIER_PROCESSES)


def shutdown() -> None:
    """End the workers of this process; the next call of `verifier` would start new ones."""
    with _lock:
        while _running:
            _running.pop().close()


@asynccontextmanager
async def warmed() -> AsyncIterator[None]:
    """Have the workers ready for as long as the block lasts, and log when nobody answers."""
    verifier().warm()
    watch = asyncio.create_task(_watch())
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await asyncio.to_thread(shutdown)


async def _watch() -> None:
    """Say in the log when the verifier goes away, and when it is back."""
    was_down = False
    await asyncio.sleep(STARTS_WITHIN)  # servers and workers start together: nobody is missed yet
    while True:
        health = verifier().health()
        if health.is_down and not was_down:
            log.error("No verifier worker answers: cameras are on record as unchecked until one does")
        elif was_down and not health.is_down:
            log.warning("Verifier workers answer again: %d", health.workers)
        was_down = health.is_down
        await asyncio.sleep(LOOKS_EVERY)
