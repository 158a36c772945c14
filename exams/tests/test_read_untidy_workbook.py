"""Workbooks as organizers really keep them: with a title on top, merged cells, formulas and per cents."""

from collections.abc import Callable
from typing import Any

import pytest

from exams.importers import workbook
from exams.importers.normalised import Fault, Refused
from exams.tests import plan_files


def column_of(sheet: Any, title: str) -> int:
    return next(int(cell.column) for cell in sheet[1] if cell.value.rstrip("*") == title)


def faults_after(edit: Callable[[Any], None]) -> list[Fault]:
    return workbook.read(plan_files.workbook(None, edit))[1]


def test_a_title_above_the_headings_is_passed_over() -> None:
    def edit(book: Any) -> None:
        sheet = book["考生"]
        sheet.insert_rows(1)
        sheet["A1"] = "2030 年考生名单"
        sheet.merge_cells("A1:F1")

    assert faults_after(edit) == []


@pytest.mark.parametrize("title", ["考试科目", "考场"])
def test_merged_cells_are_named_since_only_the_first_holds_anything(title: str) -> None:
    def edit(book: Any) -> None:
        sheet = book["考生"]
        column = column_of(sheet, title)
        sheet.cell(2, column).value = "E1"
        sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)

    [fault] = faults_after(edit)
    assert (fault.row, fault.column) == (3, title)
    assert "合并" in fault.reason


def test_a_pass_mark_in_per_cent_is_not_taken_for_points() -> None:
    def edit(book: Any) -> None:
        sheet = book["考试科目"]
        cell = sheet.cell(2, column_of(sheet, "及格线"))
        cell.value, cell.number_format = 0.6, "0%"

    [fault] = faults_after(edit)
    assert (fault.column, "百分比" in fault.reason) == ("及格线", True)


def test_formulas_that_nothing_has_calculated_are_not_read_as_blank() -> None:
    def edit(book: Any) -> None:
        sheet = book["考生"]
        sheet.cell(3, column_of(sheet, "加时")).value = "=5*2"

    with pytest.raises(Refused) as refused:
        faults_after(edit)
    assert "公式" in refused.value.faults[0].reason


def test_a_number_out_of_range_is_quoted_as_it_was_written() -> None:
    contents = plan_files.rows()
    contents["考试科目"][0]["提前入场"] = -5
    [fault] = workbook.read(plan_files.workbook(contents))[1]
    assert fault.reason.startswith("-5 ")
