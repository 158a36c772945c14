"""Calls for help from candidates, and what invigilators tell them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams.models import Sitting
from exams.seams import Notice
from exams.services.refusals import Refused
from proctoring import broadcasts
from proctoring.models import Message

LONGEST = 500
BETWEEN_CALLS = timedelta(seconds=20)
MOST_CALLS = 6
WITHIN = timedelta(minutes=10)
_UNSEEN = Prepared(
    lambda sitting: Message.objects.filter(
        sitting_id=sitting, direction=Message.Direction.TO_CANDIDATE, seen_at__isnull=True
    ).order_by("at", "pk")
)


class TooMany(Refused):
    """Nothing was sent: the call before is still being answered."""

    code = "too_many"


@transaction.atomic
def call_for_help(sitting: Sitting, text: str, *, now: datetime) -> Message:
    """Tell the invigilators that a candidate needs them; the words are optional, the call is what matters."""
    text = " ".join(text.split())[:LONGEST] or _("（考生未填写内容）")
    Sitting.objects.select_for_update().get(pk=sitting.pk)
    _refuse_flooding(sitting, now)
    message = Message.objects.create(sitting=sitting, direction=Message.Direction.FROM_CANDIDATE, text=text, at=now)
    broadcasts.room_changed(sitting.enrolment.exam_id)
    return message


def notices(sitting: Sitting) -> list[Notice]:
    """Return what a candidate has been told and has not put away yet, oldest first."""
    return [Notice(message.pk, message.text, message.at, _kind(message)) for message in _UNSEEN.all(sitting.pk)]


def _kind(message: Message) -> str:
    if message.announcement_id:
        return "announcement"
    return "answer" if message.answers_id else "message"


def mark_delivered(sitting: Sitting, *, now: datetime) -> None:
    """Note that the candidate's page has fetched its messages; asked every few seconds, written once for each."""
    told = Message.objects.filter(sitting=sitting, direction=Message.Direction.TO_CANDIDATE)
    fresh = told.filter(seen_at__isnull=True, delivered_at__isnull=True)
    if fresh.exists():  # asked first: to write, even nothing, would wait for whoever writes
        fresh.update(delivered_at=now)


def mark_seen(sitting: Sitting, message_id: int, *, now: datetime) -> bool:
    """Write down that the candidate has read a message; tell whether there is such a message."""
    mine = Message.objects.filter(sitting=sitting, pk=message_id, direction=Message.Direction.TO_CANDIDATE)
    mine.filter(delivered_at__isnull=True).update(delivered_at=now)
    mine.filter(seen_at__isnull=True).update(seen_at=now)
    return mine.exists()


def _refuse_flooding(sitting: Sitting, now: datetime) -> None:
    calls = Message.objects.filter(sitting=sitting, direction=Message.Direction.FROM_CANDIDATE)
    too_soon = calls.filter(at__gt=now - BETWEEN_CALLS).exists()
    if too_soon or calls.filter(at__gt=now - WITHIN).count() >= MOST_CALLS:
        raise TooMany(_("您的求助已送达，考务人员正在处理，请稍候再发送。"))
