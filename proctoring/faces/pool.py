"""Worker processes that look at pictures, so that neither a slow nor a poisonous one touches the web server."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from proctoring.faces.asking import Asking, Health
from proctoring.faces.images import Unreadable
from proctoring.faces.line import Job, Line, VerifierBusy, VerifierFailed, WorkerLost
from proctoring.faces.worker import NICENESS, Worker

__all__ = ["NICENESS", "VerifierBusy", "VerifierFailed", "VerifierPool", "WorkerLost"]

HANGS_AFTER = 10.0  # seconds on one picture after which a worker is ended
STUCK_AFTER = 5.0  # seconds on one picture after which a worker does not count as answering
MOST_PAUSE = 5.0  # seconds between two tries to start a worker that does not come up

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Place:
    """One worker's place: who fills it now, and how that goes."""

    worker: Worker | None = None
    is_ready: bool = False
    busy_since: float | None = None

    def answers(self, now: float) -> bool:
        return self.is_ready and (self.busy_since is None or now - self.busy_since < STUCK_AFTER)


class VerifierPool(Asking):
    """Looks at pictures in processes of its own; safe to share between threads and event loops.

    Each worker has a thread that hands it one picture at a time; so a worker that dies takes one picture with it, and
    is replaced. Workers start with the first picture (or with `warm`) and run at low priority.
    """

    def __init__(
        self,
        processes: int = 0,
        *,
        timeout: float = 15.0,
        waiting_per_process: int = 32,
        hangs_after: float = HANGS_AFTER,
    ) -> None:
        """Use `processes` workers (0: one for each core)."""
        self.processes = processes or cores()
        super().__init__(Line(waiting_per_process * self.processes), timeout)
        self._hangs_after = hangs_after
        self._places = [_Place() for _ in range(self.processes)]

    def close(self) -> None:
        """End the workers; pictures that still wait fail."""
        self._line.close()
        with self._starting:
            for place in self._places:
                if place.worker is not None:
                    place.worker.end()
            for thread in self._threads:
                thread.join(10)

    def health(self) -> Health:
        """Tell how many workers answer; before the first picture, or `warm`, nobody has been asked for."""
        now = time.monotonic()
        answering = sum(place.answers(now) for place in self._places)
        if answering or not self._threads:
            self._answered_at = now
        return Health(answering, now - self._answered_at)

    def workers(self) -> list[int]:
        """Return the process ids of the workers that are ready."""
        return [place.worker.process.pid or 0 for place in self._places if place.worker and place.is_ready]

    # --- one thread for each place -----------------------------------------------------------------------------------

    def _tasks(self) -> Sequence[Callable[[], None]]:
        return [partial(self._keep_filled, place) for place in self._places]

    def _keep_filled(self, place: _Place) -> None:
        """Have a worker in this place until the pool is closed."""
        pause = 0.1
        while not self._line.closed:
            began = time.monotonic()
            try:
                self._fill(place)
            except Exception as error:  # no memory, no process: try again, for as long as the server lives
                log.error("A verifier process did not start: %s", error)  # noqa: TRY400 -- the reason is in the line
            finally:
                self._empty(place)
            pause = 0.1 if time.monotonic() - began > 10 else min(2 * pause, MOST_PAUSE)
            if not self._line.closed:
                time.sleep(pause)

    def _fill(self, place: _Place) -> None:
        """Start a worker and hand it pictures until it ends."""
        place.worker = worker = Worker()
        if self._line.closed:  # `close` may have come too early to see it
            return
        worker.await_ready()
        place.is_ready = True
        while worker.is_alive and not self._line.closed:
            job = self._line.take(timeout=1.0)
            if job is not None and not self._serve(place, worker, job):
                return

    def _empty(self, place: _Place) -> None:
        worker, place.worker, place.is_ready, place.busy_since = place.worker, None, False, None
        if worker is not None:
            worker.end()
            worker.forget()

    def _serve(self, place: _Place, worker: Worker, job: Job) -> bool:
        """Have one picture looked at; tell whether the worker can take another."""
        place.busy_since = time.monotonic()
        lost = False
        try:
            self._answer(worker, job)
        except WorkerLost as error:
            lost = not self._line.closed
            job.fail(error if lost else VerifierFailed("the verifier is closed"))
            log.warning("A verifier process is replaced: %s", error)
        except OSError:  # it ended while it was idle: not this picture's fault, which goes back into the line
            self._line.put_back(job)
            return False
        except Exception as error:  # a fault of ours: the worker may be at anything now
            log.exception("A picture could not be handed to a verifier process")
            job.fail(VerifierFailed(type(error).__name__))
            self._line.done(job)
            return False
        finally:
            place.busy_since = None
        self._line.done(job, offended=lost)
        return not lost

    def _answer(self, worker: Worker, job: Job) -> None:
        if job.answer.done():
            return
        try:
            seen = worker.look(job, self._hangs_after)
        except WorkerLost:
            raise
        except (Unreadable, VerifierFailed) as error:
            job.fail(error)
        else:
            job.succeed(seen)


def cores() -> int:
    """Return the cores that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
