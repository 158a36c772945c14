"""What a dossier says of a sitting, in the words of the language it is made in. Points and right answers stay out."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext as _

from exams.models import Receipt, ResponseEntry, ResponseLog, Sitting
from exams.services.changes import for_reader
from exams.wording import staff_name
from proctoring import timeline
from proctoring.admin import words
from proctoring.domain.dossier import FORMAT, digest_of
from proctoring.models import IdentityCheck, Incident, PictureViewing, Thumbnail
from proctoring.services.evidence import few_at_a_time


def of(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """Return everything that helps to judge a sitting as it is known now: JSON values only, times in UTC."""
    return {
        "format": FORMAT,
        "language": translation.get_language(),
        "made_at": _at(now),
        "exam": _exam(sitting),
        "candidate": _candidate(sitting),
        "sitting": _sitting(sitting),
        "result": _result(sitting),
        "photos": [_photo(photo) for photo in few_at_a_time(sitting.enrolment.photos.order_by("pk"))],
        "pictures": [_picture(picture) for picture in few_at_a_time(sitting.snapshots.order_by("taken_at", "pk"))],
        "trail": [_thumbnail(one) for one in few_at_a_time(sitting.thumbnails.of_trail())],
        "checks": [_check(check) for check in sitting.identity_checks.order_by("decided_at", "pk")],
        "incidents": [_incident(one) for one in sitting.incidents.order_by("began_at", "pk")],
        "story": [_entry(entry) for entry in timeline.from_the_beginning(sitting)],
        "answers": _answers(sitting),
        "answered": [{"at": _at(at)} for at in _moments(sitting)],
        "pauses": [{"began_at": _at(one.began_at), "ended_at": _at(one.ended_at)} for one in sitting.pauses.all()],
        "viewings": _viewings(sitting),
    }


def _at(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _exam(sitting: Sitting) -> dict[str, Any]:
    exam = sitting.enrolment.exam
    return {
        "plan": exam.plan.name,
        "certifying_body": exam.plan.certifying_body,
        "name": exam.name,
        "code": exam.code,
        "opens_at": _at(exam.opens_at),
        "closes_at": _at(exam.closes_at),
        "minutes": exam.duration_minutes,
        "face_rule": str(exam.get_face_rule_display()),
        "second_review": exam.second_review,
    }


def _candidate(sitting: Sitting) -> dict[str, Any]:
    enrolment = sitting.enrolment
    return {
        "name": enrolment.name,
        "account_number": enrolment.account_number,
        "masked_id": enrolment.candidate.masked_id,
        "room": enrolment.room,
        "seat": enrolment.seat,
        "extra_minutes": enrolment.extra_minutes,
    }


def _sitting(sitting: Sitting) -> dict[str, Any]:
    return {
        "number": sitting.pk,
        "state": str(sitting.get_state_display()),
        "check_in": str(sitting.get_check_in_display()),
        "identity": str(sitting.get_identity_display()),
        "started_at": _at(sitting.started_at),
        "deadline_at": _at(sitting.deadline_at),
        "ended_at": _at(sitting.ended_at),
        "switch_count": sitting.switch_count,
        "compensated_seconds": sitting.compensated_seconds,
    }


def _result(sitting: Sitting) -> dict[str, Any] | None:
    result = getattr(sitting, "result", None)
    if result is None:
        return None
    return {
        "validity": str(result.get_validity_display()),
        "reason": for_reader(result.validity_reason),
        "decided_by": str(result.decided_by or ""),
        "decided_at": _at(result.decided_at),
    }


def _photo(photo: Any) -> dict[str, Any]:
    return {
        "picture": photo.pk,
        "source": str(photo.get_source_display()),
        "in_force": photo.retired_at is None,
        "sha256": digest_of(photo.data),
    }


def _picture(picture: Any) -> dict[str, Any]:
    return {
        "picture": picture.pk,
        "taken_at": _at(picture.taken_at),
        "reason": for_reader(picture.reason),
        "camera": str(picture.get_camera_display()),
        "sha256": digest_of(picture.data),
    }


def _thumbnail(one: Thumbnail) -> dict[str, Any]:
    return {
        "picture": one.pk,
        "camera": str(one.get_camera_display()),
        "taken_at": _at(one.taken_at),
        "sha256": digest_of(one.data),
    }


def _check(check: IdentityCheck) -> dict[str, Any]:
    return {
        "at": _at(check.decided_at),
        "occasion": str(check.get_occasion_display()),
        "is_minute": check.occasion == IdentityCheck.Occasion.MINUTE,
        "rule": "check_in" if check.occasion == IdentityCheck.Occasion.CHECK_IN else "exam",
        "verdict": str(check.get_verdict_display()),
        "distance": check.distance,
        "threshold": check.threshold,
        "frames": check.frames,
        "picture": check.snapshot_id,
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "kind": str(incident.get_kind_display()),
        "severity": str(incident.get_severity_display()),
        "tone": incident.severity,
        "began_at": _at(incident.began_at),
        "ended_at": _at(incident.ended_at),
        "details": words.details(incident),
        "pictures": list(incident.snapshots.order_by("taken_at").values_list("pk", flat=True)),
        "standing": incident.review_name,
        "reviews": [
            _review(_("初审"), incident.review_reason, incident.reviewed_by, incident.reviewed_at),
            _review(_("复审"), incident.second_review_reason, incident.second_reviewed_by, incident.second_reviewed_at),
        ],
    }


def _review(name: str, reason: str, by: Any, at: datetime | None) -> dict[str, Any] | None:
    return {"name": name, "reason": for_reader(reason), "by": staff_name(by), "at": _at(at)} if reason else None


def _entry(entry: timeline.Entry) -> dict[str, Any]:
    return {
        "at": _at(entry.at),
        "title": str(entry.title),
        "lines": [str(line) for line in entry.lines],
        "reason": for_reader(entry.reason),
        "by": entry.by,
    }


def _answers(sitting: Sitting) -> dict[str, Any]:
    """Return how much was answered, the head of the chained log, and the receipts: no answer itself."""
    log = ResponseLog.objects.filter(pk=sitting.pk).first()
    stored = sitting.responses
    return {
        "answered": stored.exclude(value=[]).count(),
        "doubtful": stored.filter(doubtful=True).count(),
        "entries": log.length if log else 0,
        "sha256": bytes(log.head).hex() if log else "",
        "receipts": [{"code": one.code, "entries": one.entries, "at": _at(one.ended_at)} for one in _receipts(sitting)],
    }


def _receipts(sitting: Sitting) -> Iterable[Receipt]:
    return sitting.receipts.order_by("pk")


def _moments(sitting: Sitting) -> Iterable[datetime]:
    """Return when answers arrived that count, for the plot: when somebody worked, never what they answered."""
    counting = sitting.entries.filter(outcome__in=ResponseEntry.COUNTING)
    return counting.order_by("pk").values_list("received_at", flat=True)


def _viewings(sitting: Sitting) -> list[dict[str, Any]]:
    """Return who has looked at the pictures, how often."""
    looks = PictureViewing.objects.filter(kind__in=PictureViewing.OF_PICTURES)
    viewings = looks.filter(enrolment=sitting.enrolment).values("by__username")
    counted = viewings.annotate(times=Count("pk")).order_by("by__username")
    return [{"by": row["by__username"], "times": row["times"]} for row in counted]
