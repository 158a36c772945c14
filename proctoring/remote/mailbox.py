"""What lies in Redis between the server and the workers: one frame of each sitting, replies, and who is at work.

Everything has a short life there, so that an outage leaves nothing behind that somebody could judge later. Times are
Redis's own: no two machines have to agree on the time of day.
"""

from typing import Any, Final, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TASK: Final = "proctoring.look"
QUEUE: Final = "verifier"
FRAME_LIVES: Final = 5  # seconds
PHOTO_LIVES: Final = 20
REPLY_LIVES: Final = 15
BEATS_EVERY: Final = 1.0  # seconds between two signs of life of a worker
DEAD_AFTER: Final = 4  # seconds without one
PATIENCE: Final = 2.0  # seconds for which a connection may keep its caller waiting
_FORGOTTEN_AFTER: Final = 60
_BEATS: Final = "verifier:beats"
_PROCESSES: Final = "verifier:processes"


class Mailbox:
    """The letters in one Redis; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Connect when first used; a connection that Redis has closed is opened anew once, at once."""
        again_at_once = Retry(NoBackoff(), 1)
        self._redis = Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=again_at_once)

    def close(self) -> None:
        self._redis.close()

    # --- pictures ----------------------------------------------------------------------------------------------------

    def lay(self, key: str, letter: bytes, *, lives: float) -> None:
        """Lay a picture ready, in place of an older one of the same camera."""
        self._redis.set(_frame(key), letter, px=round(lives * 1000))

    def take(self, key: str) -> bytes | None:
        """Take the newest picture of a camera; None where it has expired or another task has it."""
        return cast("bytes | None", self._redis.getdel(_frame(key)))

    # --- replies -----------------------------------------------------------------------------------------------------

    def reply(self, to: str, letter: bytes) -> None:
        """Put a reply where one server process waits for all of its replies."""
        with self._redis.pipeline(transaction=False) as together:
            together.rpush(to, letter)
            together.expire(to, REPLY_LIVES)
            together.execute()

    def next_reply(self, to: str, *, within: float) -> bytes | None:
        """Return the next reply, waiting for it a little."""
        found = cast("list[bytes] | None", self._redis.blpop([to], timeout=within))
        return found[1] if found else None

    # --- who is at work ----------------------------------------------------------------------------------------------

    def beat(self, worker: str, processes: int) -> None:
        """Note that a worker with so many processes is alive now."""
        now = self._now()
        with self._redis.pipeline(transaction=False) as together:
            together.zadd(_BEATS, {worker: now})
            together.zremrangebyscore(_BEATS, 0, now - _FORGOTTEN_AFTER)
            together.hset(_PROCESSES, worker, str(processes))
            together.expire(_PROCESSES, _FORGOTTEN_AFTER)
            together.execute()

    def leave(self, worker: str) -> None:
        """Note that a worker has ended."""
        self._redis.zrem(_BEATS, worker)
        self._redis.hdel(_PROCESSES, worker)

    def at_work(self) -> int:
        """Return how many processes of all workers are alive."""
        alive = cast("list[bytes]", self._redis.zrangebyscore(_BEATS, self._now() - DEAD_AFTER, "+inf"))
        known = cast("list[bytes | None]", self._redis.hmget(_PROCESSES, alive)) if alive else []
        return sum(int(processes or 0) for processes in known)

    def _now(self) -> float:
        seconds, microseconds = cast("tuple[int, int]", cast(Any, self._redis).time())
        return seconds + microseconds / 1e6


def _frame(key: str) -> str:
    return f"verifier:frame:{key}"
