"""Worker processes that look at pictures, so that neither a slow nor a poisonous one touches the web server."""

import asyncio
import faulthandler
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection, get_context, parent_process, resource_tracker
from typing import TypeVar

from proctoring.faces import embedders, engine
from proctoring.faces.embedders import Choice
from proctoring.faces.engine import Box, Observation, PhotoReport, Unreadable

T = TypeVar("T")
NICENESS = 10  # answers are saved first, faces are looked at second
HANGS_AFTER = 30.0  # seconds on one picture after which a worker ends itself; the next picture gets a new one


class VerifierBusy(RuntimeError):
    """Too many pictures wait already: send the next one later."""


class VerifierFailed(RuntimeError):
    """The picture was not looked at; this says nothing about whoever is on it."""


class VerifierPool:
    """Looks at pictures in processes of its own; safe to share between threads and event loops.

    Workers start with the first picture (or with `warm`), run at low priority, and are replaced when one dies.
    """

    def __init__(self, processes: int = 0, *, timeout: float = 15.0, pending_per_process: int = 4) -> None:
        """Use `processes` workers (0: one for each core), `timeout` seconds for the wait and the work together."""
        self.processes = processes or _cores()
        self._timeout = timeout
        self._most_pending = pending_per_process * self.processes
        self._pending = 0
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._closed = False

    async def observe(self, jpeg: bytes, *, near: Box | None = None) -> Observation:
        """Say what a frame shows; raise Unreadable, VerifierBusy or VerifierFailed.

        `near` is the face of the same camera's frame before: it saves a search of the whole frame.
        """
        return await self._run(partial(_observe, near=near), jpeg)

    async def describe_photo(self, image: bytes) -> PhotoReport:
        """Say whether a photo can be a reference; raise as `observe` does."""
        return await self._run(_describe_photo, image)

    def observe_now(self, jpeg: bytes, *, near: Box | None = None) -> Observation:
        """Do as `observe` does, for callers without an event loop."""
        return self._run_now(partial(_observe, near=near), jpeg)

    def describe_photo_now(self, image: bytes) -> PhotoReport:
        """Do as `describe_photo` does, for callers without an event loop."""
        return self._run_now(_describe_photo, image)

    def warm(self) -> None:
        """Start every worker now, without waiting for it."""
        for _ in range(self.processes):
            self._submit(_answer, b"")

    def workers(self) -> list[int]:
        """Return the process ids of the workers that run now."""
        with self._lock:
            return list(getattr(self._executor, "_processes", None) or {})

    def close(self) -> None:
        """End the workers; pictures that still wait fail."""
        with self._lock:
            self._closed = True
            executor, self._executor = self._executor, None
        if executor is not None:
            _end(executor)

    async def _run(self, work: Callable[[bytes], T], image: bytes) -> T:
        executor, future = self._submit(work, image)
        with self._told(executor):
            return await asyncio.wait_for(asyncio.wrap_future(future), self._timeout)

    def _run_now(self, work: Callable[[bytes], T], image: bytes) -> T:
        executor, future = self._submit(work, image)
        with self._told(executor):
            try:
                return future.result(self._timeout)
            finally:
                future.cancel()

    def _submit(self, work: Callable[[bytes], T], image: bytes) -> tuple[ProcessPoolExecutor, Future[T]]:
        with self._lock:
            if self._pending >= self._most_pending:
                raise VerifierBusy(f"{self._pending} pictures are waiting")
            self._pending += 1
        try:
            with _workers_deaf_to_ctrl_c():
                executor, future = self._hand_over(work, image)
        except BaseException:
            self._give_back()
            raise
        future.add_done_callback(lambda _: self._give_back())
        return executor, future

    def _hand_over(self, work: Callable[[bytes], T], image: bytes) -> tuple[ProcessPoolExecutor, Future[T]]:
        executor = self._current()
        try:
            return executor, executor.submit(work, image)
        except BrokenProcessPool:  # a worker died while nobody waited: not this picture's fault, so once more
            self._retire(executor)
        except RuntimeError as error:  # the interpreter is going down
            raise VerifierFailed("the verifier is closed") from error
        executor = self._current()
        return executor, executor.submit(work, image)

    def _current(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._closed:
                raise VerifierFailed("the verifier is closed")
            if self._executor is None:
                # Spawned, not forked: a fork would copy the threads' locks and database connections of the server.
                choice = embedders.chosen()
                self._executor = ProcessPoolExecutor(self.processes, get_context("spawn"), _begin, (choice,))
            return self._executor

    def _retire(self, broken: ProcessPoolExecutor) -> None:
        """Make room for new workers, once, however many callers noticed that the old ones are gone."""
        with self._lock:
            if self._executor is not broken:
                return
            self._executor = None
        _end(broken)

    def _give_back(self) -> None:
        with self._lock:
            self._pending -= 1

    @contextmanager
    def _told(self, executor: ProcessPoolExecutor) -> Iterator[None]:
        """Turn whatever went wrong in a worker into the two errors that callers know."""
        try:
            yield
        except Unreadable:
            raise
        except BrokenProcessPool as error:
            self._retire(executor)
            raise VerifierFailed("a worker ended while the picture was with it or waiting") from error
        except TimeoutError as error:
            raise VerifierFailed(f"no answer within {self._timeout:g} s") from error
        except Exception as error:
            raise VerifierFailed(f"a worker raised {type(error).__name__}") from error


@contextmanager
def _workers_deaf_to_ctrl_c() -> Iterator[None]:
    """Let a worker that starts here inherit a blocked SIGINT: Ctrl-C would else reach it before `_begin` does."""
    resource_tracker.ensure_running()  # else the first worker starts it, and it unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cores() -> int:
    """Return the cores that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end(executor: ProcessPoolExecutor) -> None:
    # There is no public way to end a busy worker before Python 3.14 (kill_workers).
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        process.kill()
    executor.shutdown(wait=True, cancel_futures=False)  # the waiting ones fail as broken rather than look cancelled


# --- what runs in a worker -------------------------------------------------------------------------------------------


def _begin(choice: Choice) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the server ends its workers itself
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    embedders.choose(choice)
    engine.warm()


def _leave_with_parent() -> None:
    """End this process when the server is gone, however it went: nobody else would."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(0)


@contextmanager
def _watched() -> Iterator[None]:
    """End this process when one picture takes far too long, even inside a library that never returns."""
    faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _observe(jpeg: bytes, *, near: Box | None = None) -> Observation:
    with _watched():
        return engine.observe(jpeg, near=near)


def _describe_photo(image: bytes) -> PhotoReport:
    with _watched():
        return engine.describe_photo(image)


def _answer(_: bytes) -> None:
    """Do nothing: whoever answers is warm."""
