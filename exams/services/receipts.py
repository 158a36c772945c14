"""Receipts: made when a sitting ends, the same however often it is asked for."""

from collections.abc import Mapping
from datetime import datetime

from accounts.prepared import Prepared
from exams.domain import receipts
from exams.domain.arrivals import Op
from exams.domain.chain import Head
from exams.models import Receipt, Response, ResponseLog, Sitting


def issue(sitting: Sitting, answers: Mapping[int, Op], now: datetime) -> Receipt | None:
    """Return the receipt of an ended sitting whose row is locked, made now unless nothing changed since the last one.

    `answers`: all that is stored. None for a sitting that ended before it began: there is no log of it.
    """
    log = _LOG.first(sitting.pk)
    if log is None or sitting.ended_at is None:
        return None
    head = Head(log.length, bytes(log.head))
    digest = receipts.digest(sitting.pk, sitting.ended_at, head, answers)
    last = newest(sitting)
    if last is not None and bytes(last.digest) == digest:
        return last
    return Receipt.objects.create(
        sitting=sitting,
        code=receipts.code(digest),
        entries=head.length,
        ended_at=sitting.ended_at,
        digest=digest,
        issued_at=now,
    )


def newest(sitting: Sitting) -> Receipt | None:
    """Return the receipt of the last end of a sitting."""
    return _NEWEST.first(sitting.pk)


_LOG = Prepared(lambda sitting: ResponseLog.objects.filter(pk=sitting))
_STORED = Prepared(
    lambda sitting: Response.objects.filter(sitting_id=sitting).values_list("question", "seq", "value", "doubtful")
)
_NEWEST = Prepared(lambda sitting: Receipt.objects.filter(sitting_id=sitting).order_by("-pk")[:1])


def answers_of(sitting: Sitting) -> dict[int, Op]:
    """Return the stored answers."""
    stored = _STORED.all(sitting.pk)
    return {question: Op(question, seq, tuple(value), doubtful) for question, seq, value, doubtful in stored}
