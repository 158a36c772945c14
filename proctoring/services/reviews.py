"""Judging incidents: one person, or two where the exam wants that; the result's validity follows."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from exams.domain.lifecycle import Review
from exams.services import marks
from exams.services.changes import take
from exams.services.refusals import Refused, require_reason
from proctoring.models import Incident, Intervention
from proctoring.services import incidents
from proctoring.services.interventions import NothingToDo, record

Kind = Intervention.Kind


class SamePerson(Refused):
    """The second review is for somebody else."""

    code = "same_person"

    def __init__(self) -> None:
        super().__init__(_("复审须由另一位考务人员进行：初审是您本人做的。"))


class NoSecondReview(Refused):
    """There is nothing to review again."""

    code = "no_second_review"

    def __init__(self) -> None:
        super().__init__(_("这项异常现在不需要复审：还没有初审，或本场考试不要求复审。"))


@transaction.atomic
def review_incident(
    incident: Incident, *, outcome: str, by: AbstractUser, reason: str, now: datetime, seen: str = ""
) -> Intervention:
    """Confirm or dismiss an incident. `seen`: as what it was seen by who decides."""
    reason, incident = require_reason(reason), _locked(incident)
    after = Review(outcome)
    if incident.review == after or (seen and incident.review != seen):
        raise NothingToDo
    incidents.write_review(incident, after, by=by, reason=reason, now=now)
    return _told(incident, Kind.REVIEW_INCIDENT, after, by, reason, now)


@transaction.atomic
def review_again(
    incident: Incident, *, outcome: str, by: AbstractUser, reason: str, now: datetime, seen: str = ""
) -> Intervention:
    """Say, as a second person, what an incident was; `seen`: what the first had said when it was looked at."""
    reason, incident = require_reason(reason), _locked(incident)
    if not incident.wants_second or incident.review == Review.OPEN:
        raise NoSecondReview
    if incident.reviewed_by_id == by.pk:
        raise SamePerson
    after = Review(outcome)
    if incident.second_review == after or (seen and incident.review != seen):
        raise NothingToDo
    incidents.write_second_review(incident, after, by=by, reason=reason, now=now)
    return _told(incident, Kind.REVIEW_AGAIN, after, by, reason, now)


def _locked(incident: Incident) -> Incident:
    """Return the incident as it is now; its sitting first, so that marking it sees what is said here, or waits."""
    take(incident.sitting_id)
    related = Incident.objects.select_for_update(of=("self",)).select_related("sitting__enrolment__exam")
    found = related.filter(pk=incident.pk).first()
    if found is None:  # it was a gap that turned out to be a move to another device, or too short to be one
        raise NothingToDo
    return found


def _told(
    incident: Incident, kind: Kind, outcome: Review, by: AbstractUser, reason: str, now: datetime
) -> Intervention:
    marks.refresh_validity(incident.sitting, now=now)
    about = {"incident": incident.pk, "incident_kind": incident.kind, "outcome": outcome.value}
    return record(incident.sitting, kind, by, reason, now, **about)
