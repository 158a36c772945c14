"""The one way to have a picture looked at; which machine does it is a setting, not the caller's business."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from django.conf import settings

from proctoring.faces.engine import Box, Observation, PhotoReport, Unreadable
from proctoring.faces.pool import VerifierBusy, VerifierFailed, VerifierPool

__all__ = ["Unreadable", "Verifier", "VerifierBusy", "VerifierFailed", "shutdown", "verifier", "warmed"]


class Verifier(Protocol):
    """Looks at pictures somewhere else than in the web server's own process.

    Every call raises Unreadable (the picture is no good), VerifierBusy (try later) or VerifierFailed (nothing is
    known about the picture, so nothing may be concluded about the person). `near` is the face of the same camera's
    frame before, where the search begins; without it the whole frame is searched.
    """

    async def observe(self, jpeg: bytes, *, near: Box | None = None) -> Observation: ...

    async def describe_photo(self, image: bytes) -> PhotoReport: ...

    def observe_now(self, jpeg: bytes, *, near: Box | None = None) -> Observation: ...

    def describe_photo_now(self, image: bytes) -> PhotoReport: ...

    def warm(self) -> None: ...

    def close(self) -> None: ...


_lock = threading.Lock()
_running: list[Verifier] = []


def verifier() -> Verifier:
    """Return the verifier of this process; its workers start with the first picture, or with `warm()`."""
    with _lock:
        if not _running:
            _running.append(VerifierPool(settings.VERIFIER_PROCESSES))
        return _running[0]


def shutdown() -> None:
    """End the workers of this process; the next call of `verifier` would start new ones."""
    with _lock:
        while _running:
            _running.pop().close()


@asynccontextmanager
async def warmed() -> AsyncIterator[None]:
    """Have the workers ready for as long as the block lasts: the first candidate does not wait for the models."""
    verifier().warm()
    try:
        yield
    finally:
        shutdown()
