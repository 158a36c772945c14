"""Plan packages for tests: small, right, and changed only where a test says so."""

import zipfile
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from PIL import Image

from exams.importers import template

Rows = dict[str, list[dict[str, Any]]]

FIRST_ID, SECOND_ID = "11010519491231002X", "110105199001019998"

ROWS: Rows = {
    "考试计划": [{"计划编号": "T1", "名称": "测试计划", "须知": "请独立作答。"}],
    "考试科目": [
        {
            "科目编号": "E1",
            "名称": "科目一",
            "开始": "2030-01-19 16:00",
            "结束": "2030-01-19 17:00",
            "时长（分钟）": 30,
            "及格线": 3,
            "退出密码": "let-me-out",
        }
    ],
    "大题": [
        {"科目编号": "E1", "题型": "单选", "每题分值": 2},
        {"科目编号": "E1", "题型": "多选", "每题分值": 3, "多选计分": "少选得部分分"},
        {"科目编号": "E1", "题型": "判断", "每题分值": 1},
    ],
    "试题": [
        {"题号": "S1", "题型": "单选", "题干": "一加一等于几？", "选项A": "1", "选项B": "2", "选项C": "3", "答案": "B"},
        {
            "题号": "M1",
            "题型": "多选",
            "题干": "哪些是偶数？",
            "选项A": "2",
            "选项B": "3",
            "选项C": "4",
            "答案": "A、C",
        },
        {"题号": "T1", "题型": "判断", "题干": "水在标准大气压下 100 ℃ 沸腾。", "答案": "√", "解析": "常识。"},
    ],
    "考生": [
        {
            "姓名": "张一",
            "证件号": FIRST_ID,
            "考试账号": "2112241199996600001",
            "考试科目": "E1",
            "手机号": "13800001111",
        },
        {
            "姓名": "李二",
            "证件号": SECOND_ID,
            "考试账号": "2112241199996600002",
            "考试科目": "E1",
            "加时": 10,
            "加时原因": "视力障碍",
        },
    ],
}


def rows() -> Rows:
    """Return the rows of a right plan, free to be changed."""
    return deepcopy(ROWS)


def workbook(contents: Rows | None = None, edit: Callable[[Any], None] | None = None) -> bytes:
    """Return a workbook; `edit` gets it as openpyxl sees it, for what the template would not write."""
    data = template.build(contents or ROWS)
    if edit is None:
        return data
    book = openpyxl.load_workbook(BytesIO(data))
    edit(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def picture(colour: str = "grey", size: tuple[int, int] = (240, 320), kind: str = "JPEG") -> bytes:
    """Return a plain picture, without a face."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def folder(where: Path, data: bytes, photos: dict[str, bytes] | None = None) -> Path:
    """Write a package as a folder."""
    where.mkdir(parents=True, exist_ok=True)
    (where / "plan.xlsx").write_bytes(data)
    for name, content in (photos or {}).items():
        (where / "photos").mkdir(exist_ok=True)
        (where / "photos" / name).write_bytes(content)
    return where


def zipped(where: Path, files: dict[str, bytes]) -> Path:
    """Write a package as a zip."""
    with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return where
