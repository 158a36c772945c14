"""What the cache keeps in Redis, sealed: whoever reads Redis learns nothing, whoever writes to it runs nothing.

Django pickles what it keeps there, and to unpickle is to run what was written. The walls of the invigilators hold
names, too. So nothing is unpickled that was not sealed with DATA_KEYS.
"""

import pickle
from typing import Any

from django.core.cache.backends.redis import RedisSerializer

from accounts import encryption

PURPOSE = "cache"


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
