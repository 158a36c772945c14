"""Storing answers: decided by the database in one statement, logged whatever comes of it, then acknowledged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from time import monotonic

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.planned import tried_again
from exams import queries
from exams.domain import arrivals
from exams.domain.arrivals import STORED, Arrival, Op, Outcome, Sender, Slot
from exams.domain.chain import Entry, Head
from exams.domain.lifecycle import ENDED, State
from exams.models import Response, ResponseEntry, Revision, Sitting
from exams.services import answer_statement, endings, marks, response_log, sittings
from exams.services.answer_statement import Look
from exams.services.changes import record, take
from exams.services.refusals import Refused, require_reason

WAITING_FOR_A_PERSON = frozenset({Outcome.LATE_KEPT, Outcome.LATE_REFUSED, Outcome.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of one answer; the page drops it from its queue."""

    question: int
    seq: int
    outcome: str


class Todo(StrEnum):
    """What is left to do about a sitting after its answers were stored."""

    NOTHING = ""
    CLOSE = "close"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Saved:
    """The answer to a page: what became of each op, and how the sitting stands. `error` is empty where all is well."""

    acks: tuple[Ack, ...]
    received_at: datetime
    server_now: datetime
    deadline_at: datetime | None
    state: str
    epoch: int
    error: str = ""
    todo: Todo = Todo.NOTHING


def save(
    sitting: Sitting, body: Mapping[str, object], *, is_chosen: bool = True, came_at: float | None = None
) -> Saved:
    """Store the answers that may be stored and log all of them; raise `Malformed` and store nothing if one is not well.

    The sitting comes with its exam and paper, and whose it is has been looked at. Sending the same again is harmless.
    `is_chosen`: the candidate has not turned to another exam meanwhile; if they have, the page holds nothing any more.
    `came_at` is when the request arrived, on the monotonic clock.
    """
    came_at = monotonic() if came_at is None else came_at
    speaker, ops = arrivals.sender(body), arrivals.ops(body, slots(sitting))
    arrival = Arrival(sitting.pk, speaker, ops, queries.late_rule(sitting.enrolment.exam), came_at, is_chosen)
    (saved,) = write([arrival], waits=True)
    if saved is None:  # before its first answer a sitting may have no log
        response_log.begin(sitting.pk)
        (saved,) = write([arrival], waits=True)
    if saved is None:
        raise Sitting.DoesNotExist
    saved = replace(saved, server_now=saved.received_at + timedelta(seconds=monotonic() - came_at))
    _tidy_up(sitting, saved)
    return saved


@tried_again
def write(batch: Sequence[Arrival], *, waits: bool) -> list[Saved | None]:
    """Store and log in one transaction what requests brought, each of another sitting; after it, all may be told.

    None for one about which nothing was decided: its sign-in does not stand any more, somebody else holds its sitting
    (unless `waits`), it has no log, or it is late and came without the rule for that.
    """
    saved: list[Saved | None] = []
    heads: dict[int, Head] = {}
    entries: dict[int, list[Entry]] = {}
    with transaction.atomic():
        for arrival, look in zip(batch, answer_statement.store(batch, waits=waits), strict=True):
            if look is None or not _is_decided(arrival, look):
                saved.append(None)
                continue
            known = _known(arrival, look)
            outcomes = look.standing.outcomes(arrival, look.received_at, look.stored, known)
            heads[arrival.sitting_id] = look.head
            entries[arrival.sitting_id] = [
                Entry(arrival.sender, op, outcome, look.received_at)
                for op, outcome in outcomes.items()
                if op not in known
            ]
            saved.append(_saved(arrival, look, outcomes))
        response_log.append(heads, entries)
    return saved


def _is_decided(arrival: Arrival, look: Look) -> bool:
    return look.is_signed_in and not (arrival.rule is None and look.standing.is_late(look.received_at))


def slots(sitting: Sitting) -> dict[int, Slot]:
    """Return what an answer to each question of the paper must fit; nothing before there is a paper."""
    paper = getattr(sitting, "paper", None)
    return {
        number: _slot(tuple(sorted(item["options"])), several=item["kind"] == Revision.Kind.MULTIPLE)
        for number, item in enumerate(paper.items if paper else (), start=1)
    }


@lru_cache(maxsize=10_000)  # one for all the papers that have it
def _slot(options: tuple[str, ...], *, several: bool) -> Slot:
    return Slot(frozenset(options), several)


def _known(arrival: Arrival, look: Look) -> dict[Op, Outcome]:
    """Return what came of ops that were logged before, word for word the same and from the same page."""
    asked = [op for op in arrival.ops if op not in look.stored]
    if not asked or not look.standing.can_take:
        return {}
    rows = ResponseEntry.objects.filter(
        sitting=arrival.sitting_id, client=arrival.sender.client, question__in={op.question for op in asked}
    ).order_by("number")
    logged = {entry.op: entry.outcome for entry in (response_log.link_of(row).entry for row in rows)}
    return {op: logged[op] for op in asked if op in logged}


def _saved(arrival: Arrival, look: Look, outcomes: Mapping[Op, Outcome]) -> Saved:
    standing = look.standing
    todo = Todo.NOTHING
    if standing.state is State.IN_PROGRESS and standing.is_late(look.received_at):
        todo = Todo.CLOSE
    elif standing.closed_by_deadline and not STORED.isdisjoint(outcomes.values()):
        todo = Todo.MARK
    return Saved(
        acks=tuple(Ack(op.question, op.seq, outcome.value) for op, outcome in outcomes.items()),
        received_at=look.received_at,
        server_now=look.received_at,
        deadline_at=standing.deadline_at,
        state=standing.state.value,
        epoch=standing.holder.epoch,
        error=standing.refusal(arrival.sender, look.received_at),
        todo=todo,
    )


# --- after the deadline ----------------------------------------------------------------------------------------------


def _tidy_up(sitting: Sitting, saved: Saved) -> None:
    """Write down an end that nobody has written down yet; mark again what was marked without these answers."""
    if saved.todo is Todo.CLOSE:
        sittings.close_if_overdue(sitting, saved.server_now)
    elif saved.todo is Todo.MARK:
        with transaction.atomic():
            endings.mark_and_receipt(take(sitting.pk), saved.server_now)


@tried_again
@transaction.atomic
def accept_late(
    sitting: Sitting, entries: Sequence[ResponseEntry], by: AbstractBaseUser, reason: str, now: datetime
) -> Sitting:
    """Let answers count that were logged and not stored, because a person says so; the sitting is marked again."""
    reason = require_reason(reason)
    sitting = take(sitting.pk)
    if sitting.state not in ENDED:
        raise Refused(_("考试结束后才能采用未被接受的作答。"))
    head = response_log.take_head(sitting.pk)
    accepted = list(_accept(sitting, sorted(entries, key=lambda row: row.pk), by, reason, now))
    response_log.append({sitting.pk: head}, {sitting.pk: accepted})
    marks.mark_sitting(sitting, now)
    return sitting


def _accept(
    sitting: Sitting, entries: Sequence[ResponseEntry], by: AbstractBaseUser, reason: str, now: datetime
) -> Iterator[Entry]:
    """Store each, and yield what the log says of it."""
    for row in entries:
        if row.sitting_id != sitting.pk or row.outcome not in WAITING_FOR_A_PERSON:
            raise Refused(_("所选作答记录不能采用，请刷新页面后重试。"))
        response, _made = Response.objects.get_or_create(
            sitting=sitting, question=row.question, defaults={"seq": 0, "saved_at": now}
        )
        response.value, response.doubtful, response.saved_at = row.value, row.doubtful, now
        response.seq = max(response.seq + 1, row.seq)
        response.save()
        op = Op(row.question, response.seq, tuple(row.value), row.doubtful)
        yield Entry(Sender(row.client, row.epoch), op, Outcome.LATE_ACCEPTED, now)
        after = f"{row.question}: {Outcome.LATE_ACCEPTED.value}"
        record(sitting, "responses", before=row.outcome, after=after, now=now, by=by, reason=reason)
