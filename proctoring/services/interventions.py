"""What staff do about a sitting: one function for each kind, each with a reason, each on the record.

A machine proposes, these decide. The state itself is changed by the services of exams; here it is written down who
did it and why, in the same transaction. What would change nothing is refused: somebody else was faster.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from exams.domain.lifecycle import ENDED, CheckIn, Identity, Review, State, Validity
from exams.models import Enrolment, ReferencePhoto, ResponseEntry, Result, Sitting
from exams.services import enrolments, extensions, marks, responses, sittings
from exams.services.changes import REASON_LENGTH, announce, take
from exams.services.refusals import Refused, require_reason
from proctoring import broadcasts
from proctoring.models import IdentityCheck, Incident, Intervention, Message
from proctoring.services import incidents

Kind = Intervention.Kind
MOST_MINUTES = 600
LONGEST_MESSAGE = 500


class NothingToDo(Refused):
    """It is as it was asked for already."""

    code = "nothing_to_do"

    def __init__(self) -> None:
        super().__init__(_("当前状态下没有可以改变的内容，可能已由其他考务人员处理。请刷新页面后确认。"))


class AlreadyAnswered(Refused):
    """Somebody else has settled the call meanwhile."""

    code = "already_answered"

    def __init__(self) -> None:
        super().__init__(_("该求助已由其他考务人员处理，消息没有发出。仍要发送的，请再次提交。"))


def record(sitting: Sitting, kind: Kind, by: AbstractUser, reason: str, now: datetime, **detail: Any) -> Intervention:
    """Write down who did what and why; part of the transaction that does it."""
    reason = require_reason(reason)[:REASON_LENGTH]
    broadcasts.room_changed(sitting.enrolment.exam_id)
    return Intervention.objects.create(
        sitting=sitting, kind=kind.value, reason=reason, by_id=by.pk, at=now, detail=detail
    )


# --- who is there ----------------------------------------------------------------------------------------------------


@transaction.atomic
def pass_check_in(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Let a candidate in after looking at their identity document; settles what the machine could not."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.check_in == CheckIn.PASSED:
        raise NothingToDo
    _accept_person(sitting, by, reason, now)
    return record(sitting, Kind.PASS_CHECK_IN, by, reason, now)


@transaction.atomic
def hold(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Hold a candidate back until a person has looked; once begun, the clock stands still meanwhile."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.check_in == CheckIn.HELD:
        raise NothingToDo
    sittings.move_check_in(sitting, CheckIn.HELD, now=now, reason=reason, by=by)
    return record(sitting, Kind.HOLD, by, reason, now)


@transaction.atomic
def new_check(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Send a candidate through the face check again, with all attempts."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.check_in == CheckIn.UNCHECKED:
        raise NothingToDo
    if sitting.state in ENDED:
        raise sittings.Ended
    sittings.move_check_in(sitting, CheckIn.UNCHECKED, now=now, reason=reason, by=by)
    return record(sitting, Kind.NEW_CHECK, by, reason, now)


@transaction.atomic
def clear_identity(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Say that it is the registered person, whatever the machine saw, at check-in or later."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.identity == Identity.CLEARED and sitting.check_in not in {CheckIn.HELD, CheckIn.EXHAUSTED}:
        raise NothingToDo
    sittings.move_identity(sitting, Identity.CLEARED, now=now, reason=reason, by=by)
    _accept_person(sitting, by, reason, now)
    return record(sitting, Kind.CLEAR_IDENTITY, by, reason, now)


@transaction.atomic
def reject_identity(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Say that it is not the registered person; the result waits for a decision on its validity."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.identity == Identity.REJECTED:
        raise NothingToDo
    sittings.move_identity(sitting, Identity.REJECTED, now=now, reason=reason, by=by)
    _staff_check(sitting, IdentityCheck.Verdict.MISMATCH, now)
    return record(sitting, Kind.REJECT_IDENTITY, by, reason, now)


def _accept_person(sitting: Sitting, by: AbstractUser, reason: str, now: datetime) -> None:
    """Settle every open doubt about who a candidate is, of the machine or of a person.

    What the camera itself did (a picture that loops) is not settled by a card that was checked: it stays to be judged.
    """
    if sitting.check_in in {CheckIn.HELD, CheckIn.EXHAUSTED, CheckIn.UNCHECKED}:
        sittings.move_check_in(sitting, CheckIn.PASSED, now=now, reason=reason, by=by)
    if sitting.identity in {Identity.IN_DOUBT, Identity.REJECTED}:
        sittings.move_identity(sitting, Identity.CLEARED, now=now, reason=reason, by=by)
    _staff_check(sitting, IdentityCheck.Verdict.MATCH, now)
    about_the_person = [Incident.Kind.CHECK_IN_FAILED, Incident.Kind.NOT_THE_PERSON, Incident.Kind.CONSENT_DECLINED]
    for incident in sitting.incidents.filter(kind__in=about_the_person, review=Incident.Review.OPEN.value):
        incidents.write_review(incident, Review.DISMISSED, by=by, reason=reason, now=now)
    marks.refresh_validity(take(sitting.pk), now=now)


def _staff_check(sitting: Sitting, verdict: IdentityCheck.Verdict, now: datetime) -> None:
    IdentityCheck.objects.create(
        sitting=sitting,
        occasion=IdentityCheck.Occasion.STAFF.value,
        verdict=verdict.value,
        began_at=now,
        decided_at=now,
    )


# --- the clock and the paper -----------------------------------------------------------------------------------------


@transaction.atomic
def pause(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Stop the clock; the candidate reads the reason."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.state == State.PAUSED:
        raise NothingToDo
    sittings.pause(sitting, cause=reason, now=now, by=by)
    return record(sitting, Kind.PAUSE, by, reason, now)


@transaction.atomic
def resume(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Let the clock go on where it stood."""
    return _resume(sitting, Kind.RESUME, by, reason, now)


@transaction.atomic
def lock(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Stop the clock and close the paper until a person opens it again."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.locked:
        raise NothingToDo
    sittings.pause(sitting, cause=reason, now=now, by=by, locked=True)
    return record(sitting, Kind.LOCK, by, reason, now)


@transaction.atomic
def unlock(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Open a locked paper; its clock goes on where it stood."""
    return _resume(sitting, Kind.UNLOCK, by, reason, now)


def _resume(sitting: Sitting, kind: Kind, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.state == State.IN_PROGRESS:
        raise NothingToDo
    sittings.resume(sitting, now=now, by=by, reason=reason)
    return record(sitting, kind, by, reason, now)


@transaction.atomic
def extend(sitting: Sitting, *, minutes: int, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Give more time; the candidate's clock follows within seconds."""
    done, refused = extend_all([sitting], minutes=minutes, by=by, reason=reason, now=now)
    for refusal in refused.values():
        raise refusal
    return done[0]


@transaction.atomic
def extend_all(
    chosen: Collection[Sitting], *, minutes: int, by: AbstractUser, reason: str, now: datetime, **detail: Any
) -> tuple[list[Intervention], dict[int, Refused]]:
    """Give many more time in a handful of statements; return what was recorded, and who was refused why, by sitting."""
    if not 1 <= minutes <= MOST_MINUTES:
        raise Refused(_("延长时间应为1至%(most)d分钟。") % {"most": MOST_MINUTES})
    outcome = extensions.extend_all([one.pk for one in chosen], minutes, now, by, reason)
    reason = require_reason(reason)[:REASON_LENGTH]
    about = {"kind": Kind.EXTEND.value, "reason": reason, "by_id": by.pk, "at": now}
    made = [Intervention(sitting=one, detail={"minutes": minutes, **detail}, **about) for one in outcome.done]
    for exam_id in {one.enrolment.exam_id for one in outcome.done}:
        broadcasts.room_changed(exam_id)
    return Intervention.objects.bulk_create(made), outcome.refused


@transaction.atomic
def admit_late(sitting: Sitting, *, minutes: int, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Let somebody in who came after the last entry: the exam's rule yields to a person's word."""
    sitting = sittings.admit_late(sitting, minutes=minutes, now=now, by=by, reason=reason)
    return record(sitting, Kind.ADMIT_LATE, by, reason, now, minutes=minutes)


@transaction.atomic
def terminate(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """End a sitting; what was answered is kept and marked, and its result waits for a decision."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if sitting.state == State.TERMINATED:
        raise NothingToDo
    sittings.terminate(sitting, now=now, by=by, reason=reason)
    return record(sitting, Kind.TERMINATE, by, reason, now)


@transaction.atomic
def reopen(sitting: Sitting, *, minutes: int, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Undo a mistaken end: the candidate has the time that was left, and so many minutes more."""
    reason, sitting = require_reason(reason), take(sitting.pk)
    if not 0 <= minutes <= MOST_MINUTES:
        raise Refused(_("增加的时间应为0至%(most)d分钟。") % {"most": MOST_MINUTES})
    reopened = sittings.reopen(sitting, minutes=minutes, now=now, by=by, reason=reason)
    if reopened.state == sitting.state:
        raise NothingToDo
    return record(sitting, Kind.REOPEN, by, reason, now, minutes=minutes)


@transaction.atomic
def accept_late(
    sitting: Sitting, *, entries: Iterable[int], by: AbstractUser, reason: str, now: datetime
) -> Intervention:
    """Let answers count that were logged and not stored; the paper is marked again."""
    chosen = list(ResponseEntry.objects.filter(sitting=sitting, pk__in=list(entries)))
    if not chosen:
        raise Refused(_("请选择要采用的作答记录。"))
    sitting = responses.accept_late(sitting, chosen, by=by, reason=reason, now=now)
    numbers = sorted({entry.question for entry in chosen})
    return record(sitting, Kind.ACCEPT_LATE, by, reason, now, entries=[one.pk for one in chosen], questions=numbers)


# --- photos ----------------------------------------------------------------------------------------------------------


def replace_photo(
    enrolment: Enrolment, *, image: bytes, by: AbstractUser, reason: str, now: datetime
) -> ReferencePhoto:
    """Put a new reference photo in the place of the old ones, which are kept but no longer used."""
    enrolments.checked_photo(image)  # before the transaction: it takes long, and an embedded database has one writer
    with transaction.atomic():
        sitting = Sitting.objects.filter(enrolment=enrolment).first()
        sitting = take(sitting.pk) if sitting is not None else None
        photo = enrolments.replace_photo(enrolment, image, by=by, reason=reason, now=now)
        if sitting is not None:  # before the day there is no sitting; the admin's log has it then
            record(sitting, Kind.REPLACE_PHOTO, by, reason, now, photo=photo.pk)
    return photo


@transaction.atomic
def compare_photo(photo: ReferencePhoto, *, same: bool, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Say what comparing a first check-in picture with the ID card showed; a wrong one is not used any more."""
    reason, sitting = require_reason(reason), take(Sitting.objects.get(enrolment=photo.enrolment_id).pk)
    photo = ReferencePhoto.objects.select_for_update().get(pk=photo.pk)
    if not photo.to_compare:
        raise NothingToDo
    photo.to_compare, photo.compared_at, photo.compared_by_id = False, now, by.pk
    photo.retired_at = photo.retired_at if same else now
    photo.save(update_fields=["to_compare", "compared_at", "compared_by", "retired_at"])
    if not same and sitting.identity != Identity.REJECTED:
        reject_identity(sitting, by=by, reason=reason, now=now)
    marks.refresh_validity(take(sitting.pk), now=now)
    announce(sitting)
    return record(sitting, Kind.COMPARE_PHOTO, by, reason, now, photo=photo.pk, same=same)


# --- results ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_validity(result: Result, validity: str, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Decide whether a result counts. Only a person makes it invalid."""
    result = marks.set_validity(result, Validity(validity), reason=reason, by=by, now=now)
    sitting = Sitting.objects.select_related("enrolment").get(pk=result.sitting_id)
    return record(sitting, Kind.SET_VALIDITY, by, reason, now, validity=result.validity)


# --- words -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def send_message(
    sitting: Sitting, *, text: str, by: AbstractUser, now: datetime, answers: Message | None = None
) -> Message:
    """Write to a candidate; an answer to a call for help settles it, and the calls before it."""
    if not text.strip():
        raise Refused(_("请填写消息内容。"))
    sitting = take(sitting.pk)
    if sitting.state in ENDED:
        raise Refused(_("考试已经结束，考生的页面不再显示消息。请改用其他方式联系考生。"))
    message = Message.objects.create(
        sitting=sitting,
        direction=Message.Direction.TO_CANDIDATE.value,
        text=text.strip()[:LONGEST_MESSAGE],
        at=now,
        by_id=by.pk,
        answers=answers,
    )
    if answers is not None and not _settle(answers, sitting, now):
        raise AlreadyAnswered
    record(sitting, Kind.MESSAGE, by, text, now, message=message.pk)
    announce(sitting)
    return message


@transaction.atomic
def settle_call(call: Message, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Note that a call for help was answered in person."""
    reason = require_reason(reason)
    sitting = take(call.sitting_id)
    if not _settle(call, sitting, now):
        raise NothingToDo
    return record(sitting, Kind.MESSAGE, by, reason, now, settled=call.pk)


def _settle(call: Message, sitting: Sitting, now: datetime) -> int:
    """Settle a call for help and those before it; return how many were open."""
    calls = Message.objects.filter(sitting=sitting, direction=Message.Direction.FROM_CANDIDATE.value)
    return calls.filter(settled_at__isnull=True, at__lte=call.at).update(settled_at=now)


@transaction.atomic
def note(sitting: Sitting, *, by: AbstractUser, reason: str, now: datetime) -> Intervention:
    """Put something on the record that changes nothing: what was seen, what was said at the seat."""
    return record(take(sitting.pk), Kind.NOTE, by, reason, now)


# --- many at once ----------------------------------------------------------------------------------------------------


def for_each(chosen: Sequence[Sitting], verb: Any, **words: Any) -> tuple[int, list[tuple[Sitting, str]]]:
    """Do one thing for many sittings, each for itself; return how many it was done for, and who was refused why."""
    refused: list[tuple[Sitting, str]] = []
    for sitting in chosen:
        try:
            verb(sitting, **words)
        except Refused as refusal:
            refused.append((sitting, str(refusal)))
    return len(chosen) - len(refused), refused
