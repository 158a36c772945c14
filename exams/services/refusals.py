"""Why something about a sitting cannot be done now, worded for the person who asked."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exams.seams import Gate
from exams.wording import sentences


class Refused(Exception):
    """Nothing was changed; the text says why and what to do. `code` is for the page."""

    code = "refused"


class Held(Refused):
    """Something comes before the paper: a page of the way, or a person who must decide."""

    code = "held"

    def __init__(self, gates: Sequence[Gate] = ()) -> None:
        super().__init__(sentences(gate.reason for gate in gates) or _("请先完成进入考试前的步骤。"))
        self.gates = tuple(gates)


class TooEarly(Refused):
    """The moment for it has not come; `opens_at` says when it does."""

    code = "too_early"

    def __init__(self, opens_at: datetime, text: str) -> None:
        super().__init__(text)
        self.opens_at = opens_at

    @classmethod
    def to_begin(cls, opens_at: datetime, timezone: str) -> "TooEarly":
        """The exam has not opened."""
        return cls(opens_at, _("考试将于 %(opens_at)s 开始，请稍候。") % {"opens_at": clock_time(opens_at, timezone)})

    @classmethod
    def to_hand_in(cls, opens_at: datetime, minutes: int, timezone: str) -> "TooEarly":
        """The rules ask to stay for some minutes."""
        text = ngettext(
            "本科目开始作答%(minutes)d分钟后方可交卷，请于 %(opens_at)s 之后再交卷。",
            "本科目开始作答%(minutes)d分钟后方可交卷，请于 %(opens_at)s 之后再交卷。",
            minutes,
        )
        return cls(opens_at, text % {"minutes": minutes, "opens_at": clock_time(opens_at, timezone)})


class TooLate(Refused):
    """The last moment to begin has passed."""

    code = "too_late"

    def __init__(self) -> None:
        super().__init__(_("已超过本科目允许进入的时间。如有疑问，请联系考务人员。"))


class Ended(Refused):
    """The sitting is over."""

    code = "ended"

    def __init__(self) -> None:
        super().__init__(_("本次考试已经结束。"))


class Paused(Refused):
    """The clock stands still; a person lets it go on."""

    code = "paused"

    def __init__(self) -> None:
        super().__init__(_("考试已暂停，计时已停止。请在座位上等待，考务人员恢复后即可继续。"))


class NotBegun(Refused):
    """There is no paper yet."""

    code = "not_begun"

    def __init__(self) -> None:
        super().__init__(_("考试尚未开始作答。"))


class Superseded(Refused):
    """Another page or device has taken over."""

    code = "superseded"

    def __init__(self) -> None:
        super().__init__(_("考试已在另一页面或设备上继续，本页面不再保存作答。"))


class ReasonMissing(Refused):
    """Whoever overrules or corrects says why."""

    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("请填写原因。"))


def require_reason(reason: str) -> str:
    """Return the reason without the white space around it, or raise `ReasonMissing`."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def clock_time(moment: datetime, timezone: str) -> str:
    """Return the time of day as people read it off a clock where the exam is held."""
    return date_format(localtime(moment, ZoneInfo(timezone)), "H:i")
