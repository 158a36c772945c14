"""Pictures as evidence: kept sealed with a reason and a day to be deleted, shown on the record, deleted in time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.models import PersonalPicture
from exams.domain.lifecycle import State
from exams.models import ReferencePhoto, Sitting
from exams.services.changes import for_staff
from proctoring.domain import retention
from proctoring.models import Camera, CheckInTemplate, Dossier, FaceTemplate, PictureViewing, Snapshot, Thumbnail

Picture = TypeVar("Picture", bound=PersonalPicture)
Progress = Callable[[int], object]
BATCH = 500
AT_ONCE = 8  # full pictures in memory, however many a sitting has
LEFT_OVER_AFTER = timedelta(days=1)  # from the close of the exam; whoever still sits then keeps theirs


def keep(
    sitting_id: int,
    picture: bytes,
    *,
    reason: str | Promise,
    taken_at: datetime,
    camera: str = Camera.FACE.value,
) -> Snapshot | None:
    """Keep a full frame as evidence; nothing where there is no picture (a camera that was lost)."""
    if not picture:
        return None
    return Snapshot.objects.create(
        sitting_id=sitting_id,
        camera=camera,
        data=picture,
        reason=for_staff(reason),
        taken_at=taken_at,
        expires_at=retention.evidence_until(taken_at, settings.EVIDENCE_DAYS),
    )


def note_viewing(picture: Snapshot | ReferencePhoto, by: AbstractBaseUser, now: datetime) -> None:
    """Write down who looked at whose picture."""
    is_snapshot = isinstance(picture, Snapshot)
    PictureViewing.objects.create(
        kind=PictureViewing.Kind.SNAPSHOT if is_snapshot else PictureViewing.Kind.REFERENCE,
        picture=picture.pk,
        enrolment_id=picture.sitting.enrolment_id if isinstance(picture, Snapshot) else picture.enrolment_id,
        by_id=by.pk,
        at=now,
    )


def note_trail_viewing(sitting: Sitting, by: AbstractBaseUser, now: datetime) -> None:
    """Write down who began to look at whose trail of thumbnails."""
    _note(PictureViewing.Kind.TRAIL, sitting.pk, sitting, by, now)


def note_dossier(kind: PictureViewing.Kind, dossier: Dossier, by: AbstractBaseUser | None, now: datetime) -> None:
    """Write down who opened, printed or verified a dossier; nobody: the command line."""
    _note(kind, dossier.pk, dossier.sitting, by, now)


def _note(kind: PictureViewing.Kind, number: int, sitting: Sitting, by: AbstractBaseUser | None, now: datetime) -> None:
    PictureViewing.objects.create(
        kind=kind, picture=number, enrolment_id=sitting.enrolment_id, by_id=by.pk if by else None, at=now
    )


def note_live_viewing(sitting: Sitting, by: AbstractBaseUser, now: datetime) -> None:
    """Write down who began to look at whose live picture, of which nothing is kept."""
    _note(PictureViewing.Kind.LIVE, sitting.pk, sitting, by, now)


def few_at_a_time(pictures: QuerySet[Picture]) -> Iterator[Picture]:
    """Yield pictures with what is on them in their order, without holding all of them at once.

    By their numbers, not by a cursor of the database: behind PgBouncer there is none outside a transaction.
    """
    numbers = list(pictures.values_list("pk", flat=True))
    for start in range(0, len(numbers), AT_ONCE):
        portion = numbers[start : start + AT_ONCE]
        found = pictures.model._default_manager.in_bulk(portion)
        yield from (found[number] for number in portion if number in found)  # one may have expired meanwhile


@dataclass(frozen=True, slots=True)
class Expired:
    """How many pictures and faces are past their day; false where there are none."""

    snapshots: int
    thumbnails: int
    photos: int
    templates: int  # of photos, and of check-ins that nobody went on from

    @property
    def pictures(self) -> int:
        return self.snapshots + self.thumbnails + self.photos

    def __bool__(self) -> bool:
        return bool(self.pictures or self.templates)


def expired(now: datetime) -> Expired:
    """Count what a purge would delete."""
    return Expired(
        snapshots=_expired(Snapshot, now).count(),
        thumbnails=_expired(Thumbnail, now).count(),
        photos=_expired(ReferencePhoto, now).count(),
        templates=FaceTemplate.objects.filter(photo__expires_at__lte=now).count() + _left_over_templates(now).count(),
    )


def purge(now: datetime, progress: Progress = lambda count: None) -> Expired:
    """Delete what has expired, in small steps, so that nobody who sits an exam has to wait for it."""
    counts = expired(now)
    for pictures in (_expired(Snapshot, now), _expired(Thumbnail, now), _expired(ReferencePhoto, now)):
        while batch := list(pictures.values_list("pk", flat=True)[:BATCH]):
            with transaction.atomic():
                pictures.model._default_manager.filter(pk__in=batch).defer("data").delete()
            progress(len(batch))
    _left_over_templates(now).delete()
    return counts


def _left_over_templates(now: datetime) -> QuerySet[CheckInTemplate]:
    """Return the faces of those who checked in and never began, so that no end of a sitting deleted them."""
    closed = CheckInTemplate.objects.filter(sitting__enrolment__exam__closes_at__lte=now - LEFT_OVER_AFTER)
    return closed.exclude(sitting__state__in=[State.IN_PROGRESS.value, State.PAUSED.value])


def _expired(kind: type[Picture], now: datetime) -> QuerySet[Picture]:
    return kind._default_manager.filter(expires_at__lte=now).order_by("pk")
