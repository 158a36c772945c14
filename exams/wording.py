"""Words for people: sentences one after the other, and what was found in the logs of answers."""

import re
from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser
from django.forms import BaseForm
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exams.domain.chain import Fault, Finding

HAN = re.compile(r"[\u4e00-\u9fff·]+")  # i18n: data


def sentence_space() -> str:
    """Return what stands between two sentences: nothing in Chinese, whose full stop brings its own space."""
    return "" if (get_language() or "").startswith("zh") else " "


def sentences(told: Iterable[object]) -> str:
    """Join whole sentences as the language does."""
    return sentence_space().join(str(one) for one in told)


def wrong_with(form: BaseForm) -> str:
    """Return what is wrong with a form, as one text for a place that has no fields beside it."""
    return sentences(error for errors in form.errors.values() for error in errors)


def staff_name(user: AbstractUser | None) -> str:
    """Return how colleagues know a member of staff: 陈晓梅, Ann Lee, or the name to sign in with; "—" for nobody."""
    if user is None:
        return "—"
    is_chinese = any(HAN.fullmatch(name) for name in (user.last_name, user.first_name))
    known = f"{user.last_name}{user.first_name}" if is_chinese else user.get_full_name()
    return known or user.get_username()


def finding_text(finding: Finding) -> str:
    """Return one sentence that says what is wrong, and where."""
    texts = {
        Fault.GAP: _("作答日志在第%(at)d条处中断：有记录被删除、插入或改号。"),
        Fault.BROKEN: _("作答日志第%(at)d条与当时写入的内容不符：此处的记录被改动过。"),
        Fault.CUT: _("作答日志的末尾与当时写入的不符（自第%(at)d条起）：有记录被删除，或整条记录链被重写。"),
        Fault.RECEIPT: _("按前%(at)d条作答日志出具的交卷回执与日志不符：日志或回执被改动过。"),
        Fault.ANSWER: _("第%(at)d题保存的作答与作答日志不一致：作答被改动过。"),
    }
    return texts[finding.fault] % {"at": finding.at}
