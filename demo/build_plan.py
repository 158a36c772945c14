"""Writes demo/plan/plan.xlsx from demo/questions.csv and the rows below: `python demo/build_plan.py`.

Nobody here exists: the birth dates and sequence numbers are invented, only the check digits are right (GB 11643).
"""

import csv
import os
import sys
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent
sys.path.insert(0, str(HOME.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")

TITLE = "碳排放管理师专业技能综合考试（中级）"
Row = dict[str, Any]

PLAN: Row = {
    "计划编号": "DEMO",
    "名称": "碳排放管理师专业技能考试（演示）",
    "主办单位": "示例节能协会",
    "颁证单位": "示例节能协会",
    "时区": "Asia/Shanghai",
    "校验码方式": "证件号后四位",
    "须知": (
        "一、请使用本人有效身份证件登录，核对姓名、考试账号和考试科目。\n"
        "二、使用摄像头的科目须全程开启摄像头。请独自在光线充足、安静的房间作答，面部保持在画面内。\n"
        "三、考试全屏进行，请勿切换到其他程序；切屏的次数和时长会被记录。\n"
        "四、作答自动保存。遇到断电、断网或重启，请重新登录，已保存的作答不会丢失。\n"
        "五、考试时间结束后系统自动收卷；提前完成的，请核对后点击“交卷”。\n"
        "六、遇到问题请点击“求助”，考务人员会尽快与您联系。"
    ),
}
RULES: Row = {
    "时长（分钟）": 30,
    "及格线": 60,
    "切屏上限": 5,
    "超限处理": "仅记录",
    "联系方式": "考务值班电话 010-00000000",
}
CAMERA: Row = {"人脸规则": "全程", "识别次数": 3, "识别失败": "等待核验", "无底照": "首次采集"}
EXAMS: list[Row] = [
    {"科目编号": "DEMO-OPEN", "名称": TITLE, "开始": "2024-01-01 00:00", "结束": "2035-12-31 23:59", **RULES, **CAMERA},
    {  # each start of the demo moves this window: it begins two minutes later
        "科目编号": "DEMO-SOON",
        "名称": f"{TITLE}-第二场",
        "开始": "2035-01-01 09:00",
        "结束": "2035-01-01 10:00",
        **RULES,
        **CAMERA,
    },
    {
        "科目编号": "DEMO-TRY",
        "名称": f"{TITLE}-模拟练习",
        "开始": "2024-01-01 00:00",
        "结束": "2035-12-31 23:59",
        "时长（分钟）": 15,
        "试考": "是",
        "人脸规则": "无",
        "联系方式": RULES["联系方式"],
    },
]
SECTIONS: list[Row] = [
    {"题型": "单选", "标题": "一、单项选择题", "每题分值": 2, "抽题数": 6},
    {"题型": "多选", "标题": "二、多项选择题", "每题分值": 3, "抽题数": 2, "多选计分": "少选得部分分"},
    {"题型": "判断", "标题": "三、判断题", "每题分值": 2, "抽题数": 2},
]
CANDIDATES: list[Row] = [
    {"姓名": "林知远", "证件号": "110105199001019991", "性别": "男", "单位": "示例能源集团"},
    {"姓名": "周若溪", "证件号": "310101199102029982", "性别": "女", "单位": "示例环境科技有限公司"},
    {"姓名": "阿卜杜热合曼·买买提艾力", "证件号": "650102199203039973", "性别": "男", "单位": "示例热力公司"},
    {
        "姓名": "SMITH ALEXANDER JAMES",
        "证件类型": "护照",
        "证件号": "X00001234",
        "性别": "男",
        "单位": "Example Carbon Consulting",
    },
    {
        "姓名": "王守拙",
        "证件号": "440103198804049955",
        "性别": "男",
        "单位": "示例水泥有限公司",
        "加时": 10,
        "加时原因": "视力障碍，经审批延长作答时间",
    },
    {"姓名": "欧阳明月", "证件号": "420106199305059946", "性别": "女", "单位": "示例钢铁股份有限公司"},
    {"姓名": "陈思齐", "证件号": "510104199406069937", "性别": "男", "单位": "示例大学"},
    {"姓名": "赵一鸣", "证件号": "120101199507079928", "性别": "女", "单位": "示例节能服务中心"},
]
FIRST_ACCOUNT = 2112241199996600001


def with_check_digit(number: str) -> str:
    """Return an ID number of 17 digits, or of 18 whose last is replaced, with the check digit of GB 11643."""
    from stdnum.iso7064 import mod_11_2

    return number[:17] + str(mod_11_2.calc_check_digit(number[:17]))


def questions() -> list[Row]:
    """Return the rows of questions.csv, for all exams of the plan."""
    with (HOME / "questions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sections() -> list[Row]:
    """Return the sections of each exam; only the practice exam draws."""
    rows = []
    for exam in EXAMS:
        for section in SECTIONS:
            drawn = section["抽题数"] if exam["科目编号"] == "DEMO-TRY" else ""
            rows.append({"科目编号": exam["科目编号"], "试题乱序": "是", "选项乱序": "是", **section, "抽题数": drawn})
    return rows


def candidates() -> list[Row]:
    """Return one row for each candidate and exam, each with its own account number and a seat."""
    rows: list[Row] = []
    for seat, person in enumerate(CANDIDATES, start=1):
        number = person["证件号"] if "证件类型" in person else with_check_digit(str(person["证件号"]))
        for exam in EXAMS:
            account = str(FIRST_ACCOUNT + len(rows))
            place = {"考点": "线上考点", "考场": "01", "座位": f"{seat:02d}"}
            rows.append({**person, **place, "证件号": number, "考试账号": account, "考试科目": exam["科目编号"]})
    return rows


def main() -> None:
    """Write the workbook."""
    import django

    django.setup()
    from exams.importers import template

    rows = {"考试计划": [PLAN], "考试科目": EXAMS, "大题": sections(), "试题": questions(), "考生": candidates()}
    (HOME / "plan").mkdir(exist_ok=True)
    (HOME / "plan" / "plan.xlsx").write_bytes(template.build(rows))


if __name__ == "__main__":
    main()
