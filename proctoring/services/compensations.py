"""Giving an exam back what an outage of the servers took, because an invigilator says so; on the record of each."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from exams.models import Exam, ServerOutage
from exams.services import outages
from exams.services.changes import REASON_LENGTH
from exams.services.outages import Given
from proctoring import broadcasts
from proctoring.models import Intervention


@transaction.atomic
def compensate(exam: Exam, outage: ServerOutage, *, by: AbstractUser, reason: str, now: datetime) -> Given:
    """Give the time back and write down for each candidate who did it and why."""
    given = outages.compensate(exam, outage, by, reason, now)
    Intervention.objects.bulk_create(
        Intervention(
            sitting=one.sitting,
            kind=Intervention.Kind.EXTEND.value,
            reason=reason.strip()[:REASON_LENGTH],
            detail={"seconds": one.seconds, "outage": outage.pk},
            by_id=by.pk,
            at=now,
        )
        for one in given.compensations
    )
    broadcasts.room_changed(exam.pk)
    return given
