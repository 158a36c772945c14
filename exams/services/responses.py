"""Storing answers: decided by the database in one statement, logged whatever comes of it, then acknowledged."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from exams import queries
from exams.domain import arrivals
from exams.domain.arrivals import STORED, Op, Outcome, Sender, Slot, Standing
from exams.domain.lifecycle import ENDED, State
from exams.domain.timing import LateRule
from exams.models import Response, ResponseEntry, Revision, Sitting
from exams.services import answer_statement, marks, sittings
from exams.services.answer_statement import Stored
from exams.services.changes import record, take
from exams.services.database_clock import DatabaseNow
from exams.services.refusals import Refused, require_reason

WAITING_FOR_A_PERSON = frozenset({Outcome.LATE_KEPT, Outcome.LATE_REFUSED, Outcome.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of one answer; the page drops it from its queue."""

    question: int
    seq: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Saved:
    """The answer to a page: what became of each op, and how the sitting stands. `error` is empty where all is well."""

    acks: tuple[Ack, ...]
    server_now: datetime
    deadline_at: datetime | None
    state: str
    epoch: int
    error: str = ""


def save(sitting: Sitting, body: Mapping[str, object], *, is_chosen: bool = True) -> Saved:
    """Store the answers that may be stored and log all of them; raise `Malformed` and store nothing if one is not well.

    The sitting comes with its exam and paper, and whose it is has been looked at. Sending the same again is harmless.
    `is_chosen`: the candidate has not turned to another exam meanwhile; if they have, the page holds nothing any more.
    """
    came_at = monotonic()  # the time that a request waits for its turn is not the candidate's
    speaker, ops = arrivals.sender(body), arrivals.ops(body, slots(sitting))
    rule = queries.late_rule(sitting.enrolment.exam)
    with transaction.atomic():
        newest = arrivals.newest(ops) if is_chosen else ()
        stored = answer_statement.store(sitting.pk, speaker, newest, waited=_since(came_at), grace=rule.accepted_for)
        moment = _told_by(stored, speaker, rule) if stored else _look(sitting.pk, rule, came_at)
        moment = moment if is_chosen else _given_up(moment)
        acks = _log(sitting, speaker, ops, stored.keys if stored else frozenset(), moment)
    present = moment.received_at + _since(came_at)
    _tidy_up(sitting, moment, present, stored=stored is not None)
    standing = moment.standing
    return Saved(
        acks=acks,
        server_now=present,
        deadline_at=standing.deadline_at,
        state=standing.state.value,
        epoch=standing.holder.epoch,
        error=standing.refusal(speaker, moment.received_at),
    )


def slots(sitting: Sitting) -> dict[int, Slot]:
    """Return what an answer to each question of the paper must fit; nothing before there is a paper."""
    paper = getattr(sitting, "paper", None)
    return {
        number: Slot(frozenset(item["options"]), several=item["kind"] == Revision.Kind.MULTIPLE)
        for number, item in enumerate(paper.items if paper else (), start=1)
    }


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a request arrived, and how the sitting stood then."""

    received_at: datetime
    standing: Standing


def _since(came_at: float) -> timedelta:
    return timedelta(seconds=monotonic() - came_at)


def _told_by(stored: Stored, speaker: Sender, rule: LateRule) -> _Moment:
    """Return how the sitting stood, as the statement itself saw it: whoever could store something holds it."""
    closed = stored.state is not State.IN_PROGRESS
    return _Moment(stored.received_at, Standing(stored.state, closed, speaker, stored.deadline_at, rule))


def _look(sitting_id: int, rule: LateRule, came_at: float) -> _Moment:
    """Return how the sitting stands where nothing was stored, to say why."""
    fields = ("state", "ended_by", "client", "epoch", "deadline_at", "read_at")
    state, ended_by, client, epoch, deadline_at, read_at = (
        Sitting.objects.annotate(read_at=DatabaseNow()).values_list(*fields).get(pk=sitting_id)
    )
    standing = Standing(
        state=State(state),
        closed_by_deadline=ended_by == Sitting.EndedBy.DEADLINE,
        holder=Sender(client, epoch),
        deadline_at=deadline_at,
        rule=rule,
    )
    return _Moment(read_at - _since(came_at), standing)


def _given_up(moment: _Moment) -> _Moment:
    """Return how a sitting stands for a page whose candidate has turned to another exam: it is held by nobody there."""
    return replace(moment, standing=replace(moment.standing, holder=Sender("", moment.standing.holder.epoch)))


# --- the log ---------------------------------------------------------------------------------------------------------


def _log(
    sitting: Sitting, speaker: Sender, ops: Sequence[Op], stored: AbstractSet[tuple[int, int]], moment: _Moment
) -> tuple[Ack, ...]:
    """Log what came of each op, once however often it is sent; an op without a decision is not acknowledged."""
    if not moment.standing.can_take:
        return ()
    outcomes = {
        op: moment.standing.outcome(speaker, moment.received_at, stored=(op.question, op.seq) in stored) for op in ops
    }
    known = _known(sitting, speaker, [op for op, outcome in outcomes.items() if outcome not in STORED])
    undecided = _undecided(sitting, [op for op in outcomes if outcomes[op] is Outcome.STALE and op not in known])
    decided = {op: known.get(op, outcome) for op, outcome in outcomes.items() if op not in undecided}
    ResponseEntry.objects.bulk_create(
        _entry(sitting, speaker, op, outcome, moment.received_at) for op, outcome in decided.items() if op not in known
    )
    return tuple(Ack(op.question, op.seq, outcome.value) for op, outcome in decided.items())


def _known(sitting: Sitting, speaker: Sender, ops: Sequence[Op]) -> dict[Op, Outcome]:
    """Return what came of ops that were logged before, word for word the same and from the same page."""
    if not ops:
        return {}
    entries = ResponseEntry.objects.filter(
        sitting=sitting, client=speaker.client, question__in={op.question for op in ops}
    ).order_by("pk")
    logged = {
        Op(entry.question, entry.seq, tuple(entry.value), entry.doubtful): Outcome(entry.outcome) for entry in entries
    }
    return {op: logged[op] for op in ops if op in logged}


def _undecided(sitting: Sitting, ops: Sequence[Op]) -> set[Op]:
    """Return the ops that look stale and are not: the sitting opened between the statement and the look at it."""
    if not ops:
        return set()
    stored = Response.objects.filter(sitting=sitting, question__in={op.question for op in ops})
    newest = dict(stored.values_list("question", "seq"))
    return {op for op in ops if newest.get(op.question, 0) < op.seq}


def _entry(sitting: Sitting, speaker: Sender, op: Op, outcome: Outcome, received_at: datetime) -> ResponseEntry:
    return ResponseEntry(
        sitting=sitting,
        question=op.question,
        client=speaker.client,
        epoch=speaker.epoch,
        seq=op.seq,
        value=list(op.value),
        doubtful=op.doubtful,
        outcome=outcome.value,
        received_at=received_at,
    )


# --- after the deadline ----------------------------------------------------------------------------------------------


def _tidy_up(sitting: Sitting, moment: _Moment, present: datetime, *, stored: bool) -> None:
    """Write down an end that nobody has written down yet; mark again what was marked without these answers."""
    standing = moment.standing
    if standing.state is State.IN_PROGRESS and standing.is_late(moment.received_at):
        sittings.close_if_overdue(sitting, present)
    elif stored and standing.closed_by_deadline:
        marks.mark_if_possible(sitting, present)


@transaction.atomic
def accept_late(
    sitting: Sitting, entries: Sequence[ResponseEntry], by: AbstractBaseUser, reason: str, now: datetime
) -> Sitting:
    """Let answers count that were logged and not stored, because a person says so; the sitting is marked again."""
    reason = require_reason(reason)
    sitting = take(sitting.pk)
    if sitting.state not in ENDED:
        raise Refused(_("考试结束后才能采用未被接受的作答。"))
    for entry in sorted(entries, key=lambda entry: entry.pk):
        _accept(sitting, entry, by, reason, now)
    marks.mark_sitting(sitting, now)
    return sitting


def _accept(sitting: Sitting, entry: ResponseEntry, by: AbstractBaseUser, reason: str, now: datetime) -> None:
    if entry.sitting_id != sitting.pk or entry.outcome not in WAITING_FOR_A_PERSON:
        raise Refused(_("所选作答记录不能采用，请刷新页面后重试。"))
    response, _made = Response.objects.get_or_create(
        sitting=sitting, question=entry.question, defaults={"seq": 0, "saved_at": now}
    )
    response.value, response.doubtful, response.saved_at = entry.value, entry.doubtful, now
    response.seq = max(response.seq + 1, entry.seq)
    response.save()
    op = Op(entry.question, response.seq, tuple(entry.value), entry.doubtful)
    _entry(sitting, Sender(entry.client, entry.epoch), op, Outcome.LATE_ACCEPTED, now).save()
    after = f"{entry.question}: {Outcome.LATE_ACCEPTED.value}"
    record(sitting, "responses", before=entry.outcome, after=after, now=now, by=by, reason=reason)
