"""What arrives from an exam page: checked before anything else sees it, and what becomes of it where it is not stored.

A page sends `{"sitting": …, "client": …, "epoch": …, "ops": [{"question", "seq", "value": [option ids], "doubtful"}]}`.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from typing_extensions import TypeIs

from exams.domain.lifecycle import State
from exams.domain.timing import LateRule

MOST_OPS = 200
MOST_BYTES = 64 * 1024
LARGEST_SEQ = 2**53 - 1  # the largest whole number that JavaScript counts to
LARGEST_EPOCH = 2**31 - 1
CLIENT = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Fault(StrEnum):
    """What is wrong with a request; nothing of it is stored then."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    CLIENT = "client"
    EPOCH = "epoch"
    SITTING = "sitting"
    OPS = "ops"
    TOO_MANY = "too_many"
    QUESTION = "question"
    SEQ = "seq"
    VALUE = "value"
    DOUBTFUL = "doubtful"
    TWICE = "twice"


class Malformed(ValueError):
    """The request does not follow the protocol."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Slot:
    """One question of a paper, as far as an answer must fit it."""

    options: frozenset[str]
    several: bool  # whether more than one option may be chosen


@dataclass(frozen=True, slots=True, order=True)
class Op:
    """One answer on its way: to which question, in which place of the page's own order, what is chosen."""

    question: int
    seq: int
    value: tuple[str, ...]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """The page that speaks: its queue's name, and the epoch in which it was handed the paper."""

    client: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one request brought: answers to one sitting, of which a database decides what to store."""

    sitting_id: int
    sender: Sender
    ops: tuple[Op, ...]
    rule: LateRule | None  # None: nobody has looked it up, so a late answer is not decided
    came_at: float  # on the monotonic clock: the time that a request waits for its turn is not the candidate's
    is_chosen: bool = True  # the candidate has not turned to another exam meanwhile
    sign_in: tuple[str, str] | None = None  # key and content of a session that must still stand; None: already seen to


def sender(body: Mapping[str, object]) -> Sender:
    """Return who speaks, or raise `Malformed`."""
    epoch = body.get("epoch")
    if not (_whole(epoch) and 0 <= epoch <= LARGEST_EPOCH):
        raise Malformed(Fault.EPOCH)
    return Sender(client=client(body), epoch=epoch)


def sitting(body: Mapping[str, object]) -> int | None:
    """Return which sitting the page answers, None where it does not say; or raise `Malformed`."""
    number = body.get("sitting")
    if number is not None and not (_whole(number) and 0 < number <= LARGEST_EPOCH):
        raise Malformed(Fault.SITTING)
    return number


def client(body: Mapping[str, object]) -> str:
    """Return the name of the page's queue, or raise `Malformed`."""
    name = body.get("client")
    if not (isinstance(name, str) and CLIENT.fullmatch(name)):
        raise Malformed(Fault.CLIENT)
    return name


def ops(body: Mapping[str, object], paper: Mapping[int, Slot]) -> tuple[Op, ...]:
    """Return the answers in the order of the paper, identical ones once, or raise `Malformed`."""
    given = body.get("ops")
    if not isinstance(given, list):
        raise Malformed(Fault.OPS)
    if len(given) > MOST_OPS:
        raise Malformed(Fault.TOO_MANY)
    parsed = sorted({_op(item, paper) for item in given})
    if len({(op.question, op.seq) for op in parsed}) < len(parsed):
        raise Malformed(Fault.TWICE)
    return tuple(parsed)


def _op(item: object, paper: Mapping[int, Slot]) -> Op:
    if not isinstance(item, dict):
        raise Malformed(Fault.OPS)
    question, seq, doubtful = item.get("question"), item.get("seq"), item.get("doubtful")
    if not (_whole(question) and question in paper):
        raise Malformed(Fault.QUESTION)
    if not (_whole(seq) and 1 <= seq <= LARGEST_SEQ):
        raise Malformed(Fault.SEQ)
    if not isinstance(doubtful, bool):
        raise Malformed(Fault.DOUBTFUL)
    return Op(question, seq, _value(item.get("value"), paper[question]), doubtful)


def _value(given: object, slot: Slot) -> tuple[str, ...]:
    """Return the chosen option ids in order, each once."""
    if not (isinstance(given, list) and all(isinstance(option, str) and option in slot.options for option in given)):
        raise Malformed(Fault.VALUE)
    chosen = tuple(sorted(set(given)))
    if len(chosen) > 1 and not slot.several:
        raise Malformed(Fault.VALUE)
    return chosen


def _whole(number: object) -> TypeIs[int]:
    return type(number) is int  # True is an int too, and no number of a question


def newest(arrived: Iterable[Op]) -> tuple[Op, ...]:
    """Return the op with the highest seq for each question, in the order of the paper."""
    return tuple({op.question: op for op in sorted(arrived)}.values())


# --- what becomes of an answer ---------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What became of an answer that arrived."""

    ACCEPTED = "accepted"
    STALE = "stale"
    SUPERSEDED = "superseded"
    LATE_REFUSED = "late_refused"
    LATE_ACCEPTED = "late_accepted"
    LATE_KEPT = "late_kept"


STORED = frozenset({Outcome.ACCEPTED, Outcome.LATE_ACCEPTED})
"""Outcomes after which the answer is the candidate's answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sitting stood when an answer arrived."""

    state: State
    closed_by_deadline: bool
    holder: Sender  # the page that may answer
    deadline_at: datetime | None
    rule: LateRule

    @property
    def can_take(self) -> bool:
        """Whether answers get a decision at all; before the start and in a pause a page keeps what it has."""
        return self.state not in {State.READY, State.PAUSED}

    def refusal(self, speaker: Sender, received_at: datetime) -> str:
        """Return why the page that speaks cannot go on answering, as a code, or "" if it can."""
        if not self.can_take:
            return "paused" if self.state is State.PAUSED else "not_begun"
        if not self.is_open(received_at):
            return "ended"
        return "" if speaker == self.holder else "superseded"

    def outcome(self, speaker: Sender, received_at: datetime, *, stored: bool) -> Outcome:
        """Return what became of an answer, given whether the database took it."""
        if stored:
            return Outcome.LATE_ACCEPTED if self.is_late(received_at) else Outcome.ACCEPTED
        if speaker != self.holder:
            return Outcome.SUPERSEDED
        if self.is_open(received_at):
            return Outcome.STALE
        return Outcome.LATE_KEPT if self.rule.kept_for_review else Outcome.LATE_REFUSED

    def outcomes(
        self, arrival: Arrival, received_at: datetime, stored: Container[Op], known: Mapping[Op, Outcome]
    ) -> dict[Op, Outcome]:
        """Return what became of each answer that arrived: the database took what is `stored`, `known` came before."""
        if not self.can_take:
            return {}
        return {
            op: known.get(op) or self.outcome(arrival.sender, received_at, stored=op in stored) for op in arrival.ops
        }

    def is_late(self, received_at: datetime) -> bool:
        """Tell whether an answer arrived after the deadline; an end by hand has none, whoever comes then is late."""
        if self.state is State.IN_PROGRESS or self.closed_by_deadline:
            return self.deadline_at is not None and received_at >= self.deadline_at
        return True

    def is_open(self, received_at: datetime) -> bool:
        """Tell whether the rule lets an answer in, in time or within the grace."""
        return not self.is_late(received_at - self.rule.accepted_for)
