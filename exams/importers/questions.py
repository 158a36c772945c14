"""What a question row means: its options, and its answer in any of the notations that organizers use."""

import hashlib
import re
import unicodedata

from django.utils.translation import gettext as _

from exams.importers.columns import OPTION_LETTERS
from exams.importers.normalised import Fault, QuestionRow
from exams.importers.sheets import Row

TRUE = frozenset({"对", "√", "✓", "✔", "正确", "是", "T", "TRUE", "Y", "YES", "V", "1"})
FALSE = frozenset({"错", "×", "✗", "✘", "X", "错误", "否", "F", "FALSE", "N", "NO", "0"})
LATER_KINDS = frozenset({"blank", "essay"})
MOST_GENERATED_ID_CHARACTERS = 12

_BETWEEN_LETTERS = re.compile(r"[\s,;:、.|/&+和]+")


def settle(rows: list[Row], faults: list[Fault]) -> None:
    """Turn the written answers of all rows into places of options, and give every question its id."""
    for row in rows:
        row.values["several"] = row.values["kind"] != "any_number"
        if row.values["kind"] == "any_number":
            row.values["kind"] = "multiple"
        _refuse_what_comes_later(row, faults)
        _check_options(row, faults)
        _read_answer(row, faults)
        _read_fixed_options(row, faults)
        if not row.values["id"] and row.get("stem"):
            row.values["id"] = generated_id(row.values["kind"], row.values["stem"])


def generated_id(kind: str, stem: str) -> str:
    """Return the id of a question whose organizer gave none: the same wording gets the same id again."""
    digest = hashlib.sha256(f"{kind}\n{stem}".encode()).hexdigest()
    return f"auto-{digest[:MOST_GENERATED_ID_CHARACTERS]}"


def build(row: Row) -> QuestionRow:
    """Return the question of a row without faults."""
    left_out = {"several", "material", "picture"}
    values = {name: value for name, value in row.values.items() if name not in left_out}
    return QuestionRow(row=row.number, options=tuple(row.options.values()), **values)


def _refuse_what_comes_later(row: Row, faults: list[Fault]) -> None:
    if row.get("kind") in LATER_KINDS:
        reason = _("暂不支持填空题和问答题，目前支持：单选、多选、判断。请改换题型或删去这一行。")
        faults.append(row.fault("kind", reason))
    for name in ("material", "picture"):
        if row.get(name):
            faults.append(row.fault(name, _("暂不支持材料和图片，请留空，或把内容写进题干。")))


def _check_options(row: Row, faults: list[Fault]) -> None:
    kind = row.get("kind")
    letters = "".join(row.options)
    if kind is None or "options" in row.unread:
        return
    if kind == "true_false":
        _check_true_false_options(row, faults)
        return
    gap = next((letter for letter in OPTION_LETTERS[: len(letters)] if letter not in row.options), None)
    if gap:
        reason = _("%(last)s 有内容而 %(gap)s 为空，选项须从 A 起连续填写。")
        faults.append(row.fault(f"选项{gap}", reason % {"last": letters[-1], "gap": gap}))
        row.unread.add("options")
    elif len(letters) < 2:
        faults.append(row.fault("选项B", _("选择题至少要有两个选项，请补充。")))
        row.unread.add("options")
    else:
        _check_repeated_options(row, faults)


def _check_repeated_options(row: Row, faults: list[Fault]) -> None:
    seen: dict[str, str] = {}
    for letter, text in row.options.items():
        if text in seen:
            reason = _("与选项 %(other)s 的内容相同，请更正。") % {"other": seen[text]}
            faults.append(row.fault(f"选项{letter}", reason))
        seen.setdefault(text, letter)


def _check_true_false_options(row: Row, faults: list[Fault]) -> None:
    """Allow 正确/错误 written out as options A and B; a statement has no other options."""
    meanings = [_truth(text) for text in row.options.values()]
    if meanings and meanings not in ([True, False], [False, True]):
        faults.append(row.fault("选项A", _("判断题不需要选项，请留空（或 A 填“对”、B 填“错”）。")))
        row.unread.add("options")


def _truth(text: str) -> bool | None:
    word = text.strip().upper()
    return True if word in TRUE else False if word in FALSE else None


def _read_answer(row: Row, faults: list[Fault]) -> None:
    kind, written = row.get("kind"), row.get("answer")
    row.values["answer"] = ()
    if kind is None or written is None:
        return
    if kind == "true_false":
        _read_true_false_answer(row, written, faults)
        return
    letters = _letters(written)
    if not letters or len(set(letters)) != len(letters):
        reason = _("“%(value)s”无法识别为答案，请写选项字母，如 A 或 ABD。")
        faults.append(row.fault("answer", reason % {"value": written[:30]}))
    elif reason := _wrong_letters(row, letters):
        faults.append(row.fault("answer", reason))
    else:
        row.values["answer"] = tuple(sorted(map(OPTION_LETTERS.index, letters)))


def _letters(written: str) -> str:
    text = _BETWEEN_LETTERS.sub("", unicodedata.normalize("NFKC", written)).upper()
    return text if re.fullmatch(r"[A-Z]+", text) else ""


def _wrong_letters(row: Row, letters: str) -> str:
    """Say what is wrong with the letters of an answer, or return an empty text."""
    strangers = [letter for letter in letters if letter not in row.options]
    if strangers and "options" not in row.unread:
        return _("答案 %(letters)s 没有对应的选项，请补充选项或更正答案。") % {"letters": "、".join(strangers)}
    if row.values["kind"] == "single" and len(letters) > 1:
        return _("单选题只能有一个正确答案，这里有 %(count)s 个，请改为一个，或把题型改为多选。") % {
            "count": len(letters)
        }
    if row.values["kind"] == "multiple" and row.values["several"] and len(letters) < 2:
        return _("多选题至少有两个正确答案；只有一个的请把题型改为单选或不定项。")
    return ""


def _read_true_false_answer(row: Row, written: str, faults: list[Fault]) -> None:
    word = unicodedata.normalize("NFKC", written).strip()
    if word.upper() in {"A", "B"} and "options" in row.unread:
        return  # what the letter stands for is what the other fault is about
    if word.upper() in {"A", "B"}:
        word = row.options.get(word.upper(), "对" if word.upper() == "A" else "错")
    truth = _truth(word)
    if truth is None:
        reason = _("“%(value)s”无法识别，判断题的答案请写“对”或“错”。") % {"value": written[:30]}
        faults.append(row.fault("answer", reason))
    row.values["answer"] = (0 if truth else 1,)
    row.options = {}


def _read_fixed_options(row: Row, faults: list[Fault]) -> None:
    written = row.get("fixed_options") or ""
    row.values["fixed_options"] = ()
    if not written:
        return
    letters = _letters(written)
    if not letters or any(letter not in row.options for letter in letters):
        reason = _("“%(value)s”无法识别，请写选项字母，如 D。") % {"value": written[:30]}
        faults.append(row.fault("fixed_options", reason))
    else:
        row.values["fixed_options"] = tuple(sorted(map(OPTION_LETTERS.index, set(letters))))
