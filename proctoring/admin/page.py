"""What the page of one sitting shows, gathered for the person who looks: everything that helps to decide, no more."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.forms import Form
from django.http import HttpRequest

from exams.domain.lifecycle import State
from exams.models import ReferencePhoto, Sitting
from proctoring import queries, timeline
from proctoring.admin import acts, answers, words
from proctoring.domain import retention
from proctoring.models import Camera, IdentityCheck, Incident, Message, Snapshot, Thumbnail
from proctoring.services import claims, freshness

Kind = acts.Kind


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A decision on who is there, with what its distance means."""

    check: IdentityCheck
    tone: str
    meaning: str


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident with its pictures, in words."""

    incident: Incident
    tone: str
    review_tone: str
    wants_second: bool  # the first person has spoken, a second one must
    lasted: str
    details: list[str]
    pictures: list[Snapshot]


def live(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """Return the part of the page that asks for itself every few seconds."""
    incidents = Incident.objects.filter(sitting=sitting)
    counts = {
        "open_incidents": incidents.filter(Incident.WAITS).count(),
        "open_calls": open_calls(sitting).count(),
        "answered": sitting.responses.exclude(value=[]).count(),
        "doubtful": sitting.responses.filter(doubtful=True).count(),
    }
    result = getattr(sitting, "result", None)
    return {
        "sitting": sitting,
        "result": result,
        "now": now,
        "badges": _badges(sitting),
        "is_running": sitting.state == State.IN_PROGRESS,
        "version": _version(sitting, incidents.count(), sitting.messages.count(), sitting.interventions.count()),
        **counts,
    }


def whole(request: HttpRequest, sitting: Sitting, now: datetime, tried: Mapping[str, Form]) -> dict[str, Any]:
    """Return everything the page shows."""
    may = request.user.has_perm
    checks = list(sitting.identity_checks.select_related("snapshot").defer("snapshot__data"))
    told = [one for one in checks if one.occasion != IdentityCheck.Occasion.MINUTE]
    paper = answers.of(
        sitting, with_key=may("exams.view_revision"), with_points=may("exams.view_result") and may("exams.view_mark")
    )
    return {
        **live(sitting, now),
        "enrolment": sitting.enrolment,
        "exam": sitting.enrolment.exam,
        "panels": acts.panels(request, sitting, tried),
        "stamp": freshness.stamp(sitting),
        "claim": claims.current(sitting, now),
        "offers": acts.offers(request, sitting, acts.IN_PLACE),
        "photos": photos(sitting) if may("exams.view_referencephoto") else [],
        "check_in": next((_line(one) for one in told if one.snapshot_id and _at_the_door(one)), None),
        "newest": _newest(sitting, told) if may("proctoring.view_snapshot") else None,
        "checks": [_line(one) for one in told],
        "minutes": len(checks) - len(told),
        "thresholds": thresholds(sitting, checks),
        "sees_pictures": may("proctoring.view_snapshot"),
        "incidents": [incident_line(one, now) for one in incidents_of(sitting)],
        "conversation": list(sitting.messages.select_related("by").order_by("at", "pk")),
        "call": open_calls(sitting).order_by("-at").first(),
        **(trail(sitting, now) if may("proctoring.view_snapshot") else {}),
        "paper": paper,
        "sees_points": may("exams.view_result"),
        "story": timeline.of(sitting),
        "sees_dossiers": may("proctoring.view_dossier"),
        "makes_dossiers": may("proctoring.add_dossier"),
        "dossiers": list(sitting.dossiers.select_related("made_by")),
    }


def with_pictures() -> Prefetch[str]:
    """Name the pictures of incidents without what is on them: a page holds addresses, and is asked for often."""
    return Prefetch("snapshots", Snapshot.objects.defer("data").order_by("taken_at", "pk"))


def incidents_of(sitting: Sitting) -> QuerySet[Incident]:
    """Return the incidents of a sitting as its pages list them."""
    return sitting.incidents.select_related("reviewed_by", "second_reviewed_by").prefetch_related(with_pictures())


def incident_line(incident: Incident, now: datetime) -> IncidentLine:
    """Return an incident as its list and its own page show it."""
    return IncidentLine(
        incident=incident,
        tone=words.tone(incident.severity),
        review_tone=words.review_tone(incident),
        wants_second=incident.wants_second and incident.review != Incident.Review.OPEN,
        lasted=words.span(incident.began_at, incident.ended_at, now) if _has_length(incident) else "",
        details=words.details(incident),
        pictures=list(incident.snapshots.all()),
    )


def check_line(check: IdentityCheck) -> CheckLine:
    """Return a check with its meaning."""
    return _line(check)


def _line(check: IdentityCheck) -> CheckLine:
    staff = check.occasion == IdentityCheck.Occasion.STAFF
    meaning = "" if staff else words.distance(check.distance, check.threshold)
    return CheckLine(check, words.tone(check.verdict), meaning)


def _has_length(incident: Incident) -> bool:
    return incident.ended_at is None or incident.ended_at > incident.began_at


def _at_the_door(check: IdentityCheck) -> bool:
    return check.occasion == IdentityCheck.Occasion.CHECK_IN


def photos(sitting: Sitting) -> list[ReferencePhoto]:
    """Return the photos in force, and those that still wait for a comparison with the ID card."""
    return list(sitting.enrolment.photos.to_look_at().defer("data").order_by("position", "pk"))


def thresholds(sitting: Sitting, checks: list[IdentityCheck]) -> dict[str, float] | None:
    """Return what the candidate was last measured with at check-in and in the exam, or else would be now."""
    known = queries.thresholds_of(sitting.enrolment.exam.plan, queries.templates(sitting.enrolment))
    found = {} if known is None else {"check_in": known.check_in, "exam": known.exam}
    for check in reversed(checks):  # the newest first in the list, so it comes last here
        if check.threshold and check.occasion != IdentityCheck.Occasion.STAFF:
            found["check_in" if _at_the_door(check) else "exam"] = check.threshold
    return found or None


def trail(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """Return the small pictures that were kept, by camera, and whether older ones have gone on their day."""
    cameras: dict[str, list[Thumbnail]] = {}
    for one in sitting.thumbnails.of_trail().filter(expires_at__gt=now).defer("data"):
        cameras.setdefault(str(one.get_camera_display()), []).append(one)
    began, days = sitting.started_at, (settings.THUMBNAIL_DAYS, settings.EVIDENCE_DAYS)
    return {
        "trail": list(cameras.items()),
        "trail_expired": began is not None and retention.trail_until(began, *days) <= now,
    }


def _newest(sitting: Sitting, told: list[IdentityCheck]) -> Snapshot | None:
    """Return the newest picture of the exam itself, where it is not the one of the check-in."""
    shown = {check.snapshot_id for check in told if _at_the_door(check)}
    newest: Snapshot | None = sitting.snapshots.filter(camera=Camera.FACE).defer("data").first()
    return newest if newest is not None and newest.pk not in shown else None


def open_calls(sitting: Sitting) -> Any:
    """Return the calls for help of a sitting that nobody has answered."""
    return Message.objects.filter(sitting=sitting, direction=Message.Direction.FROM_CANDIDATE, settled_at__isnull=True)


def _badges(sitting: Sitting) -> list[tuple[str, str, str]]:
    """Return the states as (name, words, colour)."""
    fields = ["state", "check_in", "identity"] if sitting.enrolment.exam.uses_camera else ["state"]
    return [
        (
            str(Sitting._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
            str(getattr(sitting, f"get_{name}_display")()),
            words.tone(getattr(sitting, name)),
        )
        for name in fields
    ]


def _version(sitting: Sitting, *counts: int) -> str:
    """Return what changes when there is something new to read on the page."""
    result = getattr(sitting, "result", None)
    facts = (sitting.state, sitting.check_in, sitting.identity, sitting.locked, result and result.validity, *counts)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
