"""Writing down what was noticed: an incident opens, proves itself, ends. What it means is for a person to say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.prepared import Prepared
from exams.domain import lifecycle
from exams.domain.lifecycle import Review
from exams.models import Sitting
from exams.services.changes import REASON_LENGTH, for_staff, take
from exams.services.refusals import Refused
from proctoring import broadcasts
from proctoring.domain import policy
from proctoring.models import Incident, Snapshot
from proctoring.services import evidence

Kind = Incident.Kind
Severity = Incident.Severity

SERVER_STOPPED = "server_stopped"  # a gap that is nobody's doing but ours
BEFORE = gettext_lazy("发生之前")
AFTER = gettext_lazy("恢复之后")
SHORT_GAP = timedelta(seconds=20)  # a reload, a lift, a changed cable: nothing to write down
MOVING = timedelta(minutes=2)  # signing in on another device and allowing its camera: a gap within it is the move's
BROKEN_OFF = (Kind.NETWORK_GAP, Kind.CAMERA_LOST, Kind.SWITCHED_AWAY, Kind.LEFT_FULL_SCREEN)  # by a page that went


@transaction.atomic
def open_or_extend(
    sitting: Sitting,
    kind: str,
    *,
    severity: str,
    began_at: datetime,
    detail: Mapping[str, Any] | None = None,
    distance: float | None = None,
    snapshot: Snapshot | None = None,
) -> Incident:
    """Return the open incident of this kind, made if there is none; what is newly known is added to it."""
    incident, made = Incident.objects.get_or_create(
        sitting=sitting,
        kind=kind,
        ended_at=None,
        defaults={"severity": severity, "began_at": began_at, "detail": dict(detail or {}), "distance": distance},
    )
    if not made:
        incident.severity = severity
        incident.detail |= dict(detail or {})
        incident.distance = incident.distance if distance is None else distance
        incident.save(update_fields=["severity", "detail", "distance"])
    if snapshot is not None:
        incident.snapshots.add(snapshot)
    if made:
        _ask_phone(sitting, incident)
    _announce(sitting)
    return incident


@transaction.atomic
def note(
    sitting: Sitting, kind: str, *, severity: str, at: datetime, detail: Mapping[str, Any] | None = None
) -> Incident:
    """Write down something that has no length."""
    incident = Incident.objects.create(
        sitting=sitting, kind=kind, severity=severity, began_at=at, ended_at=at, detail=dict(detail or {})
    )
    _ask_phone(sitting, incident)
    _announce(sitting)
    return incident


@transaction.atomic
def close(sitting: Sitting, kind: str, *, ended_at: datetime, snapshot: Snapshot | None = None) -> Incident | None:
    """End the open incident of this kind, if there is one."""
    incident = Incident.objects.select_for_update().filter(sitting=sitting, kind=kind, ended_at=None).first()
    if incident is None:
        return None
    incident.ended_at = max(ended_at, incident.began_at)
    incident.save(update_fields=["ended_at"])
    if snapshot is not None:
        incident.snapshots.add(snapshot)
    _announce(sitting)
    return incident


def close_all(sitting: Sitting, *, ended_at: datetime) -> int:
    """End whatever is still open, since the sitting is over."""
    return sum(close(sitting, kind, ended_at=ended_at) is not None for (kind,) in _OPEN.all(sitting.pk))


_OPEN = Prepared(lambda sitting: Incident.objects.filter(sitting_id=sitting, ended_at__isnull=True).values_list("kind"))


# --- what people say of it -------------------------------------------------------------------------------------------

_FIRST = ["review", "review_reason", "reviewed_by", "reviewed_at"]
_SECOND = [f"second_{name}" for name in _FIRST]


def write_review(incident: Incident, outcome: Review, *, by: AbstractUser, reason: str, now: datetime) -> None:
    """Write down what the first person says; a second review of what was said before does not hold any more."""
    incident.review = _moved(incident.review, outcome)
    incident.review_reason = reason[:REASON_LENGTH]
    incident.reviewed_by_id, incident.reviewed_at = by.pk, now
    incident.second_review, incident.second_review_reason = Review.OPEN.value, ""
    incident.second_reviewed_by, incident.second_reviewed_at = None, None
    incident.save(update_fields=[*_FIRST, *_SECOND])


def write_second_review(incident: Incident, outcome: Review, *, by: AbstractUser, reason: str, now: datetime) -> None:
    """Write down what the second person says."""
    incident.second_review = _moved(incident.second_review, outcome)
    incident.second_review_reason = reason[:REASON_LENGTH]
    incident.second_reviewed_by_id, incident.second_reviewed_at = by.pk, now
    incident.save(update_fields=_SECOND)


def _moved(before: str, outcome: Review) -> str:
    try:
        return lifecycle.move(Review(before), outcome).value
    except lifecycle.IllegalMove:
        raise Refused(_("请选择“确认”或“排除”。")) from None


# --- what the camera shows -------------------------------------------------------------------------------------------


@transaction.atomic
def record(
    sitting: Sitting, change: policy.Opened | policy.Closed, picture: bytes, now: datetime, cause: str = ""
) -> None:
    """Write down what the policy says has begun or ended, with the picture of that moment and the cause, if known."""
    if isinstance(change, policy.Closed):
        after = evidence.keep(sitting.pk, picture, reason=_reason(change.kind.value, AFTER), taken_at=now)
        close(sitting, change.kind.value, ended_at=change.ended_at, snapshot=after)
        return
    snapshot = evidence.keep(sitting.pk, picture, reason=Kind(change.kind.value).label, taken_at=now)
    detail: dict[str, Any] = {"looks": change.shown + change.denied, "shown": change.shown}
    if cause:
        detail["cause"] = cause
    open_or_extend(
        sitting,
        change.kind.value,
        severity=change.severity,
        began_at=change.began_at,
        detail=detail,
        distance=change.distance,
        snapshot=snapshot,
    )


@transaction.atomic
def add_before(sitting: Sitting, kind: str, picture: bytes, *, taken_at: datetime) -> None:
    """Keep with the open incident of this kind what the camera showed before it began."""
    incident = Incident.objects.filter(sitting=sitting, kind=kind, ended_at=None).first()
    snapshot = evidence.keep(sitting.pk, picture, reason=_reason(kind, BEFORE), taken_at=taken_at) if incident else None
    if incident is not None and snapshot is not None:
        incident.snapshots.add(snapshot)


def _reason(kind: str, when: Promise) -> str:
    return for_staff(format_lazy("{}：{}", Kind(kind).label, when))  # i18n: data; changes.for_reader splits it


@transaction.atomic
def confirm(sitting: Sitting, change: policy.Confirmed, picture: bytes, now: datetime) -> None:
    """Write down that an incident has lasted its confirmed length."""
    snapshot = evidence.keep(sitting.pk, picture, reason=Kind(change.kind.value).label, taken_at=now)
    incident = (
        Incident.objects.select_for_update().filter(sitting=sitting, kind=change.kind.value, ended_at=None).first()
    )
    if incident is None:  # a person closed or dismissed it meanwhile
        return
    incident.detail |= {"confirmed": True}
    incident.save(update_fields=["detail"])
    if snapshot is not None:
        incident.snapshots.add(snapshot)
    _announce(sitting)


@transaction.atomic
def device_changed(sitting: Sitting, *, at: datetime) -> Incident:
    """Write down that another page or device took over; what the first one broke off is part of the same story."""
    take(sitting.pk)  # before its incidents, as everywhere
    lasting = sitting.incidents.select_for_update().filter(ended_at=None, review=Incident.Review.OPEN)
    broken_off = list(lasting.filter(kind__in=BROKEN_OFF))
    move = Incident.objects.create(
        sitting=sitting,
        kind=Kind.SECOND_DEVICE,
        severity=Severity.WARNING if any(_is_long(gap, at) for gap in broken_off) else Severity.INFO,
        began_at=min([at, *(incident.began_at for incident in broken_off)]),
        ended_at=at,
        detail={"broken_off": sorted({incident.kind for incident in broken_off})} if broken_off else {},
    )
    for incident in broken_off:
        move.snapshots.add(*incident.snapshots.values_list("pk", flat=True))
        incident.delete()
    _announce(sitting)
    return move


def _is_long(gap: Incident, ended_at: datetime) -> bool:
    """Tell whether a candidate was away for a time that somebody should look at, and not by our own doing."""
    return ended_at - gap.began_at >= SHORT_GAP and gap.detail.get("cause") != SERVER_STOPPED


# --- what is not there -----------------------------------------------------------------------------------------------


def connection_lost(sitting: Sitting, *, at: datetime, cause: str) -> Incident:
    """Write down that a page has gone silent; it is forgotten again if it comes back soon."""
    return open_or_extend(sitting, Kind.NETWORK_GAP, severity=Severity.INFO, began_at=at, detail={"cause": cause})


@transaction.atomic
def connection_back(sitting: Sitting, *, at: datetime) -> Incident | None:
    """End the gap: a short one is deleted, since it says nothing, a longer one stays."""
    gap = close(sitting, Kind.NETWORK_GAP, ended_at=at)
    if gap is None or gap.ended_at is None:
        return None
    if gap.ended_at - gap.began_at < SHORT_GAP or _is_of_a_move(gap):
        gap.delete()
        return None
    if _is_long(gap, gap.ended_at):
        gap.severity = Severity.WARNING
        gap.save(update_fields=["severity"])
    return gap


def _is_of_a_move(gap: Incident) -> bool:
    """Tell whether a gap is the time that the next device needed to bring its camera."""
    moves = Incident.objects.filter(sitting=gap.sitting_id, kind=Kind.SECOND_DEVICE, ended_at__isnull=False)
    around = moves.filter(ended_at__gte=gap.began_at - MOVING, ended_at__lte=gap.ended_at)
    return gap.ended_at is not None and gap.ended_at - gap.began_at < MOVING and around.exists()


def _ask_phone(sitting: Sitting, incident: Incident) -> None:
    """Have the room's camera keep what it shows now."""
    if sitting.enrolment.exam.uses_second_camera:
        broadcasts.incident_began(sitting.pk, incident.pk)


def _announce(sitting: Sitting) -> None:
    broadcasts.room_changed(sitting.enrolment.exam_id)
