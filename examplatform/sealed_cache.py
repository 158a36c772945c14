"""What the cache keeps in Redis, sealed: whoever reads Redis learns nothing, whoever writes to it runs nothing.

Django pickles what it keeps there, and to unpickle is to run what was written. The walls of the invigilators hold
names, too. So nothing is unpickled that was not sealed with DATA_KEYS.

And one client for the whole process: Django's makes a cache anew for every request, with connections of its own, and a
client for every question, which costs many times what the question does.
"""

import pickle
from functools import cached_property
from typing import Any, ClassVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.retry import Retry

from accounts import encryption

PURPOSE = "cache"
PATIENCE = 2.0  # seconds for which Redis may keep a request waiting


class SealedSerializer(RedisSerializer):
    """Django's own, sealed. Whole numbers stay as they are, since Redis counts with them."""

    def dumps(self, obj: Any) -> bytes | int:  # type: ignore[override]  # as Django's does, whatever its stubs say
        """Return what Redis keeps."""
        written = super().dumps(obj)
        return written if isinstance(written, int) else encryption.seal(written, purpose=PURPOSE)

    def loads(self, data: Any) -> Any:
        """Return what was kept, or raise `Undecipherable` for what nobody with our keys has written."""
        try:
            return int(data)
        except ValueError:
            return pickle.loads(encryption.unseal(bytes(data), purpose=PURPOSE))  # noqa: S301  # authenticated above


class SealedCache(RedisCache):
    """The cache of every thread and request, with one client behind them all (CACHES)."""

    _clients: ClassVar[dict[str, "_OneClient"]] = {}  # by address

    @cached_property
    def _cache(self) -> "_OneClient":
        [address] = self._servers  # type: ignore[attr-defined]
        return self._clients.get(address) or self._clients.setdefault(address, _OneClient([address]))


class _OneClient(RedisCacheClient):
    """Safe to share between threads; a connection that Redis has closed is opened anew once, at once."""

    def __init__(self, servers: list[str]) -> None:
        super().__init__(servers, serializer=SealedSerializer())  # type: ignore[arg-type]
        # Who is silent is not asked twice: that would take as long again.
        again_at_once = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
        self._kept = Redis.from_url(
            servers[0], socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=again_at_once
        )

    def get_client(self, key: object = None, *, write: bool = False) -> Redis:
        """Return the client, whatever for."""
        return self._kept
