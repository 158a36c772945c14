"""Looks whether the log of a sitting is what was written, and its answers and receipts are what the log says."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from exams.domain import chain
from exams.domain.chain import Fault, Finding, Head, Link
from exams.domain.receipts import code, normalise
from exams.domain.receipts import digest as digest_of
from exams.models import Receipt, ResponseEntry, ResponseLog, Sitting
from exams.services import receipts, response_log


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about one sitting."""

    entries: int
    findings: tuple[Finding, ...] = ()

    @property
    def is_intact(self) -> bool:
        return not self.findings


def check(sitting: Sitting) -> Report:
    """Compute the chain of a sitting anew and compare it, its answers and its receipts with what is stored."""
    with transaction.atomic():  # nothing arrives between the looks
        kept = ResponseLog.objects.select_for_update().filter(pk=sitting.pk).first()
        head = Head(kept.length, bytes(kept.head)) if kept else Head()
        rows = list(ResponseEntry.objects.filter(sitting=sitting).order_by("number", "pk"))
        stored = receipts.answers_of(sitting)
        issued = list(Receipt.objects.filter(sitting=sitting).order_by("pk"))
    try:
        links = [_link(row) for row in rows]
    except _Unreadable as unreadable:
        return Report(len(rows), (Finding(Fault.BROKEN, unreadable.number),))
    broken = chain.first_break(links, head)
    wrong = chain.wrong_answers(chain.answers(links), stored)
    untrue = [Finding(Fault.RECEIPT, one.entries) for one in issued if not _says(links, sitting, one)]
    return Report(len(rows), (*([broken] if broken else []), *wrong, *untrue))


def proves(sitting: Sitting, typed: str) -> int | None:
    """Return how many entries the log had when this receipt, as typed, was made of it; None if it never was.

    Looked for in the log itself, so that a receipt proves its content even where its own row was removed.
    """
    wanted, links = normalise(typed), response_log.links_of(sitting.pk)
    moments = {sitting.ended_at, *Receipt.objects.filter(sitting=sitting).values_list("ended_at", flat=True)}
    for length in range(len(links), -1, -1):
        for ended_at in filter(None, moments):
            if code(_digest(links, sitting, length, ended_at)) == wanted:
                return length
    return None


def _says(links: list[Link], sitting: Sitting, receipt: Receipt) -> bool:
    if receipt.entries > len(links):
        return False
    digest = _digest(links, sitting, receipt.entries, receipt.ended_at)
    return digest == bytes(receipt.digest) and receipt.code == code(digest)


def _digest(links: list[Link], sitting: Sitting, length: int, ended_at: datetime) -> bytes:
    """Return the digest of a sitting whose log ended there."""
    head = Head(length, links[length - 1].hash) if length else Head()
    return digest_of(sitting.pk, ended_at, head, chain.answers(links[:length]))


class _Unreadable(Exception):
    """A row that nobody here has written."""

    def __init__(self, number: int) -> None:
        self.number = number


def _link(row: ResponseEntry) -> Link:
    try:
        return response_log.link_of(row)
    except (TypeError, ValueError):
        raise _Unreadable(row.number) from None
