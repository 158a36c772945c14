"""The way of a sitting, verb by verb: confirm, begin, hand in, close. What only staff do is in `supervision`."""

import logging
import math
from datetime import datetime, timedelta

from django.db import transaction

from exams import queries, seams
from exams.domain import lifecycle
from exams.domain.flow import Step
from exams.domain.lifecycle import ENDED, State
from exams.domain.timing import lost_to_spread
from exams.models import Enrolment, Sitting
from exams.services import outages, papers, planned_pauses, response_log
from exams.services.changes import announce, record, take, take_if_free
from exams.services.endings import end, is_overdue
from exams.services.refusals import (
    Ended,
    Held,
    NotBegun,
    Paused,
    ReasonMissing,
    Refused,
    Superseded,
    TooEarly,
    TooLate,
)
from exams.services.supervision import (
    admit_late,
    extend,
    move_check_in,
    move_identity,
    pause,
    refresh_clock,
    reopen,
    resume,
    terminate,
)

__all__ = [
    "Ended",
    "Held",
    "NotBegun",
    "Paused",
    "ReasonMissing",
    "Refused",
    "Superseded",
    "TooEarly",
    "TooLate",
    "admit_late",
    "announce",
    "begin",
    "bind",
    "close_if_overdue",
    "close_overdue",
    "confirm",
    "extend",
    "move_check_in",
    "move_identity",
    "open_for",
    "pause",
    "refresh_clock",
    "reopen",
    "resume",
    "submit",
    "terminate",
]

logger = logging.getLogger(__name__)


@transaction.atomic
def open_for(enrolment: Enrolment, now: datetime) -> Sitting:
    """Return the one sitting of an enrolment, made when it is first asked for."""
    sitting, made = Sitting.objects.get_or_create(enrolment=enrolment)
    if made:
        record(sitting, "state", before="", after=sitting.state, now=now)
        outages.move_entry(sitting, now)
        announce(sitting)
    return sitting


@transaction.atomic
def confirm(sitting: Sitting, now: datetime) -> Sitting:
    """Note that the candidate finds their details right and has read the rules; the first time counts."""
    sitting = take(sitting.pk)
    if sitting.confirmed_at is None:
        sitting.confirmed_at = now
        sitting.save(update_fields=["confirmed_at"])
        announce(sitting)
    return sitting


@transaction.atomic
def begin(sitting: Sitting, client: str, now: datetime) -> Sitting:
    """Start the clock, or hand the paper that is being answered to another page; the older page can write no more."""
    sitting = _taken_as_asked(sitting)
    place = queries.place(sitting, now)
    _require_entry(sitting, place, now)
    # A reload takes over from itself, and after a reopening there is no other page: no news to anybody.
    signals = () if sitting.client in {"", client} else (seams.sitting_taken_over,)
    if sitting.state == State.READY:
        _start(sitting, now)
        signals = (seams.sitting_began,)
    sitting.epoch += 1
    sitting.client = client
    # Where a person let somebody in, the first device counts.
    sitting.device = sitting.device or sitting.asking_device or ""
    sitting.save(update_fields=["state", "started_at", "deadline_at", "held_seconds", "epoch", "client", "device"])
    announce(sitting, *signals, now=now)
    return planned_pauses.join(sitting, now) if sitting.state == State.IN_PROGRESS else sitting


def _taken_as_asked(asked: Sitting) -> Sitting:
    """Return the sitting as it is now, ours, with what is known of who asks: the device, and their consent."""
    sitting = take(asked.pk)
    sitting.asking_device = asked.asking_device
    if queries.CONSENT in (known := vars(asked.enrolment)):
        setattr(sitting.enrolment, queries.CONSENT, known[queries.CONSENT])
    return sitting


@transaction.atomic
def bind(sitting: Sitting, device: str, now: datetime) -> Sitting:
    """Give a sitting to the device at which its candidate was checked; pages on another one can write no more."""
    sitting = take(sitting.pk)
    if not device or sitting.device == device:
        return sitting
    moves = bool(sitting.device) and sitting.state in {State.IN_PROGRESS, State.PAUSED}
    sitting.device = device
    if moves:
        sitting.epoch, sitting.client = sitting.epoch + 1, ""
    sitting.save(update_fields=["device", "epoch", "client"])
    announce(sitting, *((seams.sitting_taken_over,) if moves else ()), now=now)
    return sitting


def _require_entry(sitting: Sitting, place: queries.Place, now: datetime) -> None:
    """Raise what keeps the candidate from the paper."""
    if place.step is Step.FINISHED:
        raise Ended
    if place.step is Step.MISSED:
        raise TooLate
    exam = sitting.enrolment.exam
    if place.step is Step.TOO_EARLY or (place.step is Step.WAITING and now < exam.opens_at):
        raise TooEarly.to_begin(exam.opens_at, exam.plan.timezone)
    if place.step not in {Step.WAITING, Step.PAPER}:
        raise Held(place.gates)
    if sitting.state == State.PAUSED:
        raise Paused


def _start(sitting: Sitting, now: datetime) -> None:
    """Draw the paper and start the clock of a sitting whose row is locked."""
    papers.draw_for(sitting, now)
    response_log.begin(sitting.pk)
    window = queries.window(sitting.enrolment.exam)
    unexplained = now - timedelta(seconds=sitting.held_seconds)  # nobody waits for two things at once
    lost = lost_to_spread(window, queries.entry_spread(sitting), unexplained)
    sitting.held_seconds += math.ceil(lost.total_seconds())
    sitting.started_at = now
    sitting.deadline_at = queries.schedule(sitting).deadline(now)
    before = sitting.state
    sitting.state = lifecycle.move(State(before), State.IN_PROGRESS).value
    record(sitting, "state", before=before, after=sitting.state, now=now)


@transaction.atomic
def submit(
    sitting: Sitting, ended_by: str, now: datetime, epoch: int | None = None, client: str | None = None
) -> Sitting:
    """End a sitting and mark it; one that has ended stays as it is. `epoch` and `client` are the asking page's.

    After the deadline it counts as closed by the deadline, at that moment, whoever asks.
    """
    sitting = take(sitting.pk)
    if sitting.state in ENDED:
        return sitting
    if is_overdue(sitting, now):
        return end(sitting, State.SUBMITTED, Sitting.EndedBy.DEADLINE, now)
    if sitting.state == State.READY:
        raise NotBegun
    if epoch not in {None, sitting.epoch} or client not in {None, sitting.client}:
        raise Superseded
    if ended_by == Sitting.EndedBy.CANDIDATE:
        _require_hand_in(sitting, now)
    return end(sitting, State.SUBMITTED, Sitting.EndedBy(ended_by), now)


def _require_hand_in(sitting: Sitting, now: datetime) -> None:
    """Raise what keeps the candidate from handing in."""
    if sitting.state == State.PAUSED:
        raise Paused
    exam = sitting.enrolment.exam
    minutes = exam.earliest_hand_in_minutes
    opens_at = (sitting.started_at or now) + timedelta(minutes=minutes)
    if minutes and now < opens_at:
        raise TooEarly.to_hand_in(opens_at, minutes, exam.plan.timezone)


# --- the deadline ----------------------------------------------------------------------------------------------------


def close_if_overdue(sitting: Sitting, now: datetime) -> Sitting:
    """Write down, on sight, that a sitting is over; return it as it stands."""
    if is_overdue(sitting, now):
        with transaction.atomic():
            sitting = _close(take(sitting.pk), now)
    return sitting


def close_overdue(now: datetime) -> int:
    """Close every sitting whose deadline has passed; return how many. Several may run at once."""
    overdue = Sitting.objects.in_progress().filter(deadline_at__lte=now).order_by("deadline_at")
    return sum(_sweep(pk, now) for pk in overdue.values_list("pk", flat=True))


def _sweep(sitting_id: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            sitting = take_if_free(sitting_id)
            # One that is not free is being closed or answered: the next round sees to it.
            return sitting is not None and is_overdue(sitting, now) and bool(_close(sitting, now))
    except Exception:
        logger.exception("sitting %s could not be closed", sitting_id)
        return False


def _close(sitting: Sitting, now: datetime) -> Sitting:
    overdue = is_overdue(sitting, now)
    return end(sitting, State.SUBMITTED, Sitting.EndedBy.DEADLINE, now) if overdue else sitting
