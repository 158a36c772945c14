"""How often something may be asked for: so many at once, then so many a second. The clock is passed in, in seconds."""

from collections import OrderedDict
from collections.abc import Hashable


class TokenBucket:
    """Lets `rate` messages a second through, `burst` of them at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at: float | None = None

    def wait(self, now: float) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate


class Pace:
    """One bucket for each of many, of which the most recent `most` are remembered; who is forgotten begins full."""

    def __init__(self, rate: float, burst: int, most: int = 20_000) -> None:
        self.rate = rate
        self.burst = burst
        self._most = most
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def wait(self, key: Hashable, now: float) -> float:
        """Take a token of `key` and return 0, or return the seconds until there is one."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self.rate, self.burst)
        self._buckets[key] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket.wait(now)
