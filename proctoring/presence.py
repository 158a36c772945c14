"""Which sittings have a socket now: the age of the last heartbeat, kept in the cache, never in the database."""

from django.core.cache import cache

LASTS = 90  # seconds; a heartbeat comes every minute


def _key(sitting_id: int) -> str:
    return f"proctoring:presence:{sitting_id}"


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
