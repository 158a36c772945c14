"""What invigilators tell many candidates at once, and who of them has it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Case, Count, Prefetch, Q, QuerySet, When
from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams.domain.lifecycle import ENDED
from exams.models import Exam, Sitting
from exams.services.changes import REASON_LENGTH, announce
from exams.services.refusals import Refused
from proctoring import broadcasts
from proctoring.models import Announcement, Intervention, Message
from proctoring.services.messages import LONGEST

Reach = Announcement.Reach
AGAIN = timedelta(seconds=30)  # the same words within this time are a double click, or a request sent again


@transaction.atomic
def publish(
    exam: Exam,
    *,
    text: str,
    by: AbstractUser,
    now: datetime,
    room: str = "",
    chosen: Collection[Sitting] | None = None,
) -> Announcement:
    """Tell everybody of an exam, of one room, or those chosen; whoever comes later is told when they begin."""
    text = text.strip()[:LONGEST]
    if not text:
        raise Refused(_("请填写公告内容。"))
    reach = Reach.CHOSEN if chosen is not None else Reach.ROOM if room else Reach.EXAM
    Exam.objects.select_for_update().get(pk=exam.pk)  # a second click waits here, and then finds the first
    same = Announcement.objects.filter(exam=exam, reach=reach.value, room=room, text=text, by_id=by.pk)
    if (before := same.filter(at__gt=now - AGAIN).first()) is not None:
        return before
    sittings = list(chosen) if chosen is not None else list(_reached(exam, room))
    sittings = [sitting for sitting in sittings if sitting.state not in ENDED]
    if not sittings and reach is Reach.CHOSEN:
        raise Refused(_("所选考生都已结束考试，无法再收到公告。"))
    made = Announcement.objects.create(exam=exam, reach=reach.value, room=room, text=text, by_id=by.pk, at=now)
    _hand_out([(made, sitting) for sitting in sittings], now)
    return made


def catch_up(sitting: Sitting, now: datetime) -> None:
    """Give a candidate who came later what was announced before."""
    missed = _MISSED.all(sitting.pk, sitting.enrolment.exam_id, sitting.enrolment.room)
    _hand_out([(one, sitting) for one in missed], now)


def _missed(sitting: int, exam: int, room: str) -> QuerySet[Announcement]:
    known = Message.objects.filter(sitting_id=sitting, announcement__isnull=False).values("announcement")
    for_them = Q(reach=Reach.EXAM.value) | Q(reach=Reach.ROOM.value, room=room)
    return Announcement.objects.filter(for_them, exam_id=exam).exclude(pk__in=known).order_by("at", "pk")


_MISSED = Prepared(_missed)


def with_figures(exam: Exam) -> QuerySet[Announcement]:
    """Return the announcements of an exam with how many candidates were sent, have received and have read each."""
    return exam.announcements.select_related("by").annotate(
        sent=Count("messages"),
        delivered=Count("messages", filter=Q(messages__delivered_at__isnull=False)),
        seen=Count("messages", filter=Q(messages__seen_at__isnull=False)),
    )


def with_missing(exam: Exam, *, most: int, named: int) -> list[tuple[Announcement, list[Message]]]:
    """Return the newest announcements with their figures, each with the first of those who have not read it."""
    told = Prefetch("messages", not_seen()[:named], to_attr="missing")
    return [(one, vars(one)["missing"]) for one in with_figures(exam).prefetch_related(told)[:most]]


def not_seen() -> QuerySet[Message]:
    """Return the messages that nobody has put away yet, those that have not even arrived first."""
    unseen = Message.objects.filter(seen_at__isnull=True).select_related("sitting__enrolment")
    arrived = Case(When(delivered_at__isnull=True, then=0), default=1)  # databases differ on where nothing belongs
    return unseen.order_by(arrived, "sitting__enrolment__room", "sitting__enrolment__seat", "pk")


def _reached(exam: Exam, room: str) -> Iterable[Sitting]:
    sittings = Sitting.objects.filter(enrolment__exam=exam).exclude(state__in=ENDED).select_related("enrolment")
    return sittings.filter(enrolment__room=room) if room else sittings


def _hand_out(told: Sequence[tuple[Announcement, Sitting]], now: datetime) -> None:
    """Write one message and one line of the record for each, in a handful of statements however many they are."""
    if not told:
        return
    messages = Message.objects.bulk_create(
        Message(
            sitting=sitting,
            direction=Message.Direction.TO_CANDIDATE.value,
            text=announcement.text,
            at=now,
            by_id=announcement.by_id,
            announcement=announcement,
        )
        for announcement, sitting in told
    )
    Intervention.objects.bulk_create(
        Intervention(
            sitting=sitting,
            kind=Intervention.Kind.MESSAGE.value,
            reason=announcement.text[:REASON_LENGTH],
            detail={"message": message.pk, "announcement": announcement.pk},
            by_id=announcement.by_id,
            at=now,
        )
        for message, (announcement, sitting) in zip(messages, told, strict=True)
    )
    for sitting in {sitting.pk: sitting for _announcement, sitting in told}.values():
        announce(sitting)
    broadcasts.room_changed(told[0][0].exam_id)
