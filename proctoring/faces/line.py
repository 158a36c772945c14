"""Who is looked at next: pictures wait in one line, of each camera only the newest, and no camera has two looked at.

Both backends of the verifier stand on it, so that a flood from one camera costs that camera its own older frames and
nobody else anything. Safe to share between threads.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from proctoring.faces.observation import Near


class VerifierBusy(RuntimeError):
    """The picture had to make room, for a newer one or because too many wait: send the next one later."""


class VerifierFailed(RuntimeError):
    """The picture was not looked at; this says nothing about whoever is on it."""


class WorkerLost(VerifierFailed):
    """A worker ended, or had to be ended, while it looked at this picture: it is not looked at again."""


@dataclass(slots=True, eq=False)
class Job:
    """A picture that waits for its answer; `key` names the camera, `kind` what is asked."""

    key: str
    kind: str
    picture: bytes
    near: Near | None
    waits_until: float  # on the line's clock; what is older is not looked at any more
    answer: "Future[Any]" = field(default_factory=Future)

    def succeed(self, seen: object) -> None:
        """Answer, unless whoever asked has gone."""
        with suppress(InvalidStateError):
            self.answer.set_result(seen)

    def fail(self, error: Exception) -> None:
        """Answer with an error, unless whoever asked has gone."""
        with suppress(InvalidStateError):
            self.answer.set_exception(error)


class Offenders:
    """Cameras whose pictures ended a worker: from the second time on they wait, each time twice as long.

    The first time is free: a worker may have been ended by somebody else while it held an innocent picture.
    """

    FIRST_WAIT = 10.0  # seconds
    LONGEST_WAIT = 120.0
    FORGOTTEN_AFTER = 600.0
    MOST_KNOWN = 10_000

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, float]] = {}  # key -> how often, when last; in the order of the last

    def note(self, key: str, now: float) -> None:
        """Remember that a picture of this camera ended a worker."""
        times, _ = self._known.pop(key, (0, now))
        self._known[key] = times + 1, now
        while len(self._known) > self.MOST_KNOWN or self._oldest() < now - self.FORGOTTEN_AFTER:
            del self._known[next(iter(self._known))]

    def wait(self, key: str, now: float) -> float:
        """Return the seconds for which nothing of this camera is looked at."""
        times, last = self._known.get(key, (0, now))
        if times < 2 or now - last > self.FORGOTTEN_AFTER:
            return 0.0
        wait: float = min(self.FIRST_WAIT * 2 ** (times - 2), self.LONGEST_WAIT)
        return max(0.0, last + wait - now)

    def _oldest(self) -> float:
        return next(iter(self._known.values()))[1]


class Line:
    """The pictures that wait, first come first served."""

    def __init__(self, most_waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._most = most_waiting
        self._waiting: dict[str, Job] = {}
        self._at_work: set[str] = set()
        self._offenders = Offenders()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, job: Job) -> None:
        """Let a picture wait, in the place of an older one of the same camera; raise where it cannot."""
        with self._changed:
            if self._closed:
                raise VerifierFailed("the verifier is closed")
            if wait := self._offenders.wait(job.key, self.clock()):
                raise VerifierFailed(f"pictures of this camera ended workers; none is looked at for {wait:.0f} s")
            older = self._waiting.get(job.key)
            if older is None and len(self._waiting) >= self._most:
                raise VerifierBusy(f"{len(self._waiting)} pictures are waiting")
            self._waiting[job.key] = job  # a dictionary keeps the place of a key that it has
            self._changed.notify()
        if older is not None:
            older.fail(VerifierBusy("a newer picture of the same camera came"))

    def take(self, timeout: float | None = None) -> Job | None:
        """Return the next picture, to be given back with `done`; None after the timeout, or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._next() is not None, timeout)
            job = None if self._closed else self._next()
            if job is not None:
                del self._waiting[job.key]
                self._at_work.add(job.key)
            return job

    def done(self, job: Job, *, offended: bool = False) -> None:
        """Let the next picture of this camera come; remember one that ended its worker."""
        with self._changed:
            self._at_work.discard(job.key)
            if offended:
                self._offenders.note(job.key, self.clock())
            self._changed.notify()

    def put_back(self, job: Job) -> None:
        """Let a picture that nobody has looked at be the next one, unless a newer one waits already."""
        with self._changed:
            self._at_work.discard(job.key)
            has_place = not self._closed and job.key not in self._waiting
            if has_place:
                self._waiting = {job.key: job, **self._waiting}
            self._changed.notify()
        if not has_place:
            job.fail(VerifierFailed("no worker took the picture"))

    def close(self) -> None:
        """Fail what waits, and let nothing come any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.clear(VerifierFailed("the verifier is closed"))

    def clear(self, error: VerifierFailed) -> None:
        """Fail what waits."""
        with self._changed:
            waiting, self._waiting = list(self._waiting.values()), {}
        for job in waiting:
            job.fail(error)

    @property
    def closed(self) -> bool:
        return self._closed

    def _next(self) -> Job | None:
        """Return the first whose camera is free; what has waited too long, or is not wanted any more, goes."""
        now = self.clock()
        for job in list(self._waiting.values()):
            if job.key in self._at_work:
                continue
            if job.answer.done():  # whoever asked has given up
                del self._waiting[job.key]
            elif job.waits_until <= now:
                del self._waiting[job.key]
                job.fail(VerifierBusy("waited too long"))
            else:
                return job
        return None
