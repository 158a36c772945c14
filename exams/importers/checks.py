"""What must fit together across rows and sheets: keys, references, windows, counts, identity."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.domain import id_card
from exams.importers.normalised import Fault
from exams.importers.sheets import Row

CHECK_CODE_DIGITS = 4
LEAST_PASSWORD = 4


def repeated(rows: Iterable[Row], *names: str) -> Iterable[tuple[Row, Row]]:
    """Yield each row whose values in some fields already occurred, with the row where they first did."""
    seen: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = tuple(row.get(name) for name in names)
        if all(key):
            first = seen.setdefault(key, row)
            if first is not row:
                yield row, first


def _no_repeats(rows: list[Row], faults: list[Fault], *names: str, reason: str) -> None:
    for row, first in repeated(rows, *names):
        faults.append(row.fault(names[-1], reason % {"row": first.number}))


def _known_exams(rows: list[Row], exams: list[Row], faults: list[Fault]) -> None:
    codes = {row.values["code"] for row in exams}
    for row in rows:
        code = row.get("exam")
        if code and code not in codes:
            reason = _("考试科目表中没有科目编号 %(code)s，请更正或在考试科目表中补上。") % {"code": code}
            faults.append(row.fault("exam", reason))


def exams(rows: list[Row], faults: list[Fault]) -> None:
    """Check the windows and rules of the exams."""
    _no_repeats(rows, faults, "code", reason=_("科目编号与第 %(row)s 行重复，请更正。"))
    for row in rows:
        opens, closes, duration = row.get("opens_at"), row.get("closes_at"), row.get("duration_minutes")
        window = None
        if opens and closes:
            window = (closes - opens).total_seconds() / 60
            if window <= 0:
                faults.append(row.fault("closes_at", _("结束时间不晚于开始时间，请更正。")))
            elif duration and duration > window:
                reason = _("时长 %(duration)s 分钟超过了考试窗口的 %(window)d 分钟，请缩短时长或推迟结束。")
                faults.append(row.fault("duration_minutes", reason % {"duration": duration, "window": window}))
        _exam_rules(row, duration, window, faults)


def _exam_rules(row: Row, duration: int | None, window: float | None, faults: list[Fault]) -> None:
    hand_in, late = row.get("earliest_hand_in_minutes"), row.get("late_entry_minutes")
    if duration and hand_in and hand_in > duration:
        faults.append(row.fault("earliest_hand_in_minutes", _("最早交卷晚于考试时长，考生将无法交卷，请改小。")))
    if window and window > 0 and late and late > window:
        faults.append(row.fault("late_entry_minutes", _("迟到限制超过了考试窗口，请改小或留空。")))
    if row.get("second_camera") in {"optional", "required"} and row.get("face_rule") in {"none", "check_in"}:
        faults.append(row.fault("second_camera", _("第二摄像头只能与全程人脸核验一起使用，请把人脸规则改为全程。")))
    if row.get("late_responses") == "grace" and row.get("late_grace_seconds") == 0:
        faults.append(row.fault("late_grace_seconds", _("迟交规则为宽限时，须填写大于 0 的宽限秒数。")))


def sections(rows: list[Row], exam_rows: list[Row], question_rows: list[Row], faults: list[Fault]) -> None:
    """Check the sections of the exams, and that there are questions enough for them."""
    _known_exams(rows, exam_rows, faults)
    _known_exams(question_rows, exam_rows, faults)
    _no_repeats(rows, faults, "exam", "kind", reason=_("该科目的这一题型与第 %(row)s 行重复，每种题型只能有一个大题。"))
    for row in rows:
        if row.get("kind") in {"blank", "essay"}:
            faults.append(row.fault("kind", _("暂不支持填空题和问答题，目前支持：单选、多选、判断。")))
        elif row.get("exam") and row.get("kind"):
            _enough_questions(row, _pool(row, question_rows), faults)
    _every_exam_has_a_section(rows, exam_rows, faults)
    _pass_marks(rows, exam_rows, question_rows, faults)


def _pool(section: Row, question_rows: list[Row]) -> list[Row]:
    """Return the rows a section draws from; unread ones count, so that one fault does not cause another."""
    exam, kind = section.values["exam"], section.values["kind"]
    return [row for row in question_rows if row.values["kind"] == kind and row.values["exam"] in {"", exam}]


def _enough_questions(row: Row, pool: list[Row], faults: list[Fault]) -> None:
    draw = row.get("draw")
    if not pool:
        faults.append(row.fault("kind", _("试题表中没有可用于该科目的这种题型的试题，请补充试题或删去这个大题。")))
    elif draw and draw > len(pool):
        reason = _("要抽 %(draw)s 道题，而试题表中只有 %(count)s 道，请补充试题或减少抽题数。")
        faults.append(row.fault("draw", reason % {"draw": draw, "count": len(pool)}))
    elif draw and draw < len(pool):
        for question in pool:
            if question.get("points") not in {None, row.get("points_each")}:
                reason = _("大题随机抽题时每题分值须相同，否则考生的满分不一致；请清空，或取消抽题。")
                faults.append(question.fault("points", reason))


def _every_exam_has_a_section(rows: list[Row], exam_rows: list[Row], faults: list[Fault]) -> None:
    used = {row.values["exam"] for row in rows}
    for row in exam_rows:
        if row.get("code") and row.values["code"] not in used:
            faults.append(row.fault("code", _("大题表中没有这个科目的大题，请补充。")))


def _pass_marks(rows: list[Row], exam_rows: list[Row], question_rows: list[Row], faults: list[Fault]) -> None:
    for exam in exam_rows:
        own = [row for row in rows if row.values["exam"] == exam.get("code")]
        pass_mark = exam.get("pass_mark")
        if pass_mark is None or any(row.unread for row in own) or not own:
            continue
        total = sum((_points(row, _pool(row, question_rows)) for row in own), Decimal())
        if 0 < pass_mark < 1 < total:
            reason = _("及格线 %(pass_mark)s 不足1分，像是百分比。请填写分数：60%% 写作 %(sixty)s。")
            points = {"pass_mark": f"{pass_mark.normalize():f}", "sixty": f"{(total * 6 / 10).normalize():f}"}
            faults.append(exam.fault("pass_mark", reason % points))
        if pass_mark > total:
            reason = _("及格线 %(pass_mark)s 高于满分 %(total)s，请更正。")
            points = {"pass_mark": f"{pass_mark.normalize():f}", "total": f"{total.normalize():f}"}
            faults.append(exam.fault("pass_mark", reason % points))


def _points(section: Row, pool: list[Row]) -> Decimal:
    each: Decimal = section.values["points_each"]
    if section.values["draw"]:
        return each * int(section.values["draw"])
    return sum((row.get("points") or each for row in pool), Decimal())


def questions(rows: list[Row], faults: list[Fault]) -> None:
    """Check the keys of the questions."""
    _no_repeats(rows, faults, "id", reason=_("题号与第 %(row)s 行重复，请更正。"))


def candidates(rows: list[Row], exam_rows: list[Row], check_code_kind: str, faults: list[Fault]) -> None:
    """Check identity numbers, keys, seats and check codes of the enrolments."""
    _known_exams(rows, exam_rows, faults)
    for row in rows:
        _identity_number(row, faults)
        _check_code(row, check_code_kind, faults)
        if row.get("extra_minutes") and row.get("extra_reason") == "":
            faults.append(row.fault("extra_reason", _("填写了加时就须说明原因。")))
    _no_repeats(rows, faults, "account_number", reason=_("考试账号与第 %(row)s 行重复，每条报考须有自己的账号。"))
    _no_repeats(rows, faults, "exam", "id_number", reason=_("同一证件号在第 %(row)s 行已报考这个科目，请删去一行。"))
    seat = _("同一科目、考点、考场的座位与第 %(row)s 行重复，请更正。")
    for row, first in repeated(rows, "exam", "room", "seat"):
        if row.get("site") == first.get("site"):
            faults.append(row.fault("seat", seat % {"row": first.number}))
    _same_person_same_details(rows, check_code_kind, faults)


def _identity_number(row: Row, faults: list[Fault]) -> None:
    number = row.get("id_number")
    if number is None:
        return
    row.values["id_number"] = number = id_card.normalise(number)
    kind = row.get("id_kind")
    if kind and (reason := accounts.reason_against(kind, number)):
        reason += _("其他证件请在证件类型一列注明。") if kind == "id_card" else ""
        faults.append(row.fault("id_number", reason))
    elif not number.isascii() or not number.isalnum() or len(number) < CHECK_CODE_DIGITS:
        faults.append(row.fault("id_number", _("证件号应由至少四位字母和数字组成，请核对。")))


def _check_code(row: Row, kind: str, faults: list[Fault]) -> None:
    phone, code = row.get("phone"), row.get("check_code")
    digits = (phone or "").removeprefix("+")
    if phone and not (digits.isdecimal() and len(digits) >= CHECK_CODE_DIGITS):
        faults.append(row.fault("phone", _("手机号应全为数字，请更正。")))
    elif kind == "phone_last4" and phone == "":
        faults.append(row.fault("phone", _("校验码方式为手机后四位，手机号不能为空。")))
    if kind == "password" and code is not None and len(code) < LEAST_PASSWORD:
        faults.append(row.fault("check_code", _("校验码方式为密码，请填写至少四位的校验码。")))
    elif kind and kind != "password" and code:
        faults.append(
            row.fault("check_code", _("校验码方式不是密码，这里请留空，或在考试计划表中把校验码方式改为密码。"))
        )


def _same_person_same_details(rows: list[Row], check_code_kind: str, faults: list[Fault]) -> None:
    """One person signs in to a plan with one code, under one name."""
    same = {"name": _("姓名"), "id_kind": _("证件类型")}
    same |= {"phone_last4": {"phone": _("手机号")}, "password": {"check_code": _("校验码")}}.get(check_code_kind, {})
    first: dict[str, Row] = {}
    for row in rows:
        number = row.get("id_number")
        if not number:
            continue
        other = first.setdefault(number, row)
        for name, word in same.items():
            if None not in (row.get(name), other.get(name)) and row.get(name) != other.get(name):
                reason = _("同一证件号的%(what)s与第 %(row)s 行不一致，请核对。") % {"what": word, "row": other.number}
                faults.append(row.fault(name, reason))


def time_zone(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def by_place(faults: list[Fault], titles: list[str]) -> list[Fault]:
    """Return the faults once each, in the order in which somebody works through the workbook."""
    order: dict[str, int] = defaultdict(lambda: len(titles), {title: at for at, title in enumerate(titles)})
    return sorted(dict.fromkeys(faults), key=lambda fault: (order[fault.sheet], fault.row or 0))
