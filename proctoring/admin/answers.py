"""What a candidate answered, for staff: states for everybody who may look, the right answers only for those who may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from exams.models import Mark, Paper, Receipt, Response, ResponseEntry, Revision, Section, Sitting
from exams.paper_view import LETTERS
from exams.services.responses import WAITING_FOR_A_PERSON


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the paper. `right`, `stem` and `points` are empty for those who may not see them."""

    number: int
    section: str
    kind: str
    chosen: str
    doubtful: bool
    saved_at: datetime | None
    stem: str = ""
    right: str = ""
    points: Decimal | None = None
    points_possible: Decimal | None = None

    @property
    def is_right(self) -> bool:
        return bool(self.right) and self.chosen == self.right


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the log; `waits`: a person may let it count."""

    entry: ResponseEntry
    chosen: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """The paper of a sitting as staff see it."""

    answers: tuple[Answer, ...] = ()
    log: tuple[Logged, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    shows_key: bool = False
    shows_points: bool = False

    @property
    def answered(self) -> int:
        return sum(bool(answer.chosen) for answer in self.answers)

    @property
    def doubtful(self) -> int:
        return sum(answer.doubtful for answer in self.answers)

    @property
    def waiting(self) -> tuple[Logged, ...]:
        """What was not stored and differs from what is: the entries that a person may let count."""
        return tuple(logged for logged in self.log if logged.waits)


def of(sitting: Sitting, *, with_key: bool, with_points: bool) -> Answers:
    """Return the answers of a sitting; nothing before its paper is drawn."""
    paper = Paper.objects.filter(sitting=sitting).first()
    if paper is None:
        return Answers()
    stored = {response.question: response for response in Response.objects.filter(sitting=sitting)}
    keys = _revisions(paper.items) if with_key else {}
    points = {mark.question: mark for mark in Mark.objects.filter(result__sitting=sitting)} if with_points else {}
    titles = dict(Section.objects.filter(exam=sitting.enrolment.exam_id).values_list("pk", "title"))
    answers = [
        _answer(number, item, titles, stored.get(number), keys.get(item["revision"]), points.get(number))
        for number, item in enumerate(paper.items, start=1)
    ]
    log = [_logged(entry, paper.items, stored) for entry in sitting.entries.order_by("-number")]
    receipts = tuple(sitting.receipts.all())
    return Answers(tuple(answers), tuple(log), receipts, shows_key=with_key, shows_points=bool(points))


def _revisions(items: Sequence[Mapping[str, Any]]) -> Mapping[int, Revision]:
    return Revision.objects.in_bulk([item["revision"] for item in items])


def _answer(
    number: int,
    item: Mapping[str, Any],
    titles: Mapping[int, str],
    response: Response | None,
    revision: Revision | None,
    mark: Mark | None,
) -> Answer:
    return Answer(
        number=number,
        section=titles.get(item["section"], ""),
        kind=str(Revision.Kind(item["kind"]).label),
        chosen=letters(item, response.value if response else ()),
        doubtful=bool(response and response.doubtful),
        saved_at=response.saved_at if response else None,
        stem=revision.stem if revision else "",
        right=letters(item, revision.key) if revision else "",
        points=mark.points if mark else None,
        points_possible=mark.points_possible if mark else None,
    )


def _logged(entry: ResponseEntry, items: Sequence[Mapping[str, Any]], stored: Mapping[int, Response]) -> Logged:
    item = items[entry.question - 1] if 0 < entry.question <= len(items) else {"options": ()}
    now_stored = stored.get(entry.question)
    differs = now_stored is None or list(now_stored.value) != list(entry.value)
    return Logged(entry, letters(item, entry.value), waits=differs and entry.outcome in WAITING_FOR_A_PERSON)


def letters(item: Mapping[str, Any], value: Sequence[str]) -> str:
    """Return chosen options by the letters that stood on this candidate's paper."""
    options = list(item["options"])
    return "".join(sorted(LETTERS[options.index(one)] for one in value if one in options))
