"""What every importer hands over, whatever file it read: one plan, checked, without a trace of the format."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what was handed in: where it is, and what to do about it."""

    sheet: str
    row: int | None
    column: str
    reason: str


@dataclass(frozen=True)
class PlanRow:
    """The plan itself: who holds it, and what kind of check code signs its candidates in."""

    row: int
    code: str
    name: str
    host: str
    certifying_body: str
    timezone: str
    check_code_kind: str
    notice: str


@dataclass(frozen=True)
class ExamRow:
    """One exam with its window and rules; times in UTC, spans in minutes."""

    row: int
    code: str
    name: str
    opens_at: datetime
    closes_at: datetime
    duration_minutes: int
    check_in_opens_minutes: int
    late_entry_minutes: int | None
    earliest_hand_in_minutes: int
    pass_mark: Decimal | None
    face_rule: str
    check_in_attempts: int
    after_failed_check_in: str
    without_reference: str
    second_camera: str
    asks_to_turn: bool
    second_review: bool
    switch_limit: int | None
    after_switch_limit: str
    late_responses: str
    late_grace_seconds: int
    outage_rule: str
    outage_most_minutes: int
    is_practice: bool
    help_contact: str
    quit_password: str


@dataclass(frozen=True)
class SectionRow:
    """A group of questions of one kind in one exam; `draw` is None where all questions are taken."""

    row: int
    exam: str
    kind: str
    title: str
    points_each: Decimal
    draw: int | None
    shuffle_questions: bool
    shuffle_options: bool
    multiple_scoring: str


@dataclass(frozen=True)
class QuestionRow:
    """One question; `answer` holds the places of the right options, counted from 0 (true_false: 0 is true)."""

    row: int
    id: str
    kind: str
    stem: str
    options: tuple[str, ...]
    answer: tuple[int, ...]
    points: Decimal | None
    explanation: str
    difficulty: str
    topic: str
    tags: str
    fixed_options: tuple[int, ...]
    exam: str


@dataclass(frozen=True)
class CandidateRow:
    """One enrolment: a person, the exam they sit, and where."""

    row: int
    name: str
    id_kind: str
    id_number: str
    account_number: str
    phone: str
    gender: str
    organization: str
    exam: str
    site: str
    room: str
    seat: str
    extra_minutes: int
    extra_reason: str
    photo_file: str
    check_code: str


@dataclass(frozen=True)
class Photo:
    """A reference photo of one candidate; the picture is read only when it is asked for.

    `row` is None where nobody is known to own it: such a photo comes with a fault, and is never stored.
    """

    id_number: str
    index: int
    file: str
    row: int | None
    load: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True)
class PlanPackage:
    """Everything one import brings: rows free of faults, and what is wrong with the files of photos."""

    plan: PlanRow
    exams: tuple[ExamRow, ...]
    sections: tuple[SectionRow, ...]
    questions: tuple[QuestionRow, ...]
    candidates: tuple[CandidateRow, ...]
    photos: tuple[Photo, ...] = ()
    photo_faults: tuple[Fault, ...] = ()


class Refused(Exception):
    """The import cannot be done; every fault that was found, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults
