"""plan.xlsx -> the normalised plan: opens, reads and checks, and collects every fault before refusing."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from exams.importers import checks, questions
from exams.importers.columns import CANDIDATES, EXAMS, KIND_TITLES, PLAN, QUESTIONS, SECTIONS, SHEETS, Sheet
from exams.importers.normalised import CandidateRow, ExamRow, Fault, PlanPackage, PlanRow, SectionRow
from exams.importers.sheets import Book, Row, read_rows


def read(data: bytes) -> tuple[PlanPackage | None, list[Fault], list[Row]]:
    """Return the plan (None where anything is wrong), all faults, and the rows of the candidates for their photos."""
    faults: list[Fault] = []
    book = Book(data)
    plan = _only_plan(read_rows(book, PLAN, ZoneInfo(settings.TIME_ZONE), faults), faults)
    zone = _zone(plan, faults)
    rows = {sheet.title: read_rows(book, sheet, zone, faults) for sheet in SHEETS if sheet is not PLAN}
    _need_rows(rows, faults)
    questions.settle(rows[QUESTIONS.title], faults)
    checks.exams(rows[EXAMS.title], faults)
    checks.questions(rows[QUESTIONS.title], faults)
    checks.sections(rows[SECTIONS.title], rows[EXAMS.title], rows[QUESTIONS.title], faults)
    kind = plan.get("check_code_kind") if plan else None
    checks.candidates(rows[CANDIDATES.title], rows[EXAMS.title], kind or "", faults)
    faults = checks.by_place(faults, [sheet.title for sheet in SHEETS])
    package = None if faults or plan is None else _build(plan, rows)
    return package, faults, rows[CANDIDATES.title]


def _only_plan(rows: list[Row], faults: list[Fault]) -> Row | None:
    for row in rows[1:]:
        faults.append(row.fault("code", _("一个工作簿只能有一个考试计划，请把这一行移到另一个工作簿。")))
    return rows[0] if rows else None


def _zone(plan: Row | None, faults: list[Fault]) -> ZoneInfo:
    name = plan.get("timezone") if plan else None
    zone = checks.time_zone(name or settings.TIME_ZONE)
    if plan and zone is None:
        reason = _("没有名为 %(name)s 的时区，请填写如 Asia/Shanghai，或留空。") % {"name": name}
        faults.append(plan.fault("timezone", reason))
    return zone or ZoneInfo(settings.TIME_ZONE)


def _need_rows(rows: dict[str, list[Row]], faults: list[Fault]) -> None:
    already = {fault.sheet for fault in faults}
    for title in (EXAMS.title, SECTIONS.title, QUESTIONS.title):
        if not rows[title] and title not in already:
            faults.append(Fault(title, None, "", _("只有表头没有内容，请按模板填写。")))


def _values(row: Row) -> dict[str, Any]:
    return {"row": row.number, **row.values}


def _build(plan: Row, rows: dict[str, list[Row]]) -> PlanPackage:
    def of(sheet: Sheet) -> list[Row]:
        return rows[sheet.title]

    for section in of(SECTIONS):
        section.values["title"] = section.values["title"] or KIND_TITLES[section.values["kind"]]
    return PlanPackage(
        plan=PlanRow(**{**_values(plan), "timezone": plan.values["timezone"] or settings.TIME_ZONE}),
        exams=tuple(ExamRow(**_values(row)) for row in of(EXAMS)),
        sections=tuple(SectionRow(**_values(row)) for row in of(SECTIONS)),
        questions=tuple(questions.build(row) for row in of(QUESTIONS)),
        candidates=tuple(CandidateRow(**_values(row)) for row in of(CANDIDATES)),
    )
