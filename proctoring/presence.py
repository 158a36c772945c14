"""Which sittings are there now: sockets that speak for one, and when a page was last heard; in the cache only."""

from collections.abc import Iterable
from datetime import datetime

from django.core.cache import cache

LASTS = 90  # seconds; a heartbeat comes every minute
REMEMBERED = 6 * 3600  # seconds for which it is known when a page was last heard


def _key(sitting_id: int) -> str:
    return f"proctoring:presence:{sitting_id}"


def _heard_key(sitting_id: int) -> str:
    return f"proctoring:heard:{sitting_id}"


def arrived(sitting_id: int, socket: str) -> None:
    """Note that this socket speaks for the sitting; it takes over from any other."""
    cache.set(_key(sitting_id), socket, LASTS)


def left(sitting_id: int, socket: str) -> bool:
    """Forget this socket; tell whether it was the one that spoke for the sitting."""
    spoke = bool(cache.get(_key(sitting_id)) == socket)
    if spoke:
        cache.delete(_key(sitting_id))
    return spoke


def is_there(sitting_id: int) -> bool:
    """Tell whether some socket speaks for the sitting."""
    return cache.get(_key(sitting_id)) is not None


def heard(sitting_id: int, now: datetime) -> None:
    """Note that the page of a sitting has asked how things stand, which it does every few seconds."""
    cache.set(_heard_key(sitting_id), now, REMEMBERED)


def last_heard(sitting_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when each page was last heard, for those that were."""
    keys = {_heard_key(sitting_id): sitting_id for sitting_id in sitting_ids}
    return {keys[key]: moment for key, moment in cache.get_many(keys).items()}
