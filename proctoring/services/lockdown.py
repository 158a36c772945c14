"""Leaving the screen or the full screen: written down with its duration, counted once, followed by the exam's rule."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.domain.lifecycle import State
from exams.models import Sitting
from exams.services import sittings
from exams.services.changes import for_staff
from proctoring.domain import lockdown
from proctoring.domain.lockdown import AfterLimit, Classified, Kind, Report, Trip
from proctoring.models import Incident
from proctoring.services import incidents

OVER_LIMIT = _("切屏次数超过上限")
NO_FULL_SCREEN = _("浏览器无法进入全屏，待考务人员处理")
RECENT = timedelta(minutes=10)
MOST_WRITTEN = 500  # of a kind in a sitting; a page that tells of more is made to
MOST_COUNTED = 2000


@dataclass(frozen=True, slots=True)
class Recorded:
    """How often the candidate has switched away, the exam's limit, which of the reports count, and all that arrived."""

    switch_count: int
    switch_limit: int | None
    counted: list[str]
    received: list[str]
    follows: AfterLimit


@transaction.atomic
def record(sitting: Sitting, reports: Sequence[Report], *, now: datetime, client: str = "") -> Recorded:
    """Take reports from the exam page `client` into account; each one once, by its id.

    A page that another one has taken over says nothing about the candidate any more.
    """
    sitting = Sitting.objects.select_for_update(of=("self",)).select_related("enrolment__exam__plan").get(pk=sitting.pk)
    exam, lacked = sitting.enrolment.exam, _lacks_full_screen(sitting)
    is_current = not client or client == sitting.client
    counted = [told.id for told in reports if is_current and _record_one(sitting, told, now)]
    follows = lockdown.follows(sitting.switch_count, exam.switch_limit, AfterLimit(exam.after_switch_limit))
    if counted:
        _follow(sitting, follows, OVER_LIMIT, now)
    if not lacked and _lacks_full_screen(sitting):  # the first time only: then a person has let them go on
        _follow(sitting, lockdown.without_full_screen(AfterLimit(exam.after_switch_limit)), NO_FULL_SCREEN, now)
    return Recorded(sitting.switch_count, exam.switch_limit, counted, [told.id for told in reports], follows)


def _record_one(sitting: Sitting, told: Report, now: datetime) -> bool:
    """Write down one report and tell whether it counted."""
    if sitting.state != State.IN_PROGRESS or sitting.started_at is None:
        return False
    known = Incident.objects.filter(sitting=sitting, detail__id=told.id).first()
    if known is not None and known.ended_at is not None:
        return bool(known.detail.get("counted"))
    if known is None and _on_another_device(sitting, told, now):
        return False
    classified = lockdown.classify(
        told,
        started_at=sitting.started_at,
        counted=_trips(sitting, known, now),
        now=now,
        sent_away=_sent_away(sitting, told, now),
    )
    if classified.kind is None or (known is None and _are_enough(sitting, classified, classified.kind)):
        return False
    if known is None:  # the end of an earlier stretch was never reported: the page was reloaded
        incidents.close(sitting, classified.kind.value, ended_at=classified.began_at)
    _write(sitting, told, classified, classified.kind)
    if classified.counts:
        sitting.switch_count += 1
        sitting.save(update_fields=["switch_count"])
    return classified.counts


def _write(sitting: Sitting, told: Report, classified: Classified, kind: Kind) -> None:
    is_notable = classified.counts or kind is Kind.NO_FULL_SCREEN
    incidents.open_or_extend(
        sitting,
        kind.value,
        severity=Incident.Severity.WARNING if is_notable else Incident.Severity.INFO,
        began_at=classified.began_at,
        detail={"id": told.id, "cause": classified.cause.value, "counted": classified.counts},
    )
    if classified.ended_at is not None:
        incidents.close(sitting, kind.value, ended_at=classified.ended_at)


def _are_enough(sitting: Sitting, classified: Classified, kind: Kind) -> bool:
    """Tell whether so much is on record that more would only hide the rest; of what counts, more is."""
    written = Incident.objects.filter(sitting=sitting, kind=kind.value).count()
    return written >= (MOST_COUNTED if classified.counts else MOST_WRITTEN)


def _trips(sitting: Sitting, known: Incident | None, now: datetime) -> list[Trip]:
    """Return what has been counted lately."""
    counted = Incident.objects.filter(
        sitting=sitting, kind=Incident.Kind.SWITCHED_AWAY, detail__counted=True, began_at__gte=now - RECENT
    )
    return [Trip(row.began_at, row.ended_at) for row in counted if row != known]


def _sent_away(sitting: Sitting, told: Report, now: datetime) -> bool:
    """Tell whether the platform or a person moved the sitting on while the candidate was away from the paper."""
    moves = sitting.changes.filter(field__in=["check_in", "state"], at__gt=told.began_at, at__lte=told.ended_at or now)
    return moves.exclude(before=State.READY.value).exists()


def _on_another_device(sitting: Sitting, told: Report, now: datetime) -> bool:
    """Tell whether the candidate changed devices meanwhile: being away from this page is part of that one incident."""
    moves = sitting.incidents.filter(kind=Incident.Kind.SECOND_DEVICE)
    return moves.filter(ended_at__gte=told.began_at, ended_at__lte=told.ended_at or now).exists()


def _lacks_full_screen(sitting: Sitting) -> bool:
    return Incident.objects.filter(sitting=sitting, kind=Incident.Kind.NO_FULL_SCREEN).exists()


def _follow(sitting: Sitting, follows: AfterLimit, cause: Promise, now: datetime) -> None:
    """Do what the organizer chose; the default is nothing."""
    with suppress(sittings.Refused):  # it has ended in this very moment
        if follows is AfterLimit.LOCK:
            sittings.pause(sitting, for_staff(cause), now=now, locked=True)
        elif follows is AfterLimit.HAND_IN:
            sittings.submit(sitting, Sitting.EndedBy.SWITCH_LIMIT, now=now)
