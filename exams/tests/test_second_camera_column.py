"""The column 第二摄像头, under its names, and what it needs beside it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from exams.importers import workbook
from exams.tests import plan_files
from exams.tests.factories import ExamFactory


def read(cells: dict[str, str], heading: str = "第二摄像头") -> tuple[str | None, list[str]]:
    """Return the rule that a sheet gives the exam, and the faults found in it."""

    def rename(book: Any) -> None:
        for cell in book["考试科目"][1]:
            cell.value = heading if cell.value == "第二摄像头" else cell.value

    rows = plan_files.rows()
    rows["考试科目"][0].update(cells)
    package, faults, _rows = workbook.read(plan_files.workbook(rows, rename))
    return package.exams[0].second_camera if package else None, [fault.reason for fault in faults]


@pytest.mark.parametrize(
    ("written", "rule"),
    [("", "off"), ("不使用", "off"), ("可选", "optional"), ("必须", "required"), ("必需", "required")],
)
def test_the_rule_is_read_in_chinese(written: str, rule: str) -> None:
    assert read({"第二摄像头": written}) == (rule, [])


@pytest.mark.parametrize("heading", ["双摄像头", "手机摄像头", "第二机位", "第二摄像头（选填）"])
def test_the_column_has_other_names(heading: str) -> None:
    assert read({"第二摄像头": "必须"}, heading) == ("required", [])


def test_it_needs_the_camera_throughout() -> None:
    _rule, faults = read({"第二摄像头": "可选", "人脸规则": "仅入场"})
    assert faults == ["第二摄像头只能与全程人脸核验一起使用，请把人脸规则改为全程。"]


@pytest.mark.django_db
def test_the_back_office_refuses_it_in_the_same_words() -> None:
    exam = ExamFactory.build(face_rule="check_in", second_camera="required")
    with pytest.raises(ValidationError, match="第二摄像头只能与全程人脸核验一起使用"):
        exam.validate_constraints()
