"""Counts attempts to sign in, with django-axes, by keyed ID and address; axes never sees an ID or a form."""

import ipaddress
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_ip_address, get_cool_off, get_failure_limit
from axes.models import AccessAttempt
from django.http import HttpRequest

from accounts.encryption import keyed_digest

SHARED_PREFIX = 64  # an IPv6 customer has at least a /64: counting single addresses would count nothing
_ENVELOPE = ("REMOTE_ADDR", "HTTP_USER_AGENT", "PATH_INFO")


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


def count(request: HttpRequest, key: str, *, now: datetime) -> int:
    """Count one attempt and return how many remain; raise `TooManyAttempts` where it is one too many.

    It is counted before the code is looked at, so that guesses sent side by side get no more than the limit either.
    """
    envelope, credentials = _envelope(request, now), _credentials(key)
    if not AxesProxyHandler.is_allowed(envelope, credentials):
        raise TooManyAttempts(minutes_left(request, key, now=now))
    AxesProxyHandler.user_login_failed(__name__, credentials, envelope)
    limit: int = get_failure_limit(envelope, credentials)
    remaining = limit - int(envelope.axes_failures_since_start or 0)
    if remaining < 0:
        raise TooManyAttempts(minutes_left(request, key, now=now))
    return remaining


def minutes_left(request: HttpRequest, key: str, *, now: datetime) -> int:
    """Return how many whole minutes a locked-out person has to wait, at least one."""
    attempts = AccessAttempt.objects.filter(username=key, ip_address=get_client_ip_address(request))
    last: datetime = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first() or now
    wait: timedelta = last + get_cool_off(request) - now
    return max(1, math.ceil(wait.total_seconds() / 60))


def forgive(key: str, *, address: str | None = None) -> int:
    """Forget the attempts counted for an ID, from one address or from all of them; return how many rows that were."""
    attempts: int = AxesProxyHandler.reset_attempts(username=key, ip_address=address)
    return attempts


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
