"""A paper as its candidate sees it: no key, no explanation, no points scored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, cast

from accounts.prepared import Prepared
from exams.domain import progress as counting
from exams.domain.progress import Progress
from exams.kept import Kept
from exams.models import Paper, Response, Revision, Section, Sitting

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class OptionView:
    """An option in its place on this paper: `id` is what is stored, `letter` what is read."""

    id: str
    letter: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with what is stored of its answer; `next_seq` is what the page's next answer to it must carry."""

    number: int
    revision: int
    kind: str
    kind_label: str
    stem: str
    points: Decimal
    several: bool
    options: tuple[OptionView, ...]
    value: tuple[str, ...]
    doubtful: bool
    next_seq: int

    @property
    def answered(self) -> bool:
        return bool(self.value)

    @property
    def points_counted(self) -> int:
        """One or many, for the grammar of a language: half a point is not one point."""
        return 1 if self.points == 1 else 2


@dataclass(frozen=True, slots=True)
class SectionView:
    """A group of questions; the numbers run on through all sections."""

    title: str
    kind: str
    kind_label: str
    points_each: Decimal
    points: Decimal
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True)
class PaperView:
    """A whole paper in its order."""

    sections: tuple[SectionView, ...]

    @property
    def questions(self) -> tuple[QuestionView, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    @property
    def total(self) -> int:
        return sum(len(section.questions) for section in self.sections)

    @property
    def points(self) -> Decimal:
        return sum((section.points for section in self.sections), Decimal(0))

    @property
    def progress(self) -> Progress:
        """The four counters."""
        return counting.count(self.total, ((question.answered, question.doubtful) for question in self.questions))

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """The kinds of question that occur, in their order, each with its label."""
        return tuple({section.kind: section.kind_label for section in self.sections}.items())


def paper_view(sitting: Sitting) -> PaperView:
    """Return the paper of a sitting that has begun, with the answers stored so far."""
    items = _paper_of(sitting).items
    revisions = _wordings([item["revision"] for item in items])
    responses = {response.question: response for response in _RESPONSES.all(sitting.pk)}
    sections = {section.pk: section for section in _SECTIONS.all(sitting.enrolment.exam_id)}
    numbered = groupby(enumerate(items, start=1), key=lambda pair: pair[1]["section"])
    return PaperView(
        tuple(
            _section(
                sections[section],
                [_question(number, item, revisions[item["revision"]], responses.get(number)) for number, item in part],
            )
            for section, part in numbered
        )
    )


def _paper_of(sitting: Sitting) -> Paper:
    """Return the paper, as it may have just been drawn."""
    drawn = sitting._state.fields_cache.get("paper") or _PAPER.first(sitting.pk)
    if drawn is None:
        raise Paper.DoesNotExist
    return cast(Paper, drawn)


def _wordings(numbers: Sequence[int]) -> Mapping[int, Revision]:
    """Return the wordings, which never change; asked for once in a process. The key stays in the database."""
    found = {number: kept for number in numbers if (kept := _kept.get(number)) is not None}
    if missing := [number for number in numbers if number not in found]:
        for revision in Revision.objects.only("kind", "stem", "options").in_bulk(missing).values():
            found[revision.pk] = _kept.put(revision.pk, revision)
    return found


_kept: Kept[Revision] = Kept(10_000)
_PAPER = Prepared(lambda sitting: Paper.objects.filter(sitting_id=sitting))
_RESPONSES = Prepared(lambda sitting: Response.objects.filter(sitting_id=sitting).order_by("question"))
_SECTIONS = Prepared(lambda exam: Section.objects.filter(exam_id=exam).order_by("position"))


def _section(section: Section, questions: list[QuestionView]) -> SectionView:
    return SectionView(
        title=section.title,
        kind=section.kind,
        kind_label=section.get_kind_display(),
        points_each=section.points_each,
        points=sum((question.points for question in questions), Decimal(0)),
        questions=tuple(questions),
    )


def _question(number: int, item: Mapping[str, Any], revision: Revision, response: Response | None) -> QuestionView:
    chosen = tuple(response.value) if response else ()
    return QuestionView(
        number=number,
        revision=revision.pk,
        kind=revision.kind,
        kind_label=revision.get_kind_display(),
        stem=revision.stem,
        points=Decimal(item["points"]),
        several=revision.kind == Revision.Kind.MULTIPLE,
        options=_options(item["options"], {option["id"]: option["text"] for option in revision.options}, chosen),
        value=chosen,
        doubtful=response.doubtful if response else False,
        next_seq=response.seq + 1 if response else 1,
    )


def _options(order: Iterable[str], texts: Mapping[str, str], chosen: tuple[str, ...]) -> tuple[OptionView, ...]:
    return tuple(
        OptionView(id=option, letter=letter, text=texts[option], chosen=option in chosen)
        for letter, option in zip(LETTERS, order, strict=False)
    )
