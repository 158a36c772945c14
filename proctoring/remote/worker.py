"""The worker's end: takes the newest frame of a sitting out of Redis, has it looked at here, sends back what was seen.

A worker on any machine is one Celery process, which only carries letters, around the pool of the embedded default: so a
picture that crashes or hangs a process does here what it does there.
"""

import logging
import os
import secrets
import socket
import threading

from redis import RedisError

from accounts.encryption import Undecipherable
from proctoring.faces import engine
from proctoring.faces.images import Unreadable
from proctoring.faces.line import VerifierBusy, VerifierFailed
from proctoring.faces.observation import Observation, PhotoReport
from proctoring.faces.pool import VerifierPool
from proctoring.remote import letters
from proctoring.remote.letters import Request
from proctoring.remote.mailbox import BEATS_EVERY, Mailbox

log = logging.getLogger(__name__)


class RemoteWorker:
    """Looks at the pictures of other machines, and shows that it is alive."""

    def __init__(self, url: str, processes: int) -> None:
        self.pool = VerifierPool(processes)
        self._mailbox = Mailbox(url)
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._ended = threading.Event()
        self._beats = threading.Thread(target=self._beat, daemon=True, name="verifier-beats")

    def start(self) -> None:
        """Load the models; from then on say every second that we are here."""
        self.pool.warm()
        self._beats.start()

    def end(self) -> None:
        """Leave, so that nobody sends pictures that nobody would look at."""
        self._ended.set()
        self._beats.join(5)
        self.pool.close()
        self._mailbox.close()

    def look(self, key: str) -> None:
        """Look at the newest picture of a camera, if one is still there; never raises, never tries twice."""
        try:
            letter = self._mailbox.take(key)
            if letter is None:  # it has expired, or was replaced and already looked at
                return
            request = letters.opened_request(letter)
            self._mailbox.reply(request.reply_to, letters.sealed_reply(request.number, self._seen(request)))
        except Undecipherable:
            log.error("A picture was sealed with a key that is not in DATA_KEYS here")  # noqa: TRY400
        except RedisError as error:
            log.warning("A picture was not answered for: %s", type(error).__name__)

    def _seen(self, request: Request) -> Observation | PhotoReport | Exception:
        if request.embedder != engine.embedder_name():
            return VerifierFailed(f"this worker has the face model {engine.embedder_name()}, not {request.embedder}")
        try:
            if request.kind == "observe":
                return self.pool.observe_now(request.picture, near=request.near, key=request.key)
            return self.pool.describe_photo_now(request.picture)
        except (Unreadable, VerifierBusy, VerifierFailed) as error:
            return error

    def _beat(self) -> None:
        """Be heard of for as long as a process of ours answers."""
        while not self._ended.wait(BEATS_EVERY):
            try:
                if answering := self.pool.health().workers:
                    self._mailbox.beat(self._name, answering)
            except RedisError as error:
                log.warning("Redis is away: %s", type(error).__name__)
        try:
            self._mailbox.leave(self._name)
        except RedisError:
            log.info("Redis is away at the end")
