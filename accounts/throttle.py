"""Counts attempts to sign in, with django-axes, by keyed ID and address; axes never sees an ID or a form.

An attempt is counted before its code is looked at, so that guesses sent side by side get no more than the limit. Only
the first one of an ID from an address is looked at first, since almost everybody is right at once and counting takes
a dozen queries; a mark in the cache lets nobody else be first meanwhile, and counts as one attempt.
"""

import ipaddress
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_ip_address, get_cool_off, get_failure_limit
from axes.models import AccessAttempt
from django.core.cache import cache
from django.db.models import F, QuerySet
from django.http import HttpRequest
from redis import RedisError

from accounts.encryption import keyed_digest

SHARED_PREFIX = 64  # an IPv6 customer has at least a /64: counting single addresses would count nothing
_LOOKING, _COUNTED = 1, 2  # what the mark says
_ENVELOPE = ("REMOTE_ADDR", "PATH_INFO")  # axes would count each browser's name apart, and anybody may give any


class TooManyAttempts(Exception):
    """The limit is reached for this ID from this address."""

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.minutes = minutes


def key_of(number: str) -> str:
    """Return what stands for a normalised ID number in the tables of axes."""
    return keyed_digest(number, purpose="throttle")


def staff_key(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str | None:
    """Return what axes stores as the user name (AXES_USERNAME_CALLABLE).

    Staff names are keyed too: people type their ID number into the wrong login page.
    """
    name = (credentials or {}).get("username")
    if name is None or (credentials or {}).get("keyed"):
        return name
    return keyed_digest(str(name), purpose="throttle.staff")


def client_address(request: HttpRequest) -> str | None:
    """Return the address to count by (AXES_CLIENT_IP_CALLABLE), without trusting any forwarding header.

    Behind a proxy it is the server that replaces REMOTE_ADDR, and only for the proxies it was told to trust.
    """
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None  # a unix socket
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, SHARED_PREFIX), strict=False).network_address)
    return str(getattr(address, "ipv4_mapped", None) or address)


@dataclass
class Attempt:
    """One attempt to sign in, wrong unless it is said to be right, or right at another time.

    The latter says nothing of who tries what is asked for now: it is not counted, and forgives nothing.
    """

    request: HttpRequest
    key: str
    now: datetime
    is_right: bool = False
    is_untimely: bool = False
    remaining: int = 0  # how many remain after one that was wrong

    @property
    def mark(self) -> str:
        return f"attempt:{self.key}:{client_address(self.request)}"


@contextmanager
def attempt(request: HttpRequest, key: str, *, now: datetime) -> Iterator[Attempt]:
    """Let the block say whether an attempt is right; raise `TooManyAttempts` where it is too many."""
    one = Attempt(request, key, now)
    has_failed = _has_failed(one)  # axes asks far more, and nearly nobody has
    if has_failed and not AxesProxyHandler.is_allowed(_envelope(request, now), _credentials(key)):
        raise TooManyAttempts(minutes_left(request, key, now=now))
    is_first = _marked(one)
    was_counted = not is_first or has_failed  # the cache may have forgotten what axes remembers
    if not is_first:
        _count(one)
    try:
        yield one
    finally:
        if is_first and not (one.is_right or one.is_untimely):
            _count(one, is_first=True)
    if one.is_right:
        _forget(one, was_counted=was_counted)
    elif one.is_untimely:
        _take_back(one, was_counted=not is_first)


def _marked(one: Attempt) -> bool:
    """Mark that there is an attempt; tell whether it is the first one in a while."""
    with suppress(RedisError, OSError):  # without the cache each is counted before it is looked at
        return cache.add(one.mark, _LOOKING, get_cool_off(one.request).total_seconds())
    return False


def _has_failed(one: Attempt) -> bool:
    return bool(_counted(one.request, one.key).exists())


def _count(one: Attempt, *, is_first: bool = False) -> None:
    """Count an attempt, and how many remain after it."""
    envelope, credentials = _envelope(one.request, one.now), _credentials(one.key)
    looking = not is_first and _is_looked_at(one)  # asked before: the first one may be counted at any moment
    AxesProxyHandler.user_login_failed(__name__, credentials, envelope)
    counted = int(envelope.axes_failures_since_start or 0) + looking
    with suppress(RedisError, OSError):
        if is_first:
            cache.set(one.mark, _COUNTED, get_cool_off(one.request).total_seconds())
    limit: int = get_failure_limit(envelope, credentials)
    one.remaining = limit - counted
    if one.remaining < 0:
        raise TooManyAttempts(minutes_left(one.request, one.key, now=one.now))


def _is_looked_at(one: Attempt) -> bool:
    with suppress(RedisError, OSError):
        return bool(cache.get(one.mark) == _LOOKING)
    return False


def _forget(one: Attempt, *, was_counted: bool) -> None:
    if was_counted:
        forgive(one.key, address=client_address(one.request))
    _unmark(one)


def _unmark(one: Attempt) -> None:
    with suppress(RedisError, OSError):
        cache.delete(one.mark)


def _take_back(one: Attempt, *, was_counted: bool) -> None:
    """Undo what counting one attempt did, and leave those before it."""
    if was_counted:
        counted = _counted(one.request, one.key).filter(failures_since_start__gt=0)
        counted.update(failures_since_start=F("failures_since_start") - 1)
    else:
        _unmark(one)


def minutes_left(request: HttpRequest, key: str, *, now: datetime) -> int:
    """Return how many whole minutes a locked-out person has to wait, at least one."""
    attempts = _counted(request, key)
    last: datetime = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first() or now
    wait: timedelta = last + get_cool_off(request) - now
    return max(1, math.ceil(wait.total_seconds() / 60))


def forgive(key: str, *, address: str | None = None) -> int:
    """Forget the attempts counted for an ID, from one address or from all of them; return how many rows that were."""
    attempts: int = AxesProxyHandler.reset_attempts(username=key, ip_address=address)
    return attempts


def _counted(request: HttpRequest, key: str) -> QuerySet[AccessAttempt]:
    """Return what axes has counted for an ID from this address."""
    counted: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
        username=key, ip_address=get_client_ip_address(request)
    )
    return counted


def _credentials(key: str) -> dict[str, Any]:
    return {"username": key, "keyed": True}


def _envelope(request: HttpRequest, now: datetime) -> Any:
    """Return a request that carries the address but nothing of the form: axes stores what GET and POST hold."""
    envelope: Any = HttpRequest()
    envelope.method = request.method
    envelope.META = {name: request.META[name] for name in _ENVELOPE if name in request.META}
    AxesProxyHandler.update_request(envelope)
    envelope.axes_attempt_time = now
    return envelope
