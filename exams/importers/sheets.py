"""The grid of a workbook: finds the sheets and columns by their headings, and reads row by row, noting every fault."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from exams.importers import cells
from exams.importers.columns import OPTION_LETTERS, PACKAGE_TITLE, QUESTIONS, Column, Kind, Sheet
from exams.importers.normalised import Fault, Refused

MOST_LINES_ABOVE = 5  # a title, a remark or two: the headings come soon
PLAIN_NUMBER_FORMATS = frozenset({"General", "@", "0"})
_OPTION_HEADING = re.compile(r"(?:选项|答案选项|备选项)?([A-Z])(?:选项)?$")
_IGNORED_IN_HEADINGS = re.compile(r"[\s*()\[\]【】{}<>《》:\u200b\ufeff]")
_NOT_READ = ("备注", "序号", "错误原因")  # columns for people; the last one is ours, in a workbook handed back
_FORMULA_WITHOUT_VALUE = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"(?![^>]*t="str")[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_BRACKETED = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")


@dataclass
class Row:
    """The values of one row by field; `unread` names the fields whose fault is already noted."""

    sheet: Sheet
    number: int
    values: dict[str, Any] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    options: dict[str, str] = field(default_factory=dict)  # only of questions: letter -> text

    def get(self, name: str) -> Any:
        """Return a value, or None where it could not be read: then nothing more is said about it."""
        return None if name in self.unread else self.values.get(name)

    def fault(self, name: str, reason: str) -> Fault:
        """Return a fault at one column of this row, and keep later checks from repeating it."""
        self.unread.add(name)
        title = next((column.title for column in self.sheet.columns if column.field == name), name)
        return Fault(self.sheet.title, self.number, title, reason)


def normal_heading(raw: Any) -> str:
    """Return a heading as headings are compared: half-width, upper case, no stars, brackets or spaces."""
    return _IGNORED_IN_HEADINGS.sub("", unicodedata.normalize("NFKC", str(raw))).upper()


class Book:
    """An opened workbook; cells as calamine reads them, row numbers as Excel shows them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        except PasswordError:
            raise Refused([_broken(_("工作簿设有密码，请去掉密码后再导入。"))]) from None
        except (CalamineError, OSError, ValueError):
            raise Refused([_broken(_("文件不是可以读取的 Excel 工作簿（.xlsx），请重新另存后再导入。"))]) from None
        self._refuse_formulas_without_value()
        self.titles: dict[str, str] = {normal_heading(name): name for name in self._workbook.sheet_names}

    def name_of(self, sheet: Sheet) -> str | None:
        """Return what the workbook calls a sheet, or None where it has no such sheet."""
        wanted = (normal_heading(title) for title in (sheet.title, *sheet.aliases))
        return next((self.titles[title] for title in wanted if title in self.titles), None)

    def grid(self, sheet: Sheet) -> list[list[Any]]:
        """Return all cells from A1 on, so that places in the list are places on the sheet."""
        name = self.name_of(sheet)
        try:
            return self._workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) if name else []
        except (CalamineError, ValueError):
            raise Refused([Fault(sheet.title, None, "", _("工作表无法读取，请重新另存后再导入。"))]) from None

    def merged_away(self, sheet: Sheet) -> set[tuple[int, int]]:
        """Return the cells (row and column, from 0) that people see as part of a merged one, and that hold nothing."""
        ranges = self._workbook.get_sheet_by_name(self.name_of(sheet) or "").merged_cell_ranges or []
        return {
            (row, column)
            for (top, left), (bottom, right) in ranges
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }

    def _refuse_formulas_without_value(self) -> None:
        """Refuse a workbook that no spreadsheet has calculated: its formulas would be read as blank cells."""
        with zipfile.ZipFile(BytesIO(self._data)) as parts:
            for name in parts.namelist():
                found = name.startswith("xl/worksheets/") and _FORMULA_WITHOUT_VALUE.search(parts.read(name))
                if found:
                    reason = _("单元格 %(cell)s 等处的公式还没有计算结果，请用 Excel 或 WPS 打开并保存后再导入。")
                    raise Refused([_broken(reason % {"cell": found[1].decode()})])

    @cached_property
    def _formats(self) -> Any:
        return openpyxl.load_workbook(BytesIO(self._data), data_only=True)

    @cached_property
    def _may_hold_errors(self) -> bool:
        """Tell whether any cell is an error value; calamine reads those as blank, and loading twice takes long."""
        with zipfile.ZipFile(BytesIO(self._data)) as parts:
            sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
            return any(b't="e"' in parts.read(name) for name in sheets)

    def error_at(self, sheet: Sheet, row: int, column: int) -> str:
        """Return the error value of a cell that calamine finds blank, or an empty text."""
        if not self._may_hold_errors:
            return ""
        cell = self._formats[self.name_of(sheet)].cell(row=row, column=column + 1)
        return str(cell.value) if cell.data_type == "e" else ""

    def shows_per_cent(self, sheet: Sheet, row: int, column: int) -> bool:
        """Tell whether a number is shown in per cent: 60% is stored as 0.6."""
        return "%" in self._formats[self.name_of(sheet)].cell(row=row, column=column + 1).number_format

    def shows_plainly(self, sheet: Sheet, row: int, column: int) -> bool:
        """Tell whether a number looks on the sheet as it is stored: 50% is stored as 0.5."""
        cell = self._formats[self.name_of(sheet)].cell(row=row, column=column + 1)
        return cell.number_format in PLAIN_NUMBER_FORMATS


def _broken(reason: str) -> Fault:
    return Fault(PACKAGE_TITLE, None, "plan.xlsx", reason)


def read_rows(book: Book, sheet: Sheet, zone: ZoneInfo, faults: list[Fault]) -> list[Row]:
    """Return the rows of a sheet that hold anything; what cannot be read is added to the faults."""
    if book.name_of(sheet) is None:
        faults.append(Fault(sheet.title, None, "", _("缺少这个工作表，请按模板补上。")))
        return []
    grid = book.grid(sheet)
    at = _place_of_headings(sheet, grid)
    if at is None:
        faults.append(Fault(sheet.title, None, "", _("工作表是空的，请按模板填写。")))
        return []
    places, options = _headings(sheet, grid[at], at + 1, faults)
    merged = book.merged_away(sheet)
    rows = []
    for number, line in enumerate(grid[at + 1 :], start=at + 2):
        if not all(map(cells.is_blank, line)):
            rows.append(_read_row(_Place(book, sheet, number, zone, merged), line, places, options, faults))
    return rows


def _known_headings(sheet: Sheet) -> dict[str, Column]:
    return {normal_heading(title): column for column in sheet.columns for title in (column.title, *column.aliases)}


def _place_of_headings(sheet: Sheet, grid: list[list[Any]]) -> int | None:
    """Return the line of the headings: the first with anything on it, or one soon after if that is a mere title."""
    known = _known_headings(sheet)
    filled = [place for place, line in enumerate(grid) if not all(map(cells.is_blank, line))][:MOST_LINES_ABOVE]
    for place in filled:
        if sum(normal_heading(raw) in known for raw in grid[place] if not cells.is_blank(raw)) > 1:
            return place
    return filled[0] if filled else None


def _headings(sheet: Sheet, line: list[Any], number: int, faults: list[Fault]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the place of each field, and of each option letter."""
    known = _known_headings(sheet)
    places: dict[str, int] = {}
    options: dict[str, int] = {}
    for place, raw in enumerate(line):
        if cells.is_blank(raw):
            continue
        bare = _BRACKETED.sub("", unicodedata.normalize("NFKC", str(raw)))
        column = known.get(normal_heading(raw)) or known.get(normal_heading(bare))
        letter = _OPTION_HEADING.match(normal_heading(raw)) if sheet is QUESTIONS and not column else None
        taken: tuple[dict[str, int], str] | None = None
        if column:
            taken = (places, column.field)
        elif letter:
            taken = (options, letter[1])
        elif not normal_heading(raw).startswith(_NOT_READ):
            faults.append(Fault(sheet.title, number, str(raw), _unknown(bare, known)))
        if taken and taken[0].setdefault(taken[1], place) != place:
            faults.append(Fault(sheet.title, number, str(raw), _("这一列出现了两次，请只保留一列。")))
    for column in sheet.columns:
        if column.required and column.field not in places:
            faults.append(Fault(sheet.title, number, column.title, _("缺少这一列，请按模板补上。")))
    return places, options


def _unknown(heading: str, known: Mapping[str, Column]) -> str:
    """Return why a column cannot be left alone: what it says would be lost without a word."""
    if near := get_close_matches(normal_heading(heading), known, n=1):
        return _("无法识别这一列，是否应为“%(title)s”？请改正列名。") % {"title": known[near[0]].title}
    return _("无法识别这一列。请按模板改正列名；不导入的列请删除，或以“备注”开头。")


@dataclass(frozen=True)
class _Place:
    book: Book
    sheet: Sheet
    number: int
    zone: ZoneInfo
    merged: AbstractSet[tuple[int, int]]

    def raw(self, line: list[Any], place: int) -> Any:
        """Return a cell as it was read, and an error value as its text."""
        cell = line[place] if place < len(line) else None
        return self.book.error_at(self.sheet, self.number, place) if cells.is_blank(cell) else cell

    def read(self, column: Column, place: int, raw: Any) -> Any:
        """Return the value of a cell; raise `cells.Unreadable` with the reason."""
        number = isinstance(raw, (int, float)) and not isinstance(raw, bool)
        if column.kind is Kind.TEXT and number and not self.book.shows_plainly(self.sheet, self.number, place):
            reason = _("单元格是带格式的数字（如百分比），导入后会与表中所见不同，请设为文本格式后重新录入。")
            raise cells.Unreadable(reason)
        is_part = column.kind in {Kind.INTEGER, Kind.DECIMAL} and number and raw != int(raw)
        if is_part and self.book.shows_per_cent(self.sheet, self.number, place):
            raise cells.Unreadable(_("这里是百分比，请改填数值，如 60。"))
        return cells.read(column, raw, self.zone)


def _read_row(
    place: _Place, line: list[Any], places: Mapping[str, int], options: Mapping[str, int], faults: list[Fault]
) -> Row:
    row = Row(place.sheet, place.number)
    for column in place.sheet.columns:
        at = places.get(column.field)
        raw = None if at is None else place.raw(line, at)
        row.values[column.field] = column.default
        if at is not None and (row.number - 1, at) in place.merged:
            faults.append(row.fault(column.field, _("单元格与相邻的合并了，只有第一格有内容，请取消合并后逐行填写。")))
        elif cells.is_blank(raw):
            if column.required:
                row.unread.add(column.field)
                if at is not None:  # a column that is missing has been named once, at its heading
                    faults.append(row.fault(column.field, _("必填，不能为空。")))
        else:
            _read_cell(place, row, column, at or 0, raw, faults)
    row.options = dict(_read_options(place, row, line, options.items(), faults))
    return row


def _read_cell(place: _Place, row: Row, column: Column, at: int, raw: Any, faults: list[Fault]) -> None:
    try:
        row.values[column.field] = place.read(column, at, raw)
    except cells.Unreadable as unreadable:
        faults.append(row.fault(column.field, str(unreadable)))


def _read_options(
    place: _Place, row: Row, line: list[Any], options: Iterable[tuple[str, int]], faults: list[Fault]
) -> Iterable[tuple[str, str]]:
    for letter, at in sorted(options, key=lambda pair: OPTION_LETTERS.index(pair[0])):
        raw = place.raw(line, at)
        if cells.is_blank(raw):
            continue
        column = Column(f"选项{letter}", f"选项{letter}", Kind.TEXT, "", maximum=4000)
        try:
            yield letter, place.read(column, at, raw)
        except cells.Unreadable as unreadable:
            row.unread.add("options")
            faults.append(row.fault(column.field, str(unreadable)))
