"""Answer files: what a candidate's device closed because it reached us no more, opened and let in like any answer.

A file brings nothing that the device could not have sent: it arrives when it is imported, and what becomes of each
answer is decided as for one that arrives late or from a page that was superseded. Importing it again changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Max
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.encryption import Undecipherable
from exams.domain import answer_file, arrivals
from exams.domain.answer_file import Envelope, Fault, Unreadable
from exams.domain.arrivals import MOST_OPS, Malformed, Op, Sender, Slot
from exams.models import AnswerFileKey, Response, ResponseEntry, Sitting
from exams.services import responses
from exams.services.changes import for_staff, record
from exams.services.refusals import Refused, require_reason

OAEP = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
FAULTS = {
    Fault.TOO_LARGE: gettext_lazy("文件过大，不是本系统的作答文件。"),
    Fault.NOT_OURS: gettext_lazy("不是本系统的作答文件。"),
    Fault.VERSION: gettext_lazy("作答文件的版本不受支持，请先升级系统。"),
    Fault.BROKEN: gettext_lazy("作答文件不完整或已被改动，不能导入。"),
}
IMPORTED = gettext_lazy("导入作答文件")
FROM_FILE = "file: "  # in the history, before the first entry that a file brought and how many


class CannotImport(Refused):
    """The file brings nothing; the sentence says why."""

    code = "cannot_import"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that our key has opened: whose it is, which page made it and when by its own word, what it holds."""

    sitting: Sitting
    sender: Sender
    made_at: datetime | None
    ops: tuple[Op, ...]
    is_known: bool  # whether that page ever held the sitting, or sent an answer

    @property
    def newest(self) -> tuple[Op, ...]:
        return arrivals.newest(self.ops)


@dataclass(frozen=True, slots=True)
class Line:
    """One question of a file beside what is stored: whether they differ, never what was answered."""

    number: int
    answered: bool
    doubtful: bool
    stored: bool
    differs: bool
    is_newer: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the answers of a file: how many of each outcome, and which entries of the log are new."""

    outcomes: Counter[str] = field(default_factory=Counter)
    new_entries: int = 0


# --- opening ---------------------------------------------------------------------------------------------------------


def open_file(raw: bytes) -> Opened:
    """Open a file, or raise `CannotImport`."""
    try:
        outside = answer_file.envelope(raw)
        key = _key_of(outside)
        inside = answer_file.content(_decrypted(outside, key), outside.sitting)
    except Unreadable as unreadable:
        raise CannotImport(str(FAULTS[unreadable.fault])) from None
    related = Sitting.objects.select_related("enrolment__exam__plan", "enrolment__candidate", "paper")
    sitting = related.filter(pk=outside.sitting, enrolment__exam=key.exam_id).first()
    if sitting is None:
        raise CannotImport(_("作答文件所属的答卷不在本科目中，不能导入。"))
    return _opened(sitting, inside)


def _key_of(outside: Envelope) -> AnswerFileKey:
    key = AnswerFileKey.objects.select_related("exam").filter(name=outside.key).defer("private").first()
    if key is None:
        raise CannotImport(_("没有打开此文件的密钥：文件来自另一套系统，或者考试已被删除。"))
    if key.exam.code != outside.exam:
        raise CannotImport(_("作答文件所写的科目与密钥不符，不能导入。"))
    return key


def _decrypted(outside: Envelope, key: AnswerFileKey) -> bytes:
    try:
        private = load_der_private_key(key.private, None)
    except Undecipherable:
        raise CannotImport(_("本科目的密钥无法解封：请检查 DATA_KEYS 是否齐全。")) from None
    if not isinstance(private, RSAPrivateKey):
        raise Unreadable(Fault.BROKEN)
    try:
        return AESGCM(private.decrypt(outside.wrapped, OAEP)).decrypt(outside.iv, outside.data, None)
    except (ValueError, InvalidTag):
        raise Unreadable(Fault.BROKEN) from None


def _opened(sitting: Sitting, inside: Mapping[str, Any]) -> Opened:
    slots = responses.slots(sitting)
    try:
        sender = arrivals.sender(inside)
        ops = tuple(_ops(inside["ops"], slots))
    except Malformed:
        raise CannotImport(_("作答文件的内容与该考生的试卷不符，不能导入。")) from None
    made_at = inside.get("made_at")
    return Opened(
        sitting=sitting,
        sender=sender,
        made_at=_moment(made_at) if isinstance(made_at, str) else None,
        ops=ops,
        is_known=sender.client == sitting.client or sitting.entries.filter(client=sender.client).exists(),
    )


def _ops(given: Sequence[object], paper: Mapping[int, Slot]) -> Iterator[Op]:
    """Yield the answers, looked at in portions as large as a page sends at most."""
    for start in range(0, len(given), MOST_OPS):
        yield from arrivals.ops({"ops": list(given[start : start + MOST_OPS])}, paper)


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


# --- looking, and letting in -----------------------------------------------------------------------------------------


def compare(opened: Opened) -> list[Line]:
    """Return what a file holds beside what is stored, question by question."""
    stored = {one.question: one for one in Response.objects.filter(sitting=opened.sitting)}
    return [_line(op, stored.get(op.question)) for op in opened.newest]


def _line(op: Op, stored: Response | None) -> Line:
    now = (tuple(stored.value), stored.doubtful) if stored else ((), False)
    return Line(
        number=op.question,
        answered=bool(op.value),
        doubtful=op.doubtful,
        stored=bool(now[0]),
        differs=(op.value, op.doubtful) != now,
        is_newer=stored is None or op.seq > stored.seq,
    )


def bring_in(opened: Opened, now: datetime, by: AbstractBaseUser | None = None, reason: str = "") -> Imported:
    """Let the answers of a file arrive; what counts is decided by the rules for every answer."""
    reason = require_reason(reason) if by is not None else reason.strip()
    before = opened.sitting.entries.aggregate(Max("number"))["number__max"] or 0
    outcomes: Counter[str] = Counter()
    for start in range(0, len(opened.ops), MOST_OPS):
        part = opened.ops[start : start + MOST_OPS]
        outcomes.update(ack.outcome for ack in responses.save(opened.sitting, _body(opened.sender, part)).acks)
    if opened.ops and not outcomes:
        raise CannotImport(_("该答卷尚未开始或正在暂停，请在恢复或结束后再导入。"))
    ours = opened.sitting.entries.filter(client=opened.sender.client, number__gt=before)
    numbers = list(ours.order_by("number").values_list("number", flat=True))  # others may answer meanwhile
    if numbers:
        why = "；".join(part for part in (for_staff(IMPORTED), reason) if part)  # i18n: data
        after = f"{FROM_FILE}{numbers[0]}+{len(numbers)}"
        record(opened.sitting, "responses", before="", after=after, now=now, by=by, reason=why)
    return Imported(outcomes, len(numbers))


def imported_entries(sitting: Sitting) -> set[int]:
    """Return which entries of the log came in files."""
    changes = sitting.changes.filter(field="responses", after__startswith=FROM_FILE)
    files = [brought(after) for after in changes.values_list("after", flat=True)]
    return {number for first, count in files for number in _numbers(sitting, first, count)}


def brought(after: str) -> tuple[int, int]:
    """Return the first entry of the log that a file brought, and how many those are, from what the history keeps."""
    first, count = after.removeprefix(FROM_FILE).split("+")
    return int(first), int(count)


def _numbers(sitting: Sitting, first: int, count: int) -> Iterable[int]:
    whose = sitting.entries.filter(number=first).values("client")
    same = sitting.entries.filter(client__in=whose, number__gte=first).order_by("number")
    return same.values_list("number", flat=True)[:count]


def _body(sender: Sender, ops: Iterable[Op]) -> Mapping[str, object]:
    """Return the answers as a page would have sent them."""
    sent = [{"question": op.question, "seq": op.seq, "value": list(op.value), "doubtful": op.doubtful} for op in ops]
    return {"client": sender.client, "epoch": sender.epoch, "ops": sent}


def waiting(opened: Opened) -> list[ResponseEntry]:
    """Return the logged answers of a file that a person may let count: the newest of each question, never an older one
    than what is stored."""
    stored = dict(Response.objects.filter(sitting=opened.sitting).values_list("question", "seq"))
    wanted = {(op.question, op.seq) for op in opened.newest if op.seq > stored.get(op.question, 0)}
    logged = opened.sitting.entries.filter(
        client=opened.sender.client, outcome__in=[one.value for one in responses.WAITING_FOR_A_PERSON]
    )
    found = {(entry.question, entry.seq): entry for entry in logged.order_by("pk")}
    return [entry for place, entry in sorted(found.items()) if place in wanted]
