"""What lies in Redis tells nobody anything, and nobody without our keys can put anything there that we would run."""

import contextvars
import pickle
import re
import socket
import time

import pytest
import redis
from django.conf import settings
from django.core.cache import cache

from accounts.encryption import Undecipherable, seal
from examplatform import sealed_cache
from examplatform.sealed_cache import SealedCache, SealedSerializer

KEPT = {"name": "张三", "deadline_at": "2026-11-26T09:00:00+00:00"}


@pytest.fixture
def serializer() -> SealedSerializer:
    return SealedSerializer()


@pytest.mark.parametrize("kept", [KEPT, True, "7", None, -3])
def test_what_is_kept_comes_back_as_it_was(serializer: SealedSerializer, kept: object) -> None:
    written = serializer.dumps(kept)
    found = serializer.loads(str(written).encode() if isinstance(written, int) else written)
    assert (found, type(found)) == (kept, type(kept))


def test_what_is_kept_cannot_be_read(serializer: SealedSerializer) -> None:
    written = serializer.dumps(KEPT)
    assert isinstance(written, bytes)
    assert "张三".encode() not in written
    assert b"deadline_at" not in written


def test_redis_can_count(serializer: SealedSerializer) -> None:
    assert serializer.dumps(41) == 41


@pytest.mark.parametrize("of", ["nobody", "another purpose"])
def test_what_was_not_sealed_for_the_cache_is_not_unpickled(serializer: SealedSerializer, of: str) -> None:
    planted = pickle.dumps(KEPT) if of == "nobody" else seal(pickle.dumps(KEPT), purpose="proctoring.snapshot.data")
    with pytest.raises(Undecipherable):
        serializer.loads(planted)


@pytest.mark.redis
def test_nothing_in_redis_is_a_pickle() -> None:
    cache.set("wall", KEPT, 30)
    assert cache.get("wall") == KEPT
    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as raw:
        values = [raw.get(key) for key in raw.keys("*wall")]
    assert values
    assert not [value for value in values if re.match(rb"\x80[\x02-\x05]", bytes(value))]


@pytest.mark.redis
def test_requests_share_one_connection() -> None:
    cache.set("seat", 1, 30)
    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as raw:
        before = raw.info("stats")["total_connections_received"]
        found = [contextvars.Context().run(cache.get, "seat") for _ in range(5)]  # a request has a context of its own
        assert found == [1] * 5
        assert raw.info("stats")["total_connections_received"] == before


def test_a_redis_that_says_nothing_keeps_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_cache, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = SealedCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", {})
        began = time.monotonic()
        with pytest.raises(redis.RedisError):
            mute.get("seat")
        assert 0.2 <= time.monotonic() - began < 0.39, "asked once"
