"""The address behind the QR code: signed, of one sitting, short-lived; it opens the sitting's own page on a phone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse

from exams.domain.lifecycle import ENDED
from exams.models import Sitting

SALT = "exams.companion"
LASTS = timedelta(hours=12)  # longer than any exam day; the end of the sitting ends it anyway
PAIRS_FOR = timedelta(minutes=10)  # how long after it was shown a code may bring in a second camera
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link that we made says: which sitting, and when its code was shown."""

    sitting: Sitting
    made_at: datetime

    def may_pair(self, now: datetime) -> bool:
        """Tell whether its code is fresh enough to bring in a second camera."""
        return now - self.made_at < PAIRS_FOR


def signed(sitting: Sitting, now: datetime) -> str:
    """Return the part of the address that names one sitting and a moment, and cannot be made by anybody else."""
    return signing.dumps([sitting.pk, (now - datetime.fromtimestamp(0, UTC)) // TICK], salt=SALT)


def address(sitting: Sitting, now: datetime) -> str:
    """Return the whole address, as a phone opens it."""
    return settings.PUBLIC_ORIGIN + reverse("exams:companion", args=[signed(sitting, now)])


def opened(link: str) -> Link | None:
    """Return what a link says, or None where we did not make it, it is too old, or its sitting has ended."""
    try:
        pk, made_at = signing.loads(link, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    sitting = Sitting.objects.select_related("enrolment__exam__plan").filter(pk=pk).first()
    if sitting is None or sitting.state in ENDED:
        return None
    return Link(sitting, datetime.fromtimestamp(0, UTC) + made_at * TICK)


def unreachable() -> str:
    """Return why a phone cannot use the address: "local" (this machine's own name), "insecure" (no camera), or ""."""
    if settings.SECURE:
        return ""
    return "local" if is_loopback(urlsplit(settings.PUBLIC_ORIGIN).hostname or "") else "insecure"


def is_loopback(host: str) -> bool:
    """Whether browsers count the host as the machine itself, and so as secure."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
