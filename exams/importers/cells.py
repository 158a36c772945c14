"""One cell of a sheet: from what Excel hands over to a value, or to a sentence on what is wrong with it."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from exams.importers.columns import Column, Kind

LARGEST_EXACT_CODE = 10**11  # Excel shows longer numbers as 1.2E+11; nobody means those as a short key
EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
YES = frozenset({"是", "y", "yes", "true", "t", "1", "√", "✓", "对"})
NO = frozenset({"否", "n", "no", "false", "f", "0", "×", "x", "错", "不"})

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_FULL_WIDTH_SPANS = (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
_FULL_WIDTH_LETTERS = {
    code: code - 0xFEE0 for first, last in _FULL_WIDTH_SPANS for code in range(ord(first), ord(last) + 1)
}
_MIDDLE_DOTS = dict.fromkeys(map(ord, "•‧∙・･．●"), "·")
_UNIT = re.compile(r"\s*(分钟|分鐘|分|秒|次|道|题|min)$", re.IGNORECASE)
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?[分秒]?$"
)


class Unreadable(Exception):
    """The cell cannot be used; the message is the reason, for the organizer."""


def clean_text(raw: str) -> str:
    """Take away what nobody sees: invisible characters, exotic spaces, blank ends; the wording stays as it is."""
    text = _INVISIBLE.sub("", raw.replace("_x000D_", "")).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip()


def clean_name(raw: str) -> str:
    """Clean a person's name: one kind of middle dot, half-width letters; rare characters are left alone (no NFKC)."""
    return clean_text(raw).replace("\n", " ").translate(_FULL_WIDTH_LETTERS).translate(_MIDDLE_DOTS)


def clean_code(raw: str) -> str:
    """Clean a key: half-width, without any white space."""
    return re.sub(r"\s", "", _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw)))


def is_blank(raw: Any) -> bool:
    """Tell whether a cell holds nothing that anybody can see."""
    return raw is None or (isinstance(raw, str) and not clean_text(raw))


def read(column: Column, raw: Any, zone: ZoneInfo) -> Any:
    """Return the value of a cell that is not blank; raise `Unreadable` with the reason."""
    if isinstance(raw, str) and raw.strip() in EXCEL_ERRORS:
        raise Unreadable(_("单元格是公式错误值 %(value)s，请改为实际内容。") % {"value": raw.strip()})
    if column.kind is Kind.MOMENT:
        return read_moment(raw, zone)
    return _READERS[column.kind](column, raw)


def _written(raw: Any) -> str:
    """Return a cell as the organizer would have typed it."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    return f"{raw:.15g}" if isinstance(raw, float) else str(raw)


def _within_length(column: Column, text: str) -> str:
    if column.maximum and len(text) > column.maximum:
        limits = {"length": len(text), "limit": column.maximum}
        raise Unreadable(_("内容有 %(length)s 个字，最多 %(limit)s 个字，请缩短。") % limits)
    if "\x00" in text:
        raise Unreadable(_("内容含有无法保存的控制字符，请重新录入。"))
    return text


def _text(column: Column, raw: Any) -> str:
    if isinstance(raw, (date, time, timedelta)):
        raise Unreadable(_("内容被 Excel 识别成了日期或时间，请把单元格设为文本格式后重新录入。"))
    return _within_length(column, clean_text(_written(raw)))


def _name(column: Column, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Unreadable(_("姓名应为文字，这里是数字或日期，请更正。"))
    return _within_length(column, clean_name(raw))


def _code(column: Column, raw: Any) -> str:
    if isinstance(raw, (date, time, timedelta)):
        raise Unreadable(_("编号被 Excel 识别成了日期或时间，请把单元格设为文本格式后重新录入。"))
    if isinstance(raw, (int, float)) and (raw != int(raw) or abs(raw) >= LARGEST_EXACT_CODE):
        raise Unreadable(_("编号被 Excel 识别成了数字，可能已经变样，请把单元格设为文本格式后重新录入。"))
    return _within_length(column, clean_code(_written(raw)))


def _identifier(column: Column, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Unreadable(_("单元格是数字格式，Excel 会改变长数字的末几位，请设为文本格式后重新录入完整号码。"))
    text = clean_code(raw)
    if re.fullmatch(r"\d(\.\d+)?[Ee]\+\d+", text):
        raise Unreadable(_("号码已被 Excel 变成科学计数法，末几位已丢失，请设为文本格式后重新录入完整号码。"))
    return _within_length(column, text)


def _decimal(column: Column, raw: Any) -> Decimal:
    if isinstance(raw, (bool, date, time, timedelta)):
        raise Unreadable(_("这里应填数字。"))
    try:
        number = Decimal(_UNIT.sub("", clean_code(_written(raw))))
    except InvalidOperation:
        raise Unreadable(_("“%(value)s”不是数字，请填数字。") % {"value": str(raw)[:30]}) from None
    if not number.is_finite() or number < column.minimum or (column.maximum and number > column.maximum):
        limits = {"value": _written(raw)[:30], "least": column.minimum, "most": column.maximum}
        raise Unreadable(_("%(value)s 超出范围，应在 %(least)s 到 %(most)s 之间。") % limits)
    if number != round(number, 2):
        raise Unreadable(_("最多保留两位小数。"))
    return round(number, 2)


def _integer(column: Column, raw: Any) -> int:
    number = _decimal(column, raw)
    if number != int(number):
        raise Unreadable(_("%(value)s 不是整数，请填整数。") % {"value": _written(raw)})
    return int(number)


def _choice(column: Column, raw: Any) -> str:
    written = clean_code(_written(raw))
    value = column.choices.get(written, column.choices.get(written.lower()))
    if value is None:
        words = {"value": written[:30], "offered": "、".join(column.offered)}
        raise Unreadable(_("“%(value)s”不在可选范围内，请填：%(offered)s。") % words)
    return value


def _yes_no(column: Column, raw: Any) -> bool:
    written = clean_code(_written(raw)).lower()
    if written not in YES | NO:
        raise Unreadable(_("“%(value)s”无法识别，请填“是”或“否”。") % {"value": written[:30]})
    return written in YES


def read_moment(raw: Any, zone: ZoneInfo) -> datetime:
    """Return a moment in UTC from an Excel date or a text like 2026-01-19 16:00, read in the plan's time zone."""
    if isinstance(raw, datetime):
        local = (raw + timedelta(milliseconds=500)).replace(microsecond=0)  # Excel's floats miss whole seconds
    elif isinstance(raw, str):
        local = _moment_from_text(unicodedata.normalize("NFKC", clean_text(raw)))
    elif isinstance(raw, date):
        raise Unreadable(_("只有日期没有时间，请写明时间，如 2026-01-19 16:00。"))
    else:
        raise Unreadable(_("这里应为日期和时间，请设为日期格式，或写成 2026-01-19 16:00。"))
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise Unreadable(_("该时区在这一天调整时钟，没有这个时刻，请改用别的时间。"))
    return moment


def _moment_from_text(text: str) -> datetime:
    found = _MOMENT.match(text)
    if not found:
        raise Unreadable(_("“%(value)s”无法识别为时间，请写成 2026-01-19 16:00。") % {"value": text[:30]})
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        raise Unreadable(_("%(value)s 不是真实存在的日期或时间，请更正。") % {"value": text[:30]}) from None


_READERS: dict[Kind, Callable[[Column, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.NAME: _name,
    Kind.CODE: _code,
    Kind.IDENTIFIER: _identifier,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.CHOICE: _choice,
    Kind.YES_NO: _yes_no,
}
