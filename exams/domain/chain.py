"""The log of a sitting as a chain: each entry holds a hash over the one before it and over its own content.

Whoever alters, removes or inserts an entry afterwards breaks the chain there, or must make all that follows anew and
end with another head than the one that receipts were made of. The form that is hashed is plain enough to be computed
by anybody: SHA-256 of the 32 bytes of the previous hash and a JSON list without spaces, in ASCII.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from exams.domain.arrivals import STORED, Op, Outcome, Sender

BEFORE_THE_FIRST = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: how many entries it has, and the hash of the newest."""

    length: int = 0
    hash: bytes = BEFORE_THE_FIRST


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer that arrived, and what became of it."""

    sender: Sender
    op: Op
    outcome: Outcome
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place in the log of a sitting."""

    sitting: int
    number: int
    entry: Entry
    hash: bytes


def linked(sitting: int, head: Head, entries: Iterable[Entry]) -> Iterator[Link]:
    """Yield the entries as the links that follow the head, in order."""
    for entry in entries:
        number = head.length + 1
        head = Head(number, hash_of(head.hash, sitting, number, entry))
        yield Link(sitting, number, entry, head.hash)


def hash_of(previous: bytes, sitting: int, number: int, entry: Entry) -> bytes:
    """Return the 32 bytes that stand for an entry and for everything before it."""
    op, sender = entry.op, entry.sender
    content = [
        sitting,
        number,
        op.question,
        sender.client,
        sender.epoch,
        op.seq,
        list(op.value),
        op.doubtful,
        entry.outcome.value,
        moment(entry.received_at),
    ]
    return hashlib.sha256(previous + json.dumps(content, separators=(",", ":")).encode()).digest()


def moment(at: datetime) -> str:
    """Return a moment as it is hashed: in UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# --- looking whether all is well -------------------------------------------------------------------------------------


class Fault(StrEnum):
    """What is wrong with a log, or with the answers that it should explain."""

    GAP = "gap"  # a number is missing or stands twice
    BROKEN = "broken"  # an entry is not what was hashed
    CUT = "cut"  # the log ends before or after the head that was kept
    ANSWER = "answer"  # an answer differs from the newest entry that counts
    RECEIPT = "receipt"  # a receipt is not that of the log as far as it says


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, and at which entry or question."""

    fault: Fault
    at: int


def first_break(links: Iterable[Link], head: Head) -> Finding | None:
    """Return the first place where a log is not what was written, or None; `head` is where it should end."""
    at = Head()
    for link in links:
        if link.number != at.length + 1:
            return Finding(Fault.GAP, at.length + 1)
        at = Head(link.number, hash_of(at.hash, link.sitting, link.number, link.entry))
        if link.hash != at.hash:
            return Finding(Fault.BROKEN, link.number)
    return None if at == head else Finding(Fault.CUT, min(at.length, head.length) + 1)


def answers(links: Iterable[Link]) -> dict[int, Op]:
    """Return what a log says that the answers are: of each question the newest entry that counts."""
    return {link.entry.op.question: link.entry.op for link in links if link.entry.outcome in STORED}


def wrong_answers(logged: Mapping[int, Op], stored: Mapping[int, Op]) -> list[Finding]:
    """Return the questions whose stored answer is not the one that the log says."""
    questions = sorted({*logged, *stored})
    return [Finding(Fault.ANSWER, number) for number in questions if logged.get(number) != stored.get(number)]
