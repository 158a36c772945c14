"""Tells browsers apart: each keeps a random cookie, and only its keyed digest is ever stored. See decision record 0008.

It says nothing of who sits there, so it is no secret worth stealing alone: it works beside a sign-in only.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.http import HttpResponseBase

from accounts.encryption import keyed_digest

COOKIE = "device"
LASTS = timedelta(days=2)  # longer than any exam day, too short to follow anybody around


def device_of(cookies: Mapping[str, str]) -> str:
    """Return what stands for a browser in the tables, or "" for one that has not been given its cookie."""
    cookie = cookies.get(COOKIE, "")
    return keyed_digest(cookie, purpose="device") if cookie else ""


def name_device(response: HttpResponseBase) -> None:
    """Give a browser its cookie."""
    response.set_cookie(
        COOKIE,
        secrets.token_urlsafe(24),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
