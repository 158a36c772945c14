"""manage.py import_plan and plan_template: what they print, write and refuse."""

from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from accounts.models import Candidate, Credential
from exams.importers import package
from exams.importers.normalised import Refused
from exams.models import Enrolment, Plan
from exams.tests import plan_files

pytestmark = pytest.mark.django_db


def faulty(contents: plan_files.Rows) -> list[tuple[str, int | None, str]]:
    """Put more than twenty different faults into a plan, and return where each one is."""
    plan, exam = contents["考试计划"][0], contents["考试科目"][0]
    plan["时区"] = "Mars/Base"
    contents["考试科目"] += [
        {**exam, "科目编号": "E2", "结束": "2030-01-19 15:00"},
        {**exam, "科目编号": "E3", "时长（分钟）": 90},
        {**exam, "科目编号": "E4", "开始": "明天"},
        {**exam, "科目编号": "E1"},
    ]
    contents["大题"] += [{"科目编号": code, "题型": "判断", "每题分值": 9} for code in ("E2", "E3", "E4")]
    contents["大题"] += [
        {"科目编号": "E9", "题型": "单选", "每题分值": 1},
        {"科目编号": "E2", "题型": "填空", "每题分值": 1},
        {"科目编号": "E3", "题型": "单选", "每题分值": 1, "抽题数": 99},
    ]
    single, statement = contents["试题"][0], contents["试题"][2]
    contents["试题"] += [
        {**single, "题号": "Q5", "答案": "AB"},
        {**single, "题号": "Q6", "选项B": "", "答案": "A"},
        {**single, "题号": "Q7", "答案": "D"},
        {**single},
        {**single, "题号": "Q9", "题干": ""},
        {**statement, "题号": "Q10", "答案": "也许"},
        {**single, "题号": "Q11", "科目编号": "E77"},
    ]
    person = contents["考生"][0]
    contents["考生"] += [
        {**person, "考试账号": "a4", "证件号": "110105194912310021"},
        {**person, "考试账号": "2112241199996600002", "证件类型": "护照", "证件号": "P0000001"},
        {**person, "考试账号": "a6", "证件类型": "护照", "证件号": "P0000002", "考试科目": "E88"},
        {**person, "考试账号": "a7", "证件类型": "护照", "证件号": "P0000003", "姓名": ""},
        {**person, "考试账号": "a8", "证件类型": "护照", "证件号": "P0000004", "加时": 10},
        {**person, "考试账号": "a9", "证件类型": "护照", "证件号": "P0000005", "照片文件名": "x.jpg"},
        {**person, "考试账号": "a10"},
        {**person, "考试账号": "a11", "证件类型": "护照", "证件号": "P0000006", "手机号": "十三八"},
    ]
    return [
        ("考试计划", 2, "时区"), ("考试科目", 3, "结束"), ("考试科目", 4, "时长（分钟）"), ("考试科目", 5, "开始"),
        ("考试科目", 6, "科目编号"), ("大题", 8, "科目编号"), ("大题", 9, "题型"), ("大题", 10, "抽题数"),
        ("试题", 5, "答案"), ("试题", 6, "选项B"), ("试题", 7, "答案"), ("试题", 8, "题号"), ("试题", 9, "题干"),
        ("试题", 10, "答案"), ("试题", 11, "科目编号"), ("考生", 4, "证件号"), ("考生", 5, "考试账号"),
        ("考生", 6, "考试科目"), ("考生", 7, "姓名"), ("考生", 8, "加时原因"), ("考生", 9, "照片文件名"),
        ("考生", 10, "证件号"), ("考生", 11, "手机号"), ("照片", None, "nobody.jpg"),
    ]  # fmt: skip


def run(path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_plan", str(path), *arguments, stdout=out, verbosity=0)
    return out.getvalue()


def test_every_one_of_more_than_twenty_faults_is_named_and_nothing_is_imported(tmp_path: Path) -> None:
    contents = plan_files.rows()
    expected = faulty(contents)
    path = plan_files.folder(tmp_path / "p", plan_files.workbook(contents), {"nobody.jpg": plan_files.picture()})
    with pytest.raises(Refused) as refused, package.opened(path):
        pass
    assert sorted(map(str, expected)) == sorted(str((one.sheet, one.row, one.column)) for one in refused.value.faults)
    assert all(fault.reason for fault in refused.value.faults)
    with pytest.raises(CommandError, match=str(len(expected))) as error:
        run(path)
    assert error.value.returncode == 1
    assert not Plan.objects.exists()
    assert not Candidate.objects.exists()


def test_the_workbook_is_handed_back_with_the_reasons_beside_the_rows(tmp_path: Path) -> None:
    contents = plan_files.rows()
    contents["考生"][1]["证件号"] = "110105194912310021"
    path = plan_files.folder(tmp_path / "p", plan_files.workbook(contents), {"nobody.jpg": plan_files.picture()})
    out = tmp_path / "faults.xlsx"
    with pytest.raises(CommandError):
        run(path, "--faults", str(out))
    book: Any = openpyxl.load_workbook(out)
    headings = [cell.value for cell in book["考生"][1]]
    assert "校验位" in book["考生"].cell(row=3, column=headings.index("错误原因") + 1).value
    assert book["错误原因"]["C2"].value == "nobody.jpg"


def test_a_dry_run_finds_the_faults_but_writes_nothing(tmp_path: Path) -> None:
    path = plan_files.folder(tmp_path / "p", plan_files.workbook())
    assert "没有写入" in run(path, "--dry-run")
    assert not Plan.objects.exists()
    assert not Credential.objects.exists()


def test_the_command_says_what_was_made(tmp_path: Path) -> None:
    path = plan_files.folder(tmp_path / "p", plan_files.workbook())
    assert "考生：新增 2，更新 0，未变 0" in run(path)


def test_the_template_command_writes_a_workbook_that_imports(tmp_path: Path) -> None:
    out = tmp_path / "plan.xlsx"
    call_command("plan_template", str(out), stdout=StringIO())
    run(out)
    assert Enrolment.objects.get().exam.code == "CEM-MID"
    with pytest.raises(CommandError, match="--force"):
        call_command("plan_template", str(out), stdout=StringIO())


def test_the_template_keeps_id_columns_as_text_and_offers_choices(tmp_path: Path) -> None:
    out = tmp_path / "plan.xlsx"
    call_command("plan_template", str(out), stdout=StringIO())
    sheet: Any = openpyxl.load_workbook(out)["考生"]
    columns = {cell.value.rstrip("*"): cell.column_letter for cell in sheet[1]}
    assert {sheet.column_dimensions[columns[name]].number_format for name in ("证件号", "考试账号", "手机号")} == {"@"}
    assert any("护照" in rule.formula1 for rule in sheet.data_validations.dataValidation)
