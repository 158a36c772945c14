"""plan.xlsx: what is understood, and how each thing that is wrong gets its name and place."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from exams.importers import template, workbook
from exams.importers.normalised import Fault, PlanPackage
from exams.tests import plan_files


def read(contents: plan_files.Rows, edit: Callable[[Any], None] | None = None) -> PlanPackage:
    package, faults, _rows = workbook.read(plan_files.workbook(contents, edit))
    assert faults == []
    assert package is not None
    return package


def faults_of(contents: plan_files.Rows, edit: Callable[[Any], None] | None = None) -> list[Fault]:
    return workbook.read(plan_files.workbook(contents, edit))[1]


def only_fault(contents: plan_files.Rows, edit: Callable[[Any], None] | None = None) -> Fault:
    (fault,) = faults_of(contents, edit)
    return fault


def question(answer: Any, kind: str = "单选", **more: Any) -> plan_files.Rows:
    """A plan whose first question is this one."""
    contents = plan_files.rows()
    contents["大题"] = [{"科目编号": "E1", "题型": kind[:2], "每题分值": 2}]
    contents["考试科目"][0]["及格线"] = ""
    options = {} if kind.startswith("判断") else {"选项A": "甲", "选项B": "乙", "选项C": "丙"}
    contents["试题"] = [{"题号": "Q", "题型": kind, "题干": "题干", **options, **more, "答案": answer}]
    return contents


def test_the_template_reads_back_as_the_plan_it_shows() -> None:
    package, faults, _rows = workbook.read(template.build())
    assert faults == []
    assert package is not None
    assert package.plan.code == "2026-CEM-01"
    assert package.candidates[0].id_number == "11010519491231002X"
    assert [question.answer for question in package.questions] == [(0,)]


def test_times_are_read_in_the_time_zone_of_the_plan() -> None:
    contents = plan_files.rows()
    assert read(contents).exams[0].opens_at == datetime(2030, 1, 19, 8, tzinfo=UTC)
    contents["考试计划"][0]["时区"] = "Asia/Urumqi"
    assert read(contents).exams[0].opens_at == datetime(2030, 1, 19, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["2030/1/19 16:00", "2030年1月19日 16:00", "2030-01-19T16:00:00", "２０３０-01-19 １６：00"]
)
def test_times_may_be_written_as_people_write_them(written: str) -> None:
    contents = plan_files.rows()
    contents["考试科目"][0]["开始"] = written
    assert read(contents).exams[0].opens_at == datetime(2030, 1, 19, 8, tzinfo=UTC)


def test_times_may_be_excel_dates() -> None:
    def edit(book: Any) -> None:
        book["考试科目"]["C2"] = datetime(2030, 1, 19, 16)  # noqa: DTZ001
        book["考试科目"]["C2"].number_format = "yyyy-mm-dd hh:mm"

    assert read(plan_files.rows(), edit).exams[0].opens_at == datetime(2030, 1, 19, 8, tzinfo=UTC)


def test_rules_that_are_left_out_take_their_defaults() -> None:
    exam = read(plan_files.rows()).exams[0]
    assert (exam.face_rule, exam.after_failed_check_in, exam.without_reference) == ("continuous", "hold", "hold")
    assert (exam.check_in_attempts, exam.late_responses, exam.switch_limit, exam.is_practice) == (
        3,
        "refuse",
        None,
        False,
    )


def test_chinese_words_become_the_values_of_the_rules() -> None:
    contents = plan_files.rows()
    contents["考试科目"][0] |= {
        "人脸规则": "仅入场",
        "识别失败": "标记后继续",
        "无底照": "首次采集",
        "超限处理": "交卷",
        "迟交规则": "宽限",
        "宽限秒数": 20,
        "故障补时": "自动",
        "补时上限": 15,
        "试考": "是",
        "及格线": "3.5",
    }
    exam = read(contents).exams[0]
    assert (exam.face_rule, exam.after_failed_check_in, exam.without_reference) == ("check_in", "continue", "adopt")
    assert (exam.after_switch_limit, exam.late_responses, exam.late_grace_seconds) == ("hand_in", "grace", 20)
    assert (exam.outage_rule, exam.outage_most_minutes) == ("automatic", 15)
    assert (exam.is_practice, exam.pass_mark) == (True, Decimal("3.5"))


def test_headings_are_found_under_their_other_names_and_with_stars_brackets_and_spaces() -> None:
    def edit(book: Any) -> None:
        sheet = book["考生"]
        sheet.title = "考生名单"
        for cell in sheet[1]:
            names = {"证件号*": " 身份证 号码 (必填)", "考试账号*": "准考证号", "考试科目*": "科目编号 ＊"}
            cell.value = names.get(cell.value, cell.value)

    assert read(plan_files.rows(), edit).candidates[0].account_number == "2112241199996600001"


@pytest.mark.parametrize("written", ["AC", "A,C", "a;c", "A、C", "C A", "Ａ，Ｃ", "A|C"])
def test_answers_to_multiple_choice_come_in_many_notations(written: str) -> None:
    assert read(question(written, "多选")).questions[0].answer == (0, 2)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("对", 0),
        ("√", 0),
        ("T", 0),
        ("正确", 0),
        ("y", 0),
        ("A", 0),
        ("错", 1),
        ("×", 1),
        ("F", 1),
        ("否", 1),
        ("错误", 1),
        ("B", 1),
        ("x", 1),
    ],
)
def test_answers_to_true_or_false_come_in_many_notations(written: str, place: int) -> None:
    assert read(question(written, "判断题")).questions[0].answer == (place,)


def test_true_or_false_as_excel_booleans() -> None:
    def edit(book: Any) -> None:
        sheet = book["试题"]
        column = next(cell.column for cell in sheet[1] if cell.value == "答案*")
        sheet.cell(row=2, column=column).value = False

    assert read(question("对", "判断"), edit).questions[0].answer == (1,)


def test_written_out_true_and_false_options_give_the_letters_their_meaning() -> None:
    assert read(question("A", "判断", 选项A="错误", 选项B="正确")).questions[0].answer == (1,)


def test_a_question_without_a_number_gets_the_same_one_each_time() -> None:
    contents = question("A")
    contents["试题"][0]["题号"] = ""
    assert read(contents).questions[0].id == read(contents).questions[0].id != ""


def test_identity_numbers_are_normalised() -> None:
    contents = plan_files.rows()
    contents["考生"][0]["证件号"] = "\u00a01101 0519491231002\u200bx "
    contents["考生"][0]["姓名"] = "阿卜杜热合曼•买买提艾力"
    candidate = read(contents).candidates[0]
    assert candidate.id_number == plan_files.FIRST_ID
    assert candidate.name == "阿卜杜热合曼·买买提艾力"


def test_the_checksum_is_asked_of_id_cards_only() -> None:
    contents = plan_files.rows()
    contents["考生"][0] |= {"证件类型": "护照", "证件号": "e12345678"}
    assert read(contents).candidates[0].id_number == "E12345678"


def test_passports_that_look_wrong_as_id_cards_name_the_way_out() -> None:
    contents = plan_files.rows()
    contents["考生"][0]["证件号"] = "E12345678"
    assert "证件类型" in only_fault(contents).reason


@pytest.mark.parametrize(
    ("title", "cell", "number"),
    [("证件号*", 2, 110105194912310021), ("考试账号*", 3, 2112241199996600001), ("手机号", 2, 13800001111)],
)
def test_numbers_that_excel_would_round_are_refused_where_they_stand(title: str, cell: int, number: int) -> None:
    def edit(book: Any) -> None:
        sheet = book["考生"]
        column = next(one.column for one in sheet[1] if one.value == title)
        sheet.cell(row=cell, column=column).value = number

    fault = only_fault(plan_files.rows(), edit)
    assert (fault.sheet, fault.row, fault.column) == ("考生", cell, title.rstrip("*"))
    assert "文本格式" in fault.reason


def test_a_percentage_in_an_option_is_refused_since_it_would_read_differently() -> None:
    def edit(book: Any) -> None:
        book["试题"]["D2"] = 0.5
        book["试题"]["D2"].number_format = "0%"

    assert only_fault(plan_files.rows(), edit).column == "选项A"


def test_a_plain_number_in_an_option_is_read_as_it_is_shown() -> None:
    def edit(book: Any) -> None:
        book["试题"]["D2"] = 2060
        book["试题"]["D2"].number_format = "General"

    assert read(plan_files.rows(), edit).questions[0].options[0] == "2060"


@pytest.mark.parametrize(
    ("contents", "column"),
    [
        (question("AB"), "答案"),
        (question("A", "多选"), "答案"),
        (question("D"), "答案"),
        (question("也许", "判断"), "答案"),
        (question("ABA", "多选"), "答案"),
        (question("A", 选项B="", 选项C="丙"), "选项B"),
        (question("A", 选项B="", 选项C=""), "选项B"),
        (question("A", 选项B="甲"), "选项B"),
        (question("A", "判断", 选项A="也许"), "选项A"),
        (question("A", 材料编号="M1"), "材料编号"),
        (question("A", 固定选项="D"), "固定选项"),
    ],
)
def test_a_question_that_cannot_be_marked_is_one_fault_of_its_row(contents: plan_files.Rows, column: str) -> None:
    fault = only_fault(contents)
    assert (fault.sheet, fault.row, fault.column) == ("试题", 2, column)


def test_kinds_that_come_later_are_refused_with_the_kinds_there_are() -> None:
    contents = plan_files.rows()
    contents["试题"].append({"题号": "B1", "题型": "填空题", "题干": "__", "答案": "水"})
    assert "单选、多选、判断" in only_fault(contents).reason


def test_a_choice_that_is_not_offered_is_named_with_the_offer() -> None:
    contents = plan_files.rows()
    contents["考试科目"][0]["人脸规则"] = "偶尔"
    assert "仅入场" in only_fault(contents).reason


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"结束": "2030-01-19 15:00"}, "结束"),
        ({"时长（分钟）": 90}, "时长（分钟）"),
        ({"时长（分钟）": "半小时"}, "时长（分钟）"),
        ({"开始": "明天下午"}, "开始"),
        ({"开始": "2030-02-30 16:00"}, "开始"),
        ({"最早交卷": 40}, "最早交卷"),
        ({"及格线": 7}, "及格线"),
        ({"及格线": 0.6}, "及格线"),
        ({"迟交规则": "宽限"}, "宽限秒数"),
    ],
)
def test_rules_that_cannot_be_kept_are_named(changes: dict[str, Any], column: str) -> None:
    contents = plan_files.rows()
    contents["考试科目"][0] |= changes
    fault = only_fault(contents)
    assert (fault.sheet, fault.row, fault.column) == ("考试科目", 2, column)


def test_one_person_under_two_names_is_a_fault() -> None:
    contents = plan_files.rows()
    contents["考生"][1] |= {"证件号": plan_files.FIRST_ID, "考试科目": "E2"}
    contents["考试科目"].append({**contents["考试科目"][0], "科目编号": "E2"})
    contents["大题"] += [{**row, "科目编号": "E2"} for row in contents["大题"]]
    assert only_fault(contents).column == "姓名"


@pytest.mark.parametrize(("kind", "column"), [("手机后四位", "手机号"), ("密码", "校验码")])
def test_what_signs_a_candidate_in_must_be_there(kind: str, column: str) -> None:
    contents = plan_files.rows()
    contents["考试计划"][0]["校验码方式"] = kind
    contents["考生"] = [{**row, "手机号": ""} for row in contents["考生"]]
    assert [(fault.row, fault.column) for fault in faults_of(contents)] == [(2, column), (3, column)]


def test_missing_sheets_and_columns_are_named() -> None:
    def edit(book: Any) -> None:
        del book["大题"]
        book["考生"]["C1"] = "别的"

    places = {(fault.sheet, fault.row, fault.column) for fault in faults_of(plan_files.rows(), edit)}
    assert {("大题", None, ""), ("考生", 1, "证件号")} <= places


def test_the_same_column_twice_is_named() -> None:
    def edit(book: Any) -> None:
        book["考生"].cell(row=1, column=30).value = "姓名"

    assert only_fault(plan_files.rows(), edit).row == 1


def test_error_values_of_formulas_are_named() -> None:
    contents = plan_files.rows()
    contents["考生"][0]["单位"] = "#N/A"
    assert only_fault(contents).column == "单位"
