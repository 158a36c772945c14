"""Draws the paper of a sitting, once."""

import secrets
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams.domain import assembly
from exams.kept import Kept
from exams.models import Exam, Paper, Revision, Section, SectionItem, Sitting
from exams.services.refusals import Refused


def draw_for(sitting: Sitting, now: datetime) -> Paper:
    """Return the paper of a sitting whose row the caller has locked; drawn if there is none."""
    paper = _DRAWN.first(sitting.pk)
    if paper is None:
        seed = secrets.token_hex(16)  # nobody can guess it, and everything drawn follows from it
        items = drawn(sitting.enrolment.exam, seed)
        paper = Paper.objects.create(sitting=sitting, seed=seed, items=items, drawn_at=now)
    return paper


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
