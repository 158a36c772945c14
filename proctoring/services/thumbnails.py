"""The small pictures: the newest of each camera for the wall, a thin trail for the dossier, and who watched."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from exams.services.changes import for_staff
from exams.services.database_clock import DatabaseNow
from proctoring.domain import retention
from proctoring.models import RoomViewing, Thumbnail

LIVE = _("监考实时画面")
TRAIL = _("监考过程留存")
TICK = timedelta(microseconds=1)
LAG = timedelta(milliseconds=250)  # a picture may be committed a little after it was stamped
STRETCH = timedelta(minutes=15)  # whoever looks again within it is still watching
NOTED_FOR = timedelta(minutes=5)


def keep(sitting_id: int, camera: str, picture: bytes, *, taken_at: datetime, in_trail: bool) -> None:
    """Overwrite the newest picture of a camera; now and then one stays in the trail too."""
    fresh = {
        "data": picture,
        "taken_at": taken_at,
        "stored_at": DatabaseNow(),
        "expires_at": retention.newest_until(taken_at),
    }
    newest = {"sitting_id": sitting_id, "camera": camera, "is_newest": True}
    if not Thumbnail.objects.filter(**newest).update(**fresh):
        first = Thumbnail(**newest, **fresh, reason=for_staff(LIVE))
        Thumbnail.objects.bulk_create([first], ignore_conflicts=True)  # another socket of the sitting may be as quick
    if in_trail:
        kept = (
            newest
            | fresh
            | {
                "is_newest": False,
                "reason": for_staff(TRAIL),
                "expires_at": retention.trail_until(taken_at, settings.THUMBNAIL_DAYS, settings.EVIDENCE_DAYS),
            }
        )
        Thumbnail.objects.create(**kept)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a wall has not seen yet, and what it says to be given only the rest next time."""

    thumbnails: Sequence[Thumbnail]
    cursor: int


def changed(exam_id: int, sittings: Collection[int], after: int) -> Changed:
    """Return the newest pictures of these sittings of an exam that were stored after a cursor: one query."""
    seen_until = datetime.fromtimestamp(after // 1_000_000, UTC) + timedelta(microseconds=after % 1_000_000)
    newest = Thumbnail.objects.filter(
        is_newest=True,
        sitting__in=sittings,
        sitting__enrolment__exam=exam_id,
        stored_at__gte=seen_until + TICK,  # not `gt`: SQLite compares the text, in which .000 is more than nothing
    )
    rows = list(newest.annotate(read_at=DatabaseNow()).order_by("sitting_id", "camera"))
    if not rows:
        return Changed([], after)
    until = min(max(row.stored_at for row in rows), vars(rows[0])["read_at"] - LAG)
    return Changed(rows, max(after, _cursor(until)))


def _cursor(moment: datetime) -> int:
    """Return a moment in whole microseconds."""
    return (moment - datetime.fromtimestamp(0, UTC)) // TICK


def note_watching(exam_id: int, by: AbstractBaseUser, now: datetime) -> None:
    """Write down who watches a wall; whoever goes on asking prolongs the stretch, at one write in five minutes."""
    noted = f"proctoring:watching:{exam_id}:{by.pk}"
    if not cache.add(noted, True, NOTED_FOR.total_seconds()):
        return
    with transaction.atomic():
        stretch = RoomViewing.objects.filter(exam_id=exam_id, by_id=by.pk, ended_at__gt=now - STRETCH)
        newest = stretch.select_for_update().order_by("-ended_at").first()
        if newest is None:
            RoomViewing.objects.create(exam_id=exam_id, by_id=by.pk, began_at=now, ended_at=now)
        else:
            newest.ended_at = now
            newest.save(update_fields=["ended_at"])
