"""Marking what was answered, and saying whether the result counts."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams import seams
from exams.domain import lifecycle, marking
from exams.domain.arrivals import Op
from exams.domain.lifecycle import Validity
from exams.models import Mark, Paper, Result, Revision, Section, Sitting
from exams.services.changes import REASON_LENGTH, in_source_language, record, take
from exams.services.receipts import answers_of
from exams.services.refusals import NotBegun, require_reason

logger = logging.getLogger(__name__)


Answers = Mapping[int, Op]  # by question


@transaction.atomic
def mark_sitting(sitting: Sitting, now: datetime) -> Result:
    """Mark every question of the paper, unanswered ones with nothing; marking again gives the same result."""
    sitting = take(sitting.pk)  # answers that are let in late and two markings at once never mix
    paper = _PAPER.first(sitting.pk)
    if paper is None:
        raise NotBegun
    return _mark_paper(sitting, paper, answers_of(sitting), now)


def mark_if_possible(sitting: Sitting, now: datetime, answers: Answers | None = None) -> None:
    """Mark a sitting that just ended; a fault in the marking never undoes a hand-in, `mark_missing` tries again.

    `answers`: all of them, where its row is locked and as it is now. Without a paper there is nothing to mark.
    """
    try:
        if answers is None:
            mark_sitting(sitting, now)
        else:
            with transaction.atomic():  # a query that fails would else spoil the end itself
                if (paper := _PAPER.first(sitting.pk)) is not None:
                    _mark_paper(sitting, paper, answers, now)
    except Exception:
        logger.exception("sitting %s could not be marked", sitting.pk)


def _mark_paper(sitting: Sitting, paper: Paper, answers: Answers, now: datetime) -> Result:
    marks = _marks(sitting, paper.items, answers)
    points = sum((mark.points for mark in marks), marking.ZERO)
    pass_mark = sitting.enrolment.exam.pass_mark
    result = _RESULT.first(sitting.pk) or Result(sitting=sitting)
    known, before = result.pk is not None, result.validity
    result.points, result.marked_at = points, now
    result.points_possible = sum((mark.points_possible for mark in marks), marking.ZERO)
    result.passed = None if pass_mark is None else points >= pass_mark
    _judge(result, sitting)
    result.save()
    if known:
        result.marks.all().delete()
    Mark.objects.bulk_create(_of(result, marks))
    record(sitting, "validity", before=before, after=result.validity, now=now, reason=result.validity_reason)
    return result


def mark_missing(now: datetime, within: timedelta = timedelta(days=1)) -> int:
    """Mark the ended sittings of late that have no result; return how many have one now."""
    ended = Sitting.objects.filter(state__in=[state.value for state in lifecycle.ENDED], ended_at__gt=now - within)
    missing = list(ended.filter(result__isnull=True, paper__isnull=False))
    for sitting in missing:
        mark_if_possible(sitting, now)
    return Result.objects.filter(sitting__in=missing).count()


@transaction.atomic
def refresh_validity(sitting: Sitting, now: datetime) -> Result | None:
    """Let the result count, or not yet, as the reasons to review it say; a person's decision stands."""
    result = _RESULT.first(sitting.pk)
    if result is None or result.decided_by_id is not None:
        return result
    before = result.validity
    _judge(result, sitting)
    result.save(update_fields=["validity", "validity_reason"])
    record(sitting, "validity", before=before, after=result.validity, now=now, reason=result.validity_reason)
    return result


def _judge(result: Result, sitting: Sitting) -> None:
    """Set whether a result counts, unless a person has decided that."""
    if result.decided_by_id is not None:
        return
    with in_source_language():
        reason = _("；").join(map(str, _reasons(sitting)))[:REASON_LENGTH]
    result.validity = (Validity.PENDING_REVIEW if reason else Validity.VALID).value
    result.validity_reason = reason


@transaction.atomic
def set_validity(result: Result, validity: str, reason: str, by: AbstractBaseUser, now: datetime) -> Result:
    """Decide, as a person, whether a result counts."""
    reason = require_reason(reason)
    take(result.sitting_id)  # before its result, as everywhere
    result = Result.objects.select_for_update(of=("self",)).select_related("sitting").get(pk=result.pk)
    before = Validity(result.validity)
    result.validity = lifecycle.move(before, Validity(validity)).value
    result.validity_reason = reason[:REASON_LENGTH]
    result.decided_by_id, result.decided_at = by.pk, now
    result.save(update_fields=["validity", "validity_reason", "decided_by", "decided_at"])
    record(result.sitting, "validity", before=before.value, after=result.validity, now=now, by=by, reason=reason)
    return result


def _reasons(sitting: Sitting) -> Iterable[str]:
    if sitting.state == Sitting.State.TERMINATED:
        yield _("考试被终止")
    yield from seams.reasons_to_review(sitting)


def _marks(sitting: Sitting, items: Sequence[Mapping[str, Any]], answers: Answers) -> list[Mark]:
    rules: dict[int, str] = dict(_RULES.all(sitting.enrolment.exam_id))
    keys = _keys_of([item["revision"] for item in items])
    return [
        _mark(number, _key(item, keys[item["revision"]], rules[item["section"]]), answers.get(number))
        for number, item in enumerate(items, start=1)
    ]


def _keys_of(numbers: Sequence[int]) -> dict[int, list[str]]:
    """Return the right options of revisions; read each time, since a wrong key is put right and marked again."""
    return dict(_KEYS.all(numbers))


_KEYS = Prepared(lambda numbers: Revision.objects.filter(pk__in=numbers).values_list("pk", "key").order_by("pk"))
_PAPER = Prepared(lambda sitting: Paper.objects.filter(sitting_id=sitting))
_RULES = Prepared(lambda exam: Section.objects.filter(exam_id=exam).values_list("pk", "multiple_scoring"))
_RESULT = Prepared(lambda sitting: Result.objects.select_for_update().filter(sitting_id=sitting))


def _key(item: Mapping[str, Any], right: list[str], rule: str) -> marking.Key:
    return marking.Key(right=frozenset(right), points=Decimal(item["points"]), rule=marking.Rule(rule))


def _mark(number: int, key: marking.Key, answer: Op | None) -> Mark:
    chosen = answer.value if answer else ()
    return Mark(question=number, points=marking.mark(key, chosen), points_possible=key.points)


def _of(result: Result, marks: list[Mark]) -> list[Mark]:
    for mark in marks:
        mark.result = result
    return marks
