"""Looks whether the log of a sitting is what was written, and its answers are what the log says."""

from dataclasses import dataclass

from django.db import transaction

from exams.domain import chain
from exams.domain.arrivals import Op
from exams.domain.chain import Fault, Finding, Head, Link
from exams.models import Response, ResponseEntry, ResponseLog, Sitting
from exams.services import response_log


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about one sitting."""

    entries: int
    findings: tuple[Finding, ...] = ()

    @property
    def is_intact(self) -> bool:
        return not self.findings


def check(sitting: Sitting) -> Report:
    """Compute the chain of a sitting anew and compare it, and its answers, with what is stored."""
    with transaction.atomic():  # nothing arrives between the looks
        kept = ResponseLog.objects.select_for_update().filter(pk=sitting.pk).first()
        head = Head(kept.length, bytes(kept.head)) if kept else Head()
        rows = list(ResponseEntry.objects.filter(sitting=sitting).order_by("number", "pk"))
        stored = dict(_stored(sitting))
    try:
        links = [_link(row) for row in rows]
    except _Unreadable as unreadable:
        return Report(len(rows), (Finding(Fault.BROKEN, unreadable.number),))
    broken = chain.first_break(links, head)
    wrong = chain.wrong_answers(chain.answers(links), stored)
    return Report(len(rows), (*([broken] if broken else []), *wrong))


def _stored(sitting: Sitting) -> list[tuple[int, Op]]:
    responses = Response.objects.filter(sitting=sitting)
    return [(one.question, Op(one.question, one.seq, tuple(one.value), one.doubtful)) for one in responses]


class _Unreadable(Exception):
    """A row that nobody here has written."""

    def __init__(self, number: int) -> None:
        self.number = number


def _link(row: ResponseEntry) -> Link:
    try:
        return response_log.link_of(row)
    except (TypeError, ValueError):
        raise _Unreadable(row.number) from None
