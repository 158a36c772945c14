"""Who handles whom, where several invigilators watch one room. A claim forbids nothing: it makes others ask first."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from exams.models import Sitting
from exams.services.changes import take
from exams.services.refusals import Refused
from exams.wording import staff_name
from proctoring import broadcasts
from proctoring.models import Claim

SILENCE = timedelta(minutes=5)  # a claim of which nothing was heard for so long has ended
NOTED_EVERY = timedelta(minutes=1)  # a sign of life within this time is not written down again


class Handled(Refused):
    """Somebody else handles this candidate."""

    code = "handled"

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        who = {"who": staff_name(claim.by)}
        super().__init__(_("%(who)s正在处理该考生。请先与其沟通；确有需要的，可以仍然执行。") % who)


def current(sitting: Sitting, now: datetime) -> Claim | None:
    """Return the claim on a sitting that holds now."""
    claims = Claim.objects.filter(sitting=sitting, ended_at__isnull=True, heard_at__gt=now - SILENCE)
    return claims.select_related("by").first()


def of_another(sitting: Sitting, by: AbstractUser, now: datetime) -> Claim | None:
    """Return the claim that somebody else has on a sitting."""
    claim = current(sitting, now)
    return claim if claim is not None and claim.by_id != by.pk else None


@transaction.atomic
def claim(sitting: Sitting, *, by: AbstractUser, now: datetime, despite: bool = False) -> Claim:
    """Say that one handles a candidate; who takes over from somebody else has been asked before (`despite`)."""
    sitting = take(sitting.pk)
    held = current(sitting, now)
    if held is not None and held.by_id == by.pk:
        return _hear(held, now)
    if held is not None and not despite:
        raise Handled(held)
    Claim.objects.filter(sitting=sitting, ended_at__isnull=True).update(ended_at=now)
    try:
        with transaction.atomic():
            made = Claim.objects.create(sitting=sitting, by_id=by.pk, since=now, heard_at=now)
    except IntegrityError:  # in the same moment, on a database that does not lock rows
        raise Handled(Claim.objects.select_related("by").get(sitting=sitting, ended_at__isnull=True)) from None
    broadcasts.room_changed(sitting.enrolment.exam_id)
    return made


@transaction.atomic
def release(sitting: Sitting, *, by: AbstractUser, now: datetime) -> bool:
    """Say that one is done with a candidate; tell whether one was at it."""
    ended = Claim.objects.filter(sitting=sitting, by_id=by.pk, ended_at__isnull=True).update(ended_at=now)
    broadcasts.room_changed(sitting.enrolment.exam_id)
    return bool(ended)


def keep_up(sitting: Sitting, *, by: AbstractUser, now: datetime) -> None:
    """Take a sign of life of whoever handles the sitting into account."""
    claim = current(sitting, now)
    if claim is not None and claim.by_id == by.pk:
        _hear(claim, now)


def _hear(claim: Claim, now: datetime) -> Claim:
    if now - claim.heard_at >= NOTED_EVERY:
        Claim.objects.filter(pk=claim.pk, ended_at__isnull=True).update(heard_at=now)
    return claim
