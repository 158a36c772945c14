"""The live picture of one candidate: kept for seconds in the cache, and only while an invigilator looks.

Whoever looks renews a lease; the candidate's socket hears of it, asks its page for frames more often and leaves each of
them here, sealed: the cache may be a Redis that others can read. Nothing is stored in the database and nothing travels
through the channel layer but the notice.
"""

from datetime import datetime

from django.core.cache import cache

from accounts import encryption
from exams.threads import SOCKETS
from proctoring import broadcasts

LEASE = 20  # seconds for which frames keep coming after the last look
RENEWED_EVERY = 8  # seconds
KEPT = 15  # seconds: an older picture is not live
VIEWING = 60  # seconds without a look after which the next one counts as another viewing


def ask(sitting_id: int) -> None:
    """Let frames come for a while; asked as often as one likes, told as often as needed."""
    if cache.add(f"proctoring:lease:{sitting_id}", True, RENEWED_EVERY):
        broadcasts.sitting_watched(sitting_id, LEASE)


async def show(sitting_id: int, jpeg: bytes, taken_at: datetime) -> None:
    """Leave a frame for those who look."""
    sealed = encryption.seal(jpeg, purpose=_key(sitting_id))
    await SOCKETS.run(cache.set, _key(sitting_id), (taken_at, sealed), KEPT)


def newest(sitting_id: int) -> tuple[datetime, bytes] | None:
    """Return when the newest frame was taken, and the JPEG itself; None where none has come lately."""
    found: tuple[datetime, bytes] | None = cache.get(_key(sitting_id))
    if found is None:
        return None
    taken_at, sealed = found
    try:
        return taken_at, encryption.unseal(sealed, purpose=_key(sitting_id))
    except encryption.Undecipherable:  # of another server's keys, or of nobody's: no picture of ours
        return None


def is_new_viewing(sitting_id: int, user_id: int, of: str = "live") -> bool:
    """Tell whether this look, at the live picture or at the trail, begins a viewing rather than going on with one."""
    key = f"proctoring:viewing:{of}:{sitting_id}:{user_id}"
    return bool(cache.add(key, True, VIEWING)) or not cache.touch(key, VIEWING)


def _key(sitting_id: int) -> str:
    return f"proctoring:live:{sitting_id}"
