"""The server's end of verifying on other machines: a frame into Redis, its key into a task, replies by one listener."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError
from redis import RedisError

from accounts.encryption import Undecipherable
from proctoring.faces import engine
from proctoring.faces.asking import Asking, Health
from proctoring.faces.line import Job, Line, VerifierFailed, WorkerLost
from proctoring.remote import letters, mailbox
from proctoring.remote.mailbox import Mailbox

MOST_WAITING: Final = 2000  # pictures on their way into Redis; usually none, for a moment each
TRIES_AGAIN_AFTER: Final = 1.0  # seconds, while Redis is away
WORK_TAKES: Final = 3.0  # seconds after which a picture that was taken in its last moment is given up
FIRST_LOOK_WITHIN: Final = 3.0  # seconds for which a first picture waits to learn whether there are workers

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A picture that is with a worker, or on its way."""

    job: Job
    forgotten_at: float


class RemoteVerifier(Asking):
    """Has pictures looked at by Celery workers; safe to share between threads and event loops.

    One thread sends and one listens, whatever the number of cameras. Of each camera one picture is on its way at a
    time, the newest waits here. A reply carries the number of its picture; one that comes too late finds nobody.
    """

    def __init__(self, url: str, *, timeout: float = 8.0) -> None:
        super().__init__(Line(MOST_WAITING), timeout)
        self._mailbox = Mailbox(url)
        self._celery = import_string(settings.CELERY_APP)
        self._name = secrets.token_hex(8)
        self._reply_to = f"verifier:replies:{self._name}"
        self._numbers = count()
        self._sent: dict[str, _Sent] = {}
        self._looked = threading.Event()  # at who is at work, for the first time
        self._workers = 0

    def _tasks(self) -> Sequence[Callable[[], None]]:
        return (self._send_all, self._hear_all)  # the workers are elsewhere, and warm themselves

    def close(self) -> None:
        """Stop; pictures that are on their way fail here, and expire there."""
        self._line.close()
        for thread in self._threads:
            thread.join(2 * mailbox.PATIENCE + 1)
        self._give_up(list(self._sent), VerifierFailed("the verifier is closed"))
        self._mailbox.close()

    def health(self) -> Health:
        """Tell how many processes of all workers have been heard of in the last seconds."""
        silent = time.monotonic() - self._answered_at if self._threads and not self._workers else 0.0
        return Health(self._workers, silent)

    # --- sending -----------------------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        self._looked.wait(FIRST_LOOK_WITHIN)
        while not self._line.closed:
            job = self._line.take(timeout=1.0)
            if job is None:
                continue
            if not self._workers:  # nothing is sent that nobody would take in time
                self._line.done(job)
                job.fail(VerifierFailed("no worker has been heard of"))
            else:
                self._send(job)

    def _send(self, job: Job) -> None:
        number = f"{self._name}:{next(self._numbers)}"
        is_frame = job.kind == "observe"
        lives = mailbox.FRAME_LIVES if is_frame else mailbox.PHOTO_LIVES
        model = engine.embedder_name()
        request = letters.Request(number, job.key, self._reply_to, job.kind, job.near, job.picture, model)
        self._sent[number] = _Sent(job, time.monotonic() + lives + WORK_TAKES)
        try:
            self._mailbox.lay(job.key, letters.sealed_request(request), lives=lives)
            self._publish(job.key, lives)
        except (RedisError, OperationalError, OSError) as error:
            self._workers = 0  # until Redis answers again
            self._give_up([number], VerifierFailed(f"Redis is away: {type(error).__name__}"))
        except Exception as error:  # a fault of ours must not end the one thread that sends
            log.exception("A picture could not be sent")
            self._give_up([number], VerifierFailed(type(error).__name__))

    def _publish(self, key: str, expires: float) -> None:
        task: dict[str, Any] = {"args": (key,), "expires": expires, "queue": mailbox.QUEUE}
        try:
            self._celery.send_task(mailbox.TASK, **task, retry=False, ignore_result=True)
        except (OperationalError, OSError):  # a kept connection that Redis has closed since
            self._celery.send_task(mailbox.TASK, **task, retry=False, ignore_result=True)

    # --- hearing -----------------------------------------------------------------------------------------------------

    def _hear_all(self) -> None:
        """Take replies, and every second look who is at work and forget what was never answered."""
        looks_at = 0.0
        while not self._line.closed:
            try:
                if time.monotonic() >= looks_at:
                    self._look_who_is_there()
                    looks_at = time.monotonic() + mailbox.BEATS_EVERY
                self._hear(self._mailbox.next_reply(self._reply_to, within=0.5))
            except (RedisError, OSError) as error:
                self._workers = 0
                self._looked.set()
                self._give_up(list(self._sent), VerifierFailed(f"Redis is away: {type(error).__name__}"))
                looks_at = 0.0
                time.sleep(TRIES_AGAIN_AFTER)
            except Exception:  # a fault of ours must not end the one thread that hears
                log.exception("A reply could not be taken")
                time.sleep(TRIES_AGAIN_AFTER)

    def _look_who_is_there(self) -> None:
        now, self._workers = time.monotonic(), self._mailbox.at_work()
        if self._workers:
            self._answered_at = now
        self._looked.set()
        late = [number for number, sent in list(self._sent.items()) if sent.forgotten_at <= now]
        self._give_up(late, VerifierFailed("no worker took the picture in time"))

    def _hear(self, letter: bytes | None) -> None:
        if letter is None:
            return
        try:
            number, outcome = letters.opened_reply(letter)
        except (Undecipherable, ValueError, KeyError, TypeError) as error:
            log.error("A reply that is not from a worker of ours: %s", type(error).__name__)  # noqa: TRY400
            return
        sent = self._sent.pop(number, None)
        if sent is None:  # too late: nobody waits for it, and nothing is concluded from it
            return
        self._line.done(sent.job, offended=isinstance(outcome, WorkerLost))
        if isinstance(outcome, Exception):
            sent.job.fail(outcome)
        else:
            sent.job.succeed(outcome)

    def _give_up(self, numbers: Iterable[str], error: VerifierFailed) -> None:
        """Fail pictures that are on their way, and to which no reply will come."""
        for number in numbers:
            if sent := self._sent.pop(number, None):
                self._line.done(sent.job)
                sent.job.fail(error)
