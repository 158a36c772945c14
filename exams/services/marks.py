"""Marking what was answered, and saying whether the result counts."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from exams import seams
from exams.domain import lifecycle, marking
from exams.domain.lifecycle import Validity
from exams.models import Mark, Paper, Response, Result, Revision, Section, Sitting
from exams.services.changes import REASON_LENGTH, in_source_language, record, take
from exams.services.refusals import NotBegun, require_reason

logger = logging.getLogger(__name__)


@transaction.atomic
def mark_sitting(sitting: Sitting, now: datetime) -> Result:
    """Mark every question of the paper, unanswered ones with nothing; marking again gives the same result."""
    sitting = take(sitting.pk)  # answers that are let in late and two markings at once never mix
    paper = Paper.objects.filter(sitting=sitting).first()
    if paper is None:
        raise NotBegun
    marks = _marks(paper.items, dict(Response.objects.filter(sitting=sitting).values_list("question", "value")))
    points = sum((mark.points for mark in marks), marking.ZERO)
    pass_mark = sitting.enrolment.exam.pass_mark
    result, _made = Result.objects.update_or_create(
        sitting=sitting,
        defaults={
            "points": points,
            "points_possible": sum((mark.points_possible for mark in marks), marking.ZERO),
            "passed": None if pass_mark is None else points >= pass_mark,
            "marked_at": now,
        },
    )
    result.marks.all().delete()
    Mark.objects.bulk_create(_of(result, marks))
    return refresh_validity(sitting, now) or result


def mark_if_possible(sitting: Sitting, now: datetime) -> None:
    """Mark a sitting that just ended; a fault in the marking never undoes a hand-in, `mark_missing` tries again."""
    try:
        mark_sitting(sitting, now)
    except Exception:
        logger.exception("sitting %s could not be marked", sitting.pk)


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
    result = Result.objects.select_for_update().filter(sitting=sitting).first()
    if result is None or result.decided_by_id is not None:
        return result
    with in_source_language():
        reason = _("；").join(map(str, _reasons(sitting)))[:REASON_LENGTH]
    before = result.validity
    result.validity = (Validity.PENDING_REVIEW if reason else Validity.VALID).value
    result.validity_reason = reason
    result.save(update_fields=["validity", "validity_reason"])
    record(sitting, "validity", before=before, after=result.validity, now=now, reason=reason)
    return result


@transaction.atomic
def set_validity(result: Result, validity: str, reason: str, by: AbstractBaseUser, now: datetime) -> Result:
    """Decide, as a person, whether a result counts."""
    reason = require_reason(reason)
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


def _marks(items: Iterable[Mapping[str, Any]], answers: Mapping[int, list[str]]) -> list[Mark]:
    items = list(items)
    keys = dict(Revision.objects.filter(pk__in={item["revision"] for item in items}).values_list("pk", "key"))
    rules = dict(
        Section.objects.filter(pk__in={item["section"] for item in items}).values_list("pk", "multiple_scoring")
    )
    return [
        _mark(number, _key(item, keys[item["revision"]], rules[item["section"]]), answers.get(number, []))
        for number, item in enumerate(items, start=1)
    ]


def _key(item: Mapping[str, Any], right: list[str], rule: str) -> marking.Key:
    return marking.Key(right=frozenset(right), points=Decimal(item["points"]), rule=marking.Rule(rule))


def _mark(number: int, key: marking.Key, chosen: list[str]) -> Mark:
    return Mark(question=number, points=marking.mark(key, chosen), points_possible=key.points)


def _of(result: Result, marks: list[Mark]) -> list[Mark]:
    for mark in marks:
        mark.result = result
    return marks
