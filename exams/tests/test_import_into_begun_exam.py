"""An exam that somebody has begun stays as it is; everything around it may still be imported."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exams.models import Exam, SectionItem
from exams.tests import plan_files
from exams.tests.plan_imports import Import, begin, tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    return Import(tmp_path)


def change_exam(contents: plan_files.Rows) -> None:
    contents["考试科目"][0]["时长（分钟）"] = 40


def change_plan(contents: plan_files.Rows) -> None:
    contents["考试计划"][0]["校验码方式"] = "手机后四位"
    contents["考生"] = contents["考生"][:1]


def change_section(contents: plan_files.Rows) -> None:
    contents["大题"][0]["每题分值"] = 2.5


def drop_section(contents: plan_files.Rows) -> None:
    del contents["大题"][2]


def change_question(contents: plan_files.Rows) -> None:
    contents["试题"][1]["答案"] = "AB"


def add_question(contents: plan_files.Rows) -> None:
    contents["试题"].append({**contents["试题"][0], "题号": "S9"})


def swap_questions(contents: plan_files.Rows) -> None:
    contents["试题"][0]["题号"] = "S0"


def rename_candidate(contents: plan_files.Rows) -> None:
    contents["考生"][0]["姓名"] = "张三"


def change_person(contents: plan_files.Rows) -> None:
    contents["考生"][0] |= {"证件类型": "护照", "证件号": "E7654321"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (change_exam, ("考试科目", 2, "时长（分钟）")),
        (change_plan, ("考试计划", 2, "校验码方式")),
        (change_section, ("大题", 2, "每题分值")),
        (drop_section, ("考试科目", 2, "科目编号")),
        (change_question, ("试题", 3, "题干")),
        (add_question, ("试题", 5, "题干")),
        (swap_questions, ("试题", 2, "题干")),
        (rename_candidate, ("考生", 2, "姓名")),
        (change_person, ("考生", 2, "证件号")),
    ],
)
def test_what_would_change_an_exam_that_has_begun_is_refused(
    bring: Import, change: Callable[[plan_files.Rows], None], place: tuple[str, int, str]
) -> None:
    bring()
    begin()
    before = tables()
    contents = plan_files.rows()
    change(contents)
    (fault,) = bring.faults(contents)
    assert (fault.sheet, fault.row, fault.column) == place
    assert "已有考生开始作答" in fault.reason
    assert tables() == before


def test_candidates_may_be_added_and_corrected_while_others_sit(bring: Import) -> None:
    bring()
    begin()
    contents = plan_files.rows()
    contents["考生"][1]["姓名"] = "李贰"
    contents["考生"].append({**contents["考生"][0], "证件类型": "护照", "证件号": "E1234567", "考试账号": "3"})
    assert bring(contents).counts["考生"] == {"unchanged": 1, "updated": 1, "created": 1}


def test_another_exam_of_the_plan_may_still_change(bring: Import) -> None:
    contents = plan_files.rows()
    contents["考试科目"].append({**contents["考试科目"][0], "科目编号": "E2"})
    contents["大题"] += [{**row, "科目编号": "E2"} for row in contents["大题"]]
    bring(contents)
    begin()
    contents["考试科目"][1]["时长（分钟）"] = 50
    contents["试题"].append({**contents["试题"][0], "题号": "S9", "科目编号": "E2"})
    bring(contents)
    assert Exam.objects.get(code="E2").duration_minutes == 50
    assert SectionItem.objects.filter(section__exam__code="E2", section__kind="single").count() == 2
