"""Questions and their revisions, and the pools of sections: a wording that is written is never changed."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from exams.importers.columns import OPTION_LETTERS, QUESTIONS, SECTIONS, TRUTHS
from exams.importers.normalised import QuestionRow, SectionRow
from exams.models import Bank, Question, Revision, Section, SectionItem
from exams.services.ledger import CREATED, UNCHANGED, UPDATED, Ledger

Revisions = dict[str, Revision]


def content_of(row: QuestionRow) -> dict[str, Any]:
    """Return what a revision holds of a question: everything that anybody may rely on later."""
    if row.kind == Revision.Kind.TRUE_FALSE:
        options = [{"id": letter, "text": text, "fixed": True} for letter, text in TRUTHS]
    else:
        options = [
            {"id": OPTION_LETTERS[at], "text": text, "fixed": at in row.fixed_options}
            for at, text in enumerate(row.options)
        ]
    return {
        "kind": row.kind,
        "stem": row.stem,
        "options": options,
        "key": [options[at]["id"] for at in row.answer],
        "explanation": row.explanation,
        "difficulty": row.difficulty,
        "topic": row.topic,
        "tags": row.tags,
    }


def hash_of(content: dict[str, Any]) -> str:
    """Return 64 hex digits that differ as soon as anything of the content does."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def settle(bank: Bank, rows: Sequence[QuestionRow], ledger: Ledger) -> Revisions:
    """Return the revision that each question id now stands for; a new one only where the content differs."""
    questions = {question.external_id: question for question in bank.questions.all()}
    newest = _newest(bank)
    revisions: Revisions = {}
    for row in rows:
        content = content_of(row)
        digest = hash_of(content)
        known = newest.get(row.id)
        if known and known.content_hash == digest:
            revisions[row.id] = known
            ledger.counts[QUESTIONS.title][UNCHANGED] += 1
            continue
        question = questions.get(row.id) or Question.objects.create(bank=bank, external_id=row.id)
        number = known.number + 1 if known else 1
        revisions[row.id] = Revision.objects.create(question=question, number=number, content_hash=digest, **content)
        ledger.counts[QUESTIONS.title][UPDATED if known else CREATED] += 1
    return revisions


def _newest(bank: Bank) -> Revisions:
    rank = Window(RowNumber(), partition_by=F("question_id"), order_by=F("number").desc())
    revisions = Revision.objects.filter(question__bank=bank).select_related("question").alias(rank=rank).filter(rank=1)
    return {revision.question.external_id: revision for revision in revisions}


def settle_pool(
    section: Section, row: SectionRow, pool: Sequence[QuestionRow], revisions: Revisions, ledger: Ledger, frozen: str
) -> None:
    """Let the section draw from these questions; where it is frozen, name what would have changed."""
    wanted = [(revisions[one.id].pk, one.points) for one in pool]
    there = list(section.items.order_by("position").values_list("revision_id", "points"))
    if wanted == there:
        return
    if frozen:
        _name_changes(row, pool, revisions, dict(there), ledger, frozen)
        return
    section.items.all().delete()
    SectionItem.objects.bulk_create(
        SectionItem(section=section, position=position, revision_id=revision, points=points)
        for position, (revision, points) in enumerate(wanted, start=1)
    )


def _name_changes(
    row: SectionRow,
    pool: Sequence[QuestionRow],
    revisions: Revisions,
    there: dict[int, Any],
    ledger: Ledger,
    frozen: str,
) -> None:
    """Name each question that is new or differs; if none does, some are missing or in another order."""
    before = len(ledger.faults)
    for one in pool:
        revision = revisions[one.id].pk
        if revision not in there:
            ledger.fault(QUESTIONS, one.row, "stem", frozen)
        elif there[revision] != one.points:
            ledger.fault(QUESTIONS, one.row, "points", frozen)
    if len(ledger.faults) == before:
        ledger.fault(SECTIONS, row.row, "kind", frozen)
