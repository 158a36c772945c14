"""The phone that shows the room: pairing it, sending it away, and how it stands now."""

from datetime import datetime, timedelta

from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from exams.models import Sitting
from exams.services.phone_links import Link
from exams.services.refusals import Refused
from proctoring import broadcasts
from proctoring.domain.second_camera import Close, Kind, Open, Phone
from proctoring.models import Camera, Incident, SecondCamera
from proctoring.services import evidence, incidents

SALT = "proctoring.second_camera"
LASTS = timedelta(hours=12)  # of a pairing; the end of the sitting ends it anyway
SHOWS_FOR = (
    30  # seconds that a picture, or a reason why there is none, says something about now; frames come more often
)
DISCONNECTED = "disconnected"


class UsedUp(Refused):
    """The code has brought in a phone already, or is too old: a new one is wanted."""

    code = "used_up"


# --- pairing ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def pair(link: Link, now: datetime) -> str:
    """Let a phone show the room of a sitting instead of any other; return the token that proves it."""
    Sitting.objects.select_for_update(of=("self",)).get(pk=link.sitting.pk)
    phone, _made = SecondCamera.objects.get_or_create(sitting=link.sitting, defaults={"changed_at": link.made_at})
    is_used = not _made and link.made_at <= phone.changed_at
    if is_used or not link.may_pair(now):
        raise UsedUp(_("这个二维码已使用或已过期，请在电脑上重新打开二维码后扫描。"))
    _change(phone, is_paired=True, now=now)
    return signing.dumps([phone.sitting_id, phone.number], salt=SALT)


@transaction.atomic
def release(sitting: Sitting, now: datetime) -> None:
    """Send the phone away, because the candidate says so."""
    phone = SecondCamera.objects.select_for_update().filter(sitting=sitting, is_paired=True).first()
    if phone is not None:
        _change(phone, is_paired=False, now=now)


def _change(phone: SecondCamera, *, is_paired: bool, now: datetime) -> None:
    phone.number += 1
    phone.is_paired = is_paired
    phone.changed_at = now
    phone.save()
    cache.delete(_key(phone.sitting_id))
    broadcasts.phone_changed(phone.sitting_id, phone.number)
    broadcasts.sitting_changed(phone.sitting_id)


# --- how it stands now: in the cache, never in the database ----------------------------------------------------------


def _key(sitting_id: int) -> str:
    return f"proctoring:phone:{sitting_id}"


def shows(sitting_id: int, number: int, cause: str = "") -> None:
    """Note that the phone's pictures come, or why they do not."""
    cache.set(_key(sitting_id), (number, cause), SHOWS_FOR)


def leaves(sitting_id: int, number: int) -> None:
    """Note that the phone is gone; what it gave as a reason before is kept."""
    if cache.get(_key(sitting_id)) == (number, ""):
        cache.delete(_key(sitting_id))


def phone_of(sitting_id: int) -> Phone:
    """Return what is known of the phone of a sitting."""
    paired = SecondCamera.objects.filter(sitting_id=sitting_id).first()
    if paired is None:
        return Phone()
    return Phone(is_paired=paired.is_paired, was_paired=paired.number > 0, cause=cause_of(sitting_id))


def cause_of(sitting_id: int) -> str | None:
    """Return why the phone shows nothing, None where its pictures come."""
    seen = cache.get(_key(sitting_id))
    return DISCONNECTED if seen is None else seen[1] or None


# --- incidents -------------------------------------------------------------------------------------------------------


@transaction.atomic
def record(sitting: Sitting, change: Open | Close) -> None:
    """Write down that the room could not be seen, or can be again."""
    if isinstance(change, Open):
        detail = {"cause": change.cause}
        incidents.open_or_extend(
            sitting, change.kind.value, severity=change.severity, began_at=change.began_at, detail=detail
        )
        return
    for kind in Kind:
        incidents.close(sitting, kind.value, ended_at=change.ended_at)


@transaction.atomic
def add_picture(
    incident_id: int, sitting_id: int, picture: bytes, *, taken_at: datetime, kept: int | None = None
) -> int | None:
    """Keep a full picture of the room with an incident of its sitting; one that is `kept` already is kept once."""
    incident = Incident.objects.filter(pk=incident_id, sitting=sitting_id).first()
    if incident is None:
        return kept
    if kept is None:
        reason = Incident.Kind(incident.kind).label
        stored = evidence.keep(sitting_id, picture, reason=reason, taken_at=taken_at, camera=Camera.ROOM.value)
        kept = stored.pk if stored is not None else None
    if kept is not None:
        incident.snapshots.add(kept)
    return kept
