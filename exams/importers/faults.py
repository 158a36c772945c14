"""Faults for people: a table for the terminal, and the workbook handed back with a column 错误原因."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Font, PatternFill

from exams.importers.columns import SHEETS
from exams.importers.normalised import Fault
from exams.importers.sheets import normal_heading

REASON_HEADING = "错误原因"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MARKED = PatternFill("solid", fgColor="FDE7E7")


def table(faults: Sequence[Fault]) -> str:
    """Return the faults as aligned lines: sheet, row, column, reason."""
    head = (_("工作表"), _("行"), _("列"), _("原因"))
    lines = [head, *((one.sheet, str(one.row or "—"), one.column or "—", one.reason) for one in faults)]
    widths = [max(_width(line[at]) for line in lines) for at in range(3)]
    return "\n".join(
        "  ".join([*(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=False)), line[3]])
        for line in lines
    )


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def hand_back(workbook: bytes | None, faults: Sequence[Fault], out: Path) -> None:
    """Write the organizer's own workbook with its wrong rows marked and their reasons beside them."""
    book = openpyxl.load_workbook(BytesIO(workbook)) if workbook else openpyxl.Workbook()
    by_heading = {normal_heading(sheet.title): sheet for sheet in book.worksheets}
    aliases = {normal_heading(one.title): [normal_heading(t) for t in (one.title, *one.aliases)] for one in SHEETS}
    left: list[Fault] = []
    reasons: dict[tuple[str, int], list[str]] = defaultdict(list)
    for fault in faults:
        names = aliases.get(normal_heading(fault.sheet), [])
        sheet = next((by_heading[name] for name in names if name in by_heading), None)
        if sheet is None or fault.row is None:
            left.append(fault)
        else:
            reasons[sheet.title, fault.row].append(f"{fault.column}: {fault.reason}")
    for (title, row), texts in reasons.items():
        _mark(book[title], row, "\n".join(texts))
    if left:
        _list(book.create_sheet(REASON_HEADING, 0), left)
    if not workbook:
        book.remove(book.worksheets[-1])
    book.save(out)


def _mark(sheet: Any, row: int, reason: str) -> None:
    heading = next((line[0].row for line in sheet.iter_rows() if any(cell.value is not None for cell in line)), 1)
    column = next((cell.column for cell in sheet[heading] if cell.value == REASON_HEADING), sheet.max_column + 1)
    sheet.cell(row=heading, column=column, value=REASON_HEADING).font = Font(bold=True, color="B42318")
    sheet.column_dimensions[sheet.cell(row=heading, column=column).column_letter].width = 60
    cell = sheet.cell(row=row, column=column, value=safe(reason))
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    for other in sheet[row]:
        other.fill = MARKED


def _list(sheet: Any, faults: Iterable[Fault]) -> None:
    sheet.append([_("工作表"), _("行"), _("列"), _("原因")])
    for fault in faults:
        sheet.append([safe(fault.sheet), fault.row, safe(fault.column), safe(fault.reason)])
    for letter, width in zip("ABCD", (12, 8, 28, 80), strict=True):
        sheet.column_dimensions[letter].width = width


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
