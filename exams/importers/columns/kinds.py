"""What is said of one column of a workbook, so that reading, template and explanations cannot disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_field
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from django.utils.functional import Promise


class Kind(Enum):
    """How the cells of a column are read."""

    TEXT = auto()  # what the candidate reads: kept as written
    NAME = auto()
    CODE = auto()  # the organizer's short keys: an Excel number such as 12 is forgiven
    IDENTIFIER = auto()  # long digits that Excel would round: a number cell is refused
    INTEGER = auto()
    DECIMAL = auto()
    MOMENT = auto()
    CHOICE = auto()
    YES_NO = auto()


@dataclass(frozen=True)
class Column:
    """One column: how it is headed, how its cells are read, and what the template says about it."""

    field: str
    title: str
    kind: Kind
    help: str | Promise
    required: bool = False
    aliases: tuple[str, ...] = ()
    choices: Mapping[str, str] = made_field(default_factory=dict)  # what people write -> our value
    offered: tuple[str, ...] = ()  # the drop-down of the template
    default: Any = ""
    minimum: int | Decimal = 0
    maximum: int = 0  # of a number; of a text, its length; 0: no limit
    example: Any = ""
    width: int = 14


@dataclass(frozen=True)
class Sheet:
    """One sheet of the workbook, in the order of its columns."""

    title: str
    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()


SMALLEST_POINTS = Decimal("0.01")
OPTION_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
EXAM_CODE_ALIASES = ("考试科目编号", "科目代码", "科目编码", "考试编号")
QUESTION_KINDS = {
    "单选": "single", "单选题": "single", "单项选择": "single", "单项选择题": "single", "单选择题": "single",
    "多选": "multiple", "多选题": "multiple", "多项选择": "multiple", "多项选择题": "multiple",
    "不定项": "any_number", "不定项选择": "any_number", "不定项选择题": "any_number",
    "判断": "true_false", "判断题": "true_false", "是非题": "true_false", "对错题": "true_false",
    "填空": "blank", "填空题": "blank", "问答": "essay", "问答题": "essay", "简答": "essay", "简答题": "essay",
    "论述": "essay", "论述题": "essay",
}  # fmt: skip
OFFERED_KINDS = ("单选", "多选", "判断")
KIND_TITLES = {"single": "单项选择题", "multiple": "多项选择题", "true_false": "判断题"}
TRUTHS = (("T", "正确"), ("F", "错误"))  # the two options of a statement
