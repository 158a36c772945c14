"""The empty plan workbook: text-formatted numbers, drop-downs, one example row, and a sheet that explains it."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from exams.importers.columns import QUESTIONS, SHEETS, Column, Kind, Sheet

PREPARED_ROWS = 20_000  # rows that carry drop-downs
OPTION_LETTERS = "ABCDEF"
OPTION_EXAMPLES = ("企业法人或视同法人的独立核算单位", "单台设备", "部门", "员工个人")
EXPLANATION_TITLE = "说明"
TEXT_KINDS = frozenset({Kind.CODE, Kind.IDENTIFIER, Kind.NAME, Kind.TEXT, Kind.MOMENT})
HEAD_FILL = PatternFill("solid", fgColor="1F4E8C")
REQUIRED_FILL = PatternFill("solid", fgColor="B54708")


Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def build(rows: Rows | None = None) -> bytes:
    """Return a workbook as the bytes of an .xlsx file: with rows by sheet and column title, else with the examples.

    The example rows import as they are.
    """
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in SHEETS:
        columns = with_options(sheet)
        target = book.create_sheet(sheet.title)
        _prepare(target, columns)
        _fill(target, columns, _examples(columns) if rows is None else rows.get(sheet.title, []))
    _explain(book.create_sheet(EXPLANATION_TITLE))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def with_options(sheet: Sheet) -> list[Column]:
    """Return the columns of a sheet; for questions with the options between stem and answer."""
    columns = list(sheet.columns)
    if sheet is QUESTIONS:
        at = next(place for place, column in enumerate(columns) if column.field == "answer")
        examples = (*OPTION_EXAMPLES, *[""] * len(OPTION_LETTERS))
        columns[at:at] = [
            Column(f"选项{letter}", f"选项{letter}", Kind.TEXT, "", example=example, width=24)
            for letter, example in zip(OPTION_LETTERS, examples, strict=False)
        ]
    return columns


def _examples(columns: list[Column]) -> Sequence[Mapping[str, Any]]:
    return [{column.title: column.example for column in columns}]


def _fill(target: Any, columns: list[Column], rows: Sequence[Mapping[str, Any]]) -> None:
    for number, row in enumerate(rows, start=2):
        for place, column in enumerate(columns, start=1):
            value = row.get(column.title, "")
            if value not in {"", None}:
                cell = target.cell(row=number, column=place, value=value)
                if column.kind in TEXT_KINDS:
                    cell.number_format = "@"
                    cell.alignment = Alignment(wrap_text=column.kind is Kind.TEXT, vertical="top")


def _prepare(target: Any, columns: list[Column]) -> None:
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        head = target.cell(row=1, column=place, value=column.title + ("*" if column.required else ""))
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = REQUIRED_FILL if column.required else HEAD_FILL
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        target.column_dimensions[letter].width = column.width
        if column.kind in TEXT_KINDS:
            target.column_dimensions[letter].number_format = "@"  # for the cells that are still to be filled
        if column.offered:
            target.add_data_validation(_drop_down(column, letter))
    target.freeze_panes = "A2"
    target.row_dimensions[1].height = 28


def _drop_down(column: Column, letter: str) -> DataValidation:
    rule = DataValidation(type="list", formula1=f'"{",".join(column.offered)}"', allow_blank=True)
    rule.showErrorMessage = column.kind is not Kind.TEXT
    rule.errorTitle, rule.error = _("不在可选范围内"), _("请从下拉列表中选择。")
    rule.add(f"{letter}2:{letter}{PREPARED_ROWS}")
    return rule


def _explain(target: Any) -> None:
    target.append([_("工作表"), _("列"), _("是否必填"), _("可填内容"), _("说明")])
    for sheet in SHEETS:
        for column in sheet.columns:
            required = _("必填") if column.required else ""
            target.append([sheet.title, column.title, required, "、".join(column.offered), str(column.help)])
        if sheet is QUESTIONS:
            text = _("选项内容，从 A 起连续填写，可一直加到选项Z；判断题留空。")
            target.append([sheet.title, "选项A…", "", "", text])
    for text in _notes():
        target.append(["", "", "", "", text])
    for letter, width in zip("ABCDE", (12, 16, 10, 40, 90), strict=True):
        target.column_dimensions[letter].width = width
    for cell in target[1]:
        cell.font = Font(bold=True)
    target.freeze_panes = "A2"


def _notes() -> list[str]:
    return [
        _("每张表的第 2 行是示例，填写时请覆盖；再次导入时按计划编号、科目编号、题号和考试账号更新。"),
        _("照片放在与 plan.xlsx 同级的 photos 文件夹中，按“证件号.jpg”命名，同一人多张时加 _2、_3。"),
        _("请将 plan.xlsx 和 photos 放在同一文件夹，或打成一个 zip 压缩包后导入。"),
    ]
