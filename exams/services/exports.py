"""Results as tables for spreadsheets: numbers stay numbers, ids stay text, and no cell can be run as a formula."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from exams import queries
from exams.models import Enrolment, Exam, Result, Sitting
from exams.services.changes import for_reader

EXPORTED = gettext_lazy("导出成绩")
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # i18n: data
DIGITS_THAT_STAY = 11  # a spreadsheet shows longer numbers in scientific form, and rounds them after 15
HEAD_FILL = PatternFill("solid", fgColor="1D53C4")
WIDEST = 40
BATCH = 500

Cell = str | Decimal | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Column titles and rows; a string is text whatever it looks like."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def results(enrolments: QuerySet[Enrolment]) -> Table:
    """Return one row for each enrolment, those who never came included; ID numbers are masked."""
    related = ("exam__plan", "candidate", "sitting__result__decided_by")
    found = enrolments.select_related(*related).prefetch_related(queries.first_pictures(), "sitting__receipts")
    ordered = found.order_by("exam__plan__code", "exam__code", "account_number")
    rows = tuple(tuple(_row(enrolment)) for enrolment in ordered.iterator(chunk_size=BATCH))
    return Table(_("成绩"), _columns(), rows)


def _columns() -> tuple[str, ...]:
    return (
        *(_("计划编号"), _("考试计划"), _("科目编号"), _("考试科目")),
        *(_("考试账号"), _("姓名"), _("证件类型"), _("证件号"), _("单位"), _("考点"), _("考场"), _("座位")),
        *(_("状态"), _("开始作答"), _("结束时间"), _("结束方式"), _("切屏次数"), _("入场核验"), _("身份状态")),
        _("回执编号"),
        _("首次采集的底照"),
        *(_("得分"), _("满分"), _("是否及格"), _("有效性"), _("有效性说明"), _("裁定人"), _("裁定时间")),
    )


def _row(enrolment: Enrolment) -> Iterator[Cell]:
    exam, candidate = enrolment.exam, enrolment.candidate
    yield from (exam.plan.code, exam.plan.name, exam.code, exam.name)
    yield from (enrolment.account_number, enrolment.name, str(candidate.get_id_kind_display()), candidate.masked_id)
    yield from (enrolment.organization, enrolment.site, enrolment.room, enrolment.seat)
    sitting = getattr(enrolment, "sitting", None)
    yield from _of_sitting(sitting, exam)
    comparison = queries.first_picture(enrolment)
    yield str(comparison.label) if comparison else ""
    yield from _of_result(getattr(sitting, "result", None), exam)


def _of_sitting(sitting: Sitting | None, exam: Exam) -> Iterator[Cell]:
    if sitting is None:
        yield from (_("未到"), "", "", "", None, "", "", "")
        return
    yield str(sitting.get_state_display())
    yield from (_moment(sitting.started_at, exam), _moment(sitting.ended_at, exam))
    yield str(sitting.get_ended_by_display()) if sitting.ended_by else ""
    yield sitting.switch_count
    watched = exam.uses_camera
    yield str(sitting.get_check_in_display()) if watched else ""
    yield str(sitting.get_identity_display()) if watched else ""
    yield " ".join(receipt.code for receipt in list(sitting.receipts.all())[-1:])


def _of_result(result: Result | None, exam: Exam) -> Iterator[Cell]:
    if result is None:
        yield from (None, None, "", "", "", "", "")
        return
    yield from (result.points, result.points_possible)
    yield {None: "", True: _("是"), False: _("否")}[result.passed]
    yield from (str(result.get_validity_display()), for_reader(result.validity_reason))
    yield str(result.decided_by or "")
    yield _moment(result.decided_at, exam)


def _moment(moment: datetime | None, exam: Exam) -> str:
    """Return a moment on the clock of the plan."""
    return moment.astimezone(ZoneInfo(exam.plan.timezone)).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


# --- as a file -------------------------------------------------------------------------------------------------------


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def as_csv(table: Table) -> bytes:
    """Return the bytes of a CSV file that Excel opens in the right encoding, with long numbers as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(guarded, table.columns))
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str | Decimal | int:
    if cell is None:
        return ""
    return _kept_as_text(guarded(cell)) if isinstance(cell, str) else cell


def _kept_as_text(text: str) -> str:
    """Add a tab to what Excel would else read as a number and spoil: 19 digits, or zeros in front."""
    spoilt = text.isdecimal() and (len(text) > DIGITS_THAT_STAY or (len(text) > 1 and text.startswith("0")))
    return f"{text}\t" if spoilt else text


def as_xlsx(table: Table) -> bytes:
    """Return the bytes of a workbook in which every text is stored as text."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(table.title)
    for number, row in enumerate((table.columns, *table.rows), start=1):
        for column, value in enumerate(row, start=1):
            _write(sheet.cell(row=number, column=column), value)
    for column, width in enumerate(_widths(table), start=1):
        head = sheet.cell(row=1, column=column)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), HEAD_FILL
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(target: Any, value: Cell) -> None:
    if isinstance(value, str):
        target.value = guarded(value)
        target.data_type, target.number_format = "s", "@"  # else openpyxl makes a formula of "=…"
    else:
        target.value = value


def _widths(table: Table) -> Iterator[int]:
    for index, title in enumerate(table.columns):
        texts: Sequence[str] = [title, *(str(row[index] or "") for row in table.rows[:BATCH])]
        yield min(WIDEST, max(sum(1 + (ord(letter) > 0xFF) for letter in text) for text in texts) + 2)
