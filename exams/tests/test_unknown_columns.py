"""A column that would be lost without a word is a fault; one that is meant for people is not."""

from typing import Any

from exams.importers import workbook
from exams.importers.normalised import Fault
from exams.tests import plan_files


def faults_with(heading: str) -> list[Fault]:
    def edit(book: Any) -> None:
        sheet = book["考试科目"]
        sheet.cell(row=1, column=sheet.max_column + 1, value=heading)

    return workbook.read(plan_files.workbook(plan_files.rows(), edit))[1]


def test_a_heading_that_is_nearly_right_is_named_with_the_right_one() -> None:
    [fault] = faults_with("迟到限制分")
    assert (fault.sheet, fault.column) == ("考试科目", "迟到限制分")
    assert "迟到限制" in fault.reason


def test_a_heading_that_means_nothing_is_named() -> None:
    [fault] = faults_with("天气")
    assert fault.column == "天气"


def test_remarks_are_left_alone() -> None:
    assert faults_with("备注（内部）") == []
