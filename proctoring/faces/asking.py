"""What every backend of the verifier offers, with and without an event loop; each says only how a picture is sent."""

import abc
import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from proctoring.faces.line import Job, Line, VerifierFailed
from proctoring.faces.observation import Near, Observation, PhotoReport

FRAME_WAITS: Final = 5.0  # seconds: an older frame says nothing about who is there now
PHOTO_WAITS: Final = 20.0

_unnamed = itertools.count()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether anybody looks at pictures: how many workers answer, and for how many seconds none has."""

    workers: int
    silent_for: float = 0.0

    TOLERATED = 3.0  # seconds: a worker that is replaced is back within two

    @property
    def is_down(self) -> bool:
        return self.workers == 0 and self.silent_for > self.TOLERATED


class Asking(abc.ABC):
    """Sends pictures to workers and waits for what they say.

    Every call raises Unreadable, VerifierBusy or VerifierFailed; `key` names the camera: of each, only the newest
    picture waits.
    """

    def __init__(self, line: Line, timeout: float) -> None:
        """Use `timeout` seconds for the wait and the work on a frame together."""
        self._line = line
        self._timeout = timeout
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._answered_at = time.monotonic()

    async def observe(self, jpeg: bytes, *, near: Near | None = None, key: str = "") -> Observation:
        """Say what a frame shows; `near` is the face of the same camera's frame before."""
        observation: Observation = await self._wait(self._ask("observe", jpeg, near, key), self._timeout)
        return observation

    async def describe_photo(self, image: bytes) -> PhotoReport:
        """Say whether a photo can be a reference."""
        report: PhotoReport = await self._wait(self._ask("describe_photo", image), self._patience)
        return report

    def observe_now(self, jpeg: bytes, *, near: Near | None = None, key: str = "") -> Observation:
        """Do as `observe` does, for callers without an event loop."""
        observation: Observation = self._wait_now(self._ask("observe", jpeg, near, key), self._timeout)
        return observation

    def describe_photo_now(self, image: bytes) -> PhotoReport:
        """Do as `describe_photo` does, for callers without an event loop."""
        report: PhotoReport = self._wait_now(self._ask("describe_photo", image), self._patience)
        return report

    def warm(self) -> None:
        """Have everything ready for the first picture, without waiting for it."""
        with self._starting:
            if self._threads or self._line.closed:
                return
            self._answered_at = time.monotonic()
            self._threads = [threading.Thread(target=task, daemon=True, name="verifier") for task in self._tasks()]
            for thread in self._threads:
                thread.start()

    @abc.abstractmethod
    def _tasks(self) -> Sequence[Callable[[], None]]:
        """Return what runs in threads of its own, until the line is closed."""

    @abc.abstractmethod
    def close(self) -> None:
        """End what was started; pictures that still wait fail."""

    @abc.abstractmethod
    def health(self) -> Health:
        """Tell whether anybody looks at pictures, without asking anybody."""

    @property
    def _patience(self) -> float:
        """Photos come in hundreds, from imports that can wait."""
        return self._timeout + PHOTO_WAITS

    def _ask(self, kind: str, picture: bytes, near: Near | None = None, key: str = "") -> "Future[Any]":
        self.warm()
        waits = FRAME_WAITS if kind == "observe" else PHOTO_WAITS
        job = Job(key or f"one-{next(_unnamed)}", kind, picture, near, self._line.clock() + waits)
        self._line.put(job)
        return job.answer

    async def _wait(self, answer: "Future[Any]", timeout: float) -> Any:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), timeout)
        except TimeoutError as error:
            raise VerifierFailed(f"no answer within {timeout:g} s") from error

    def _wait_now(self, answer: "Future[Any]", timeout: float) -> Any:
        try:
            return answer.result(timeout)
        except TimeoutError as error:
            answer.cancel()
            raise VerifierFailed(f"no answer within {timeout:g} s") from error
