"""Draws the paper of a sitting, once: when it begins, or ahead of it."""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams.domain import assembly
from exams.kept import Kept
from exams.models import Enrolment, Exam, Paper, PreparedPaper, Revision, Section, SectionItem, Sitting
from exams.services.refusals import Refused

Progress = Callable[[int, int], None]
PORTION = 200  # papers in one statement
AHEAD = timedelta(minutes=15)  # before the start, servers draw by themselves what nobody has drawn
logger = logging.getLogger(__name__)


def silent(done: int, total: int) -> None:
    """Take no notice of progress."""


def draw_for(sitting: Sitting, now: datetime) -> Paper:
    """Return the paper of a sitting whose row the caller has locked; drawn if there is none."""
    paper = _DRAWN.first(sitting.pk)
    if paper is None:
        exam, ahead = sitting.enrolment.exam, _AHEAD.first(sitting.enrolment_id)
        if ahead is None or ahead.drawn_at < exam.plan.imported_at:
            ahead = _draw(sitting.enrolment, now)
        paper = Paper.objects.create(sitting=sitting, seed=ahead.seed, items=ahead.items, drawn_at=ahead.drawn_at)
    return paper


def prepare(exam: Exam, now: datetime, progress: Progress = silent) -> int:
    """Draw ahead for everybody enrolled who has no paper yet; return how many. Doing it twice is harmless.

    What was drawn before the plan was last imported is drawn anew. Refuses in words where the pool is too small.
    """
    exam = Exam.objects.select_related("plan").get(pk=exam.pk)
    lacking = list(Enrolment.objects.filter(exam=exam, sitting__paper__isnull=True).exclude(_is_prepared(exam)))
    progress(0, len(lacking))
    for first in range(0, len(lacking), PORTION):
        portion = [_draw(enrolment, now, exam) for enrolment in lacking[first : first + PORTION]]
        PreparedPaper.objects.bulk_create(
            portion,
            update_conflicts=True,
            unique_fields=["enrolment"],
            update_fields=["seed", "items", "drawn_at"],
        )
        progress(first + len(portion), len(lacking))
    return len(lacking)


def prepare_near(now: datetime) -> int:
    """Draw ahead for exams that open within minutes; return how many papers were drawn."""
    drawn_ahead = 0
    for exam in Exam.objects.filter(opens_at__gt=now, opens_at__lte=now + AHEAD):
        try:
            drawn_ahead += prepare(exam, now)
        except Refused:
            logger.warning("exam %s: its pool is too small, no paper can be drawn", exam.pk)
    return drawn_ahead


def prepared_count(exam: Exam) -> int:
    """Return how many of those enrolled have a paper that was drawn ahead and still holds."""
    return Enrolment.objects.filter(_is_prepared(exam), exam=exam).count()


def _is_prepared(exam: Exam) -> Q:
    return Q(prepared_paper__drawn_at__gte=exam.plan.imported_at)


def _draw(enrolment: Enrolment, now: datetime, exam: Exam | None = None) -> PreparedPaper:
    seed = secrets.token_hex(16)  # nobody can guess it, and everything drawn follows from it
    return PreparedPaper(enrolment=enrolment, seed=seed, items=drawn(exam or enrolment.exam, seed), drawn_at=now)


def drawn(exam: Exam, seed: str) -> list[dict[str, object]]:
    """Return the items of the paper that a seed gives; refuse in words where the pool is too small."""
    rules, kinds = _pools.get_or_make(_state_of(exam), lambda: _pool_of(exam.pk))
    try:
        items = assembly.draw_paper(rules, seed)
    except assembly.PoolTooSmall:
        items = ()
    if not items:
        raise Refused(_("试卷暂时无法生成，请联系考务人员。"))
    return [
        {
            "revision": item.revision,
            "section": item.section,
            "kind": kinds[item.revision],
            "options": list(item.options),
            "points": str(item.points),
        }
        for item in items
    ]


_AHEAD = Prepared(lambda enrolment: PreparedPaper.objects.filter(enrolment_id=enrolment))
Pool = tuple[list[assembly.SectionRule], dict[int, str]]
_pools: Kept[Pool] = Kept(100)
_DRAWN = Prepared(lambda sitting: Paper.objects.filter(sitting_id=sitting))


def _state_of(exam: Exam) -> tuple[object, ...]:
    """Return what tells whether a pool is still the same: only an import changes it, and the plan remembers when."""
    return exam.pk, exam.seb_token, exam.plan.imported_at


def _pool_of(exam_id: int) -> Pool:
    """Return what an exam's papers are drawn from, and the kind of each revision."""
    pool = SectionItem.objects.filter(section__exam_id=exam_id).select_related("revision").order_by("position")
    pool = pool.only("section_id", "points", "revision__kind", "revision__options")
    kinds = {item.revision_id: item.revision.kind for item in pool}
    sections = Section.objects.filter(exam_id=exam_id).order_by("position")
    rules = [_rule(section, [item for item in pool if item.section_id == section.pk]) for section in sections]
    return rules, kinds


def _rule(section: Section, items: list[SectionItem]) -> assembly.SectionRule:
    return assembly.SectionRule(
        section=section.pk,
        pool=[_pool_item(section, item) for item in items],
        draw=section.draw,
        shuffle_questions=section.shuffle_questions,
        shuffle_options=section.shuffle_options,
    )


def _pool_item(section: Section, item: SectionItem) -> assembly.PoolItem:
    fixed = item.revision.kind == Revision.Kind.TRUE_FALSE  # right always stands before wrong
    return assembly.PoolItem(
        revision=item.revision_id,
        options=tuple(
            assembly.PoolOption(option["id"], fixed or option.get("fixed", False)) for option in item.revision.options
        ),
        points=section.points_each if item.points is None else item.points,
    )
