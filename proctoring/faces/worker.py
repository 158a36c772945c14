"""One process that looks at pictures, seen from both sides of its pipe."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context, parent_process, resource_tracker
from typing import Any

from proctoring.faces import embedders, engine
from proctoring.faces.embedders import Choice
from proctoring.faces.images import Unreadable
from proctoring.faces.line import Job, VerifierFailed, WorkerLost

NICENESS = 10  # answers are saved first, faces are looked at second
STARTS_WITHIN = 60.0  # seconds, on a machine busy with an exam

Pipe = connection.Connection


class Worker:
    """A process of ours, ready to look; owned by one thread."""

    def __init__(self) -> None:
        """Start it and wait until it is warm; raise VerifierFailed where it is not in time."""
        context = get_context("spawn")  # a fork would copy the threads' locks and database connections of the server
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, embedders.chosen()), daemon=True)
        with _deaf_to_ctrl_c():
            self.process.start()
        theirs.close()  # so that its end is heard when the process is gone

    def await_ready(self) -> None:
        """Wait until the models are loaded."""
        try:
            if self._pipe.poll(STARTS_WITHIN):
                self._pipe.recv()
                return
        except (EOFError, OSError) as error:
            raise VerifierFailed("a worker ended before it was ready") from error
        raise VerifierFailed(f"a worker was not ready within {STARTS_WITHIN:g} s")

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def look(self, job: Job, hangs_after: float) -> Any:
        """Return what a picture shows; raise WorkerLost where that was the end of the process.

        A BrokenPipeError says that the process was gone before the picture was sent, a ConnectionResetError that it
        ended before it had read the picture: a socket whose other end closes over unread bytes is reset, not ended.
        """
        self._pipe.send((job.kind, job.picture, job.near))
        try:
            if not self._pipe.poll(hangs_after):
                raise WorkerLost(f"a worker was still at one picture after {hangs_after:g} s")
            answer = self._pipe.recv()
        except ConnectionResetError:
            raise
        except (EOFError, ConnectionError) as error:
            raise WorkerLost("a worker ended while it looked at the picture") from error
        if isinstance(answer, Unreadable):
            raise answer
        if isinstance(answer, _Raised):
            raise VerifierFailed(f"a worker raised {answer.name}")
        return answer

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        with suppress(OSError):  # closed by another thread
            self._pipe.close()

    def forget(self) -> None:
        """Collect what is left of a process that was ended."""
        self.process.join(5)


class _Raised:
    """An error of the engine, by name only: its text could tell about the picture."""

    def __init__(self, name: str) -> None:
        self.name = name


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let a worker that starts here inherit a blocked SIGINT: Ctrl-C would else reach it before `_serve` does."""
    resource_tracker.ensure_running()  # else the first worker starts it, and it unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- what runs in the process ----------------------------------------------------------------------------------------


def _serve(pipe: Pipe, choice: Choice) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the server ends its workers itself
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    embedders.choose(choice)
    engine.warm()
    with suppress(EOFError, ConnectionError):  # the server is gone
        pipe.send(None)
        while True:
            pipe.send(_looked(*pipe.recv()))


def _looked(kind: str, picture: bytes, near: engine.Near | None) -> object:
    try:
        return engine.observe(picture, near=near) if kind == "observe" else engine.describe_photo(picture)
    except Unreadable as error:
        return error
    except Exception as error:  # whatever it is, the next picture may be fine
        return _Raised(type(error).__name__)


def _leave_with_parent() -> None:
    """End this process when the server is gone, however it went: nobody else would."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(0)
