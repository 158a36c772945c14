"""Figures and codes as staff read them: what a distance means, what an incident's details say, how long it lasted."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exams.models import ReferencePhoto, Result, Sitting
from proctoring.domain.check_in import Outcome
from proctoring.domain.lockdown import Cause
from proctoring.domain.reviewing import Standing
from proctoring.models import IdentityCheck, Incident, Intervention

NEAR = 0.03  # closer to the threshold than this, neither side of it says much

CAUSES: dict[str, Promise] = {
    Cause.PAGE_HIDDEN.value: gettext_lazy("考试页面被遮挡、最小化，或切换到其他标签页、程序"),
    Cause.FOCUS_LOST.value: gettext_lazy("焦点离开考试页面，可能点击了旁边的窗口"),
    Cause.FULL_SCREEN_LEFT.value: gettext_lazy("退出了全屏"),
    Cause.PAGE_RELOADED.value: gettext_lazy("重新载入页面后一段时间没有回到全屏，不计次数"),
    Cause.SETTLING_IN.value: gettext_lazy("刚进入页面，多为浏览器自身的提示窗口，不计次数"),
    Cause.SENT_AWAY.value: gettext_lazy("人脸识别或暂停期间离开答题页，不计次数"),
    Cause.FULL_SCREEN_REFUSED.value: gettext_lazy("浏览器拒绝全屏，考生申请不用全屏继续"),
    "never_paired": gettext_lazy("开考后一直没有连接手机"),
    "unpaired": gettext_lazy("考生断开了手机"),
    "disconnected": gettext_lazy("手机离线"),
    "hidden": gettext_lazy("手机页面不在前台，或手机已锁屏"),
    "denied": gettext_lazy("摄像头权限被拒绝"),
    "lost": gettext_lazy("摄像头中断"),
    "muted": gettext_lazy("摄像头没有画面"),
    "busy": gettext_lazy("摄像头被占用"),
    "missing": gettext_lazy("未找到摄像头"),
    Outcome.NOT_LIVE.value: gettext_lazy("没有按提示转头，可能是照片"),
    "never_connected": gettext_lazy("开始作答后，摄像头连接一直没有建立"),
}
TONES = {  # the badge of each state; words always stand beside the colour
    Sitting.State.READY: "",
    Sitting.State.IN_PROGRESS: "accent",
    Sitting.State.PAUSED: "warning",
    Sitting.State.SUBMITTED: "success",
    Sitting.State.TERMINATED: "danger",
    Sitting.CheckIn.UNCHECKED: "",
    Sitting.CheckIn.PASSED: "success",
    Sitting.CheckIn.EXHAUSTED: "danger",
    Sitting.CheckIn.HELD: "warning",
    Sitting.Identity.STEADY: "success",
    Sitting.Identity.IN_DOUBT: "warning",
    Sitting.Identity.CLEARED: "success",
    Sitting.Identity.REJECTED: "danger",
    Result.Validity.VALID: "success",
    Result.Validity.PENDING_REVIEW: "warning",
    Result.Validity.INVALID: "danger",
    Incident.Severity.INFO: "",
    Incident.Severity.WARNING: "warning",
    Incident.Severity.SERIOUS: "danger",
    Incident.Review.OPEN: "warning",
    Standing.AWAITING_SECOND: "warning",
    Standing.DISPUTED: "danger",
    Incident.Review.CONFIRMED: "danger",
    Incident.Review.DISMISSED: "",
    IdentityCheck.Verdict.MATCH: "success",
    IdentityCheck.Verdict.ADOPTED: "accent",
    IdentityCheck.Verdict.MISMATCH: "danger",
}
COMPARISON_TONES = {
    ReferencePhoto.Comparison.WAITING: "warning",
    ReferencePhoto.Comparison.SAME: "success",
    ReferencePhoto.Comparison.DIFFERENT: "danger",
}


def tone(value: str) -> str:
    """Return the badge colour of a state, nothing for a plain one."""
    return TONES.get(value, "")  # type: ignore[call-overload, no-any-return]


def review_tone(incident: Incident) -> str:
    """Return the badge colour of what became of an incident; calm where it waits for nobody."""
    return "" if incident.review == Incident.Review.OPEN and not incident.waits else tone(incident.standing)


def validity(result: Result) -> str:
    """Return whether a result counts, short enough for a badge."""
    if result.validity == Result.Validity.PENDING_REVIEW:
        return _("待人工裁定")
    return str(result.get_validity_display())


def distance(found: float | None, threshold: float | None) -> str:
    """Say what a distance means beside its threshold; the smaller, the more alike."""
    if found is None:
        return _("没有与底照比对")
    figures = {"found": f"{found:.2f}", "threshold": f"{threshold or 0:.2f}"}
    if not threshold:
        return _("人脸距离 %(found)s") % figures
    if abs(found - threshold) < NEAR:
        return _("人脸距离 %(found)s，非常接近阈值 %(threshold)s，请以人工比对为准") % figures
    if found <= threshold:
        return _("人脸距离 %(found)s，在阈值 %(threshold)s 以内，与底照相符") % figures
    return _("人脸距离 %(found)s，超过阈值 %(threshold)s，与底照差异明显") % figures


def span(began_at: datetime, ended_at: datetime | None, now: datetime) -> str:
    """Say how long something lasted, or that it still does."""
    text = length((ended_at or now) - began_at)
    return text if ended_at else _("已持续%(length)s") % {"length": text}


def length(lasted: timedelta) -> str:
    """Return a stretch of time in words, in its two largest units."""
    seconds = max(0, round(lasted.total_seconds()))
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = []
    if hours:
        parts.append(ngettext("%(count)d小时", "%(count)d小时", hours) % {"count": hours})
    if minutes:
        parts.append(ngettext("%(count)d分钟", "%(count)d分钟", minutes) % {"count": minutes})
    if not hours and (seconds or not minutes):
        parts.append(ngettext("%(count)d秒", "%(count)d秒", seconds) % {"count": seconds})
    return " ".join(parts)


def details(incident: Incident) -> list[str]:
    """Return what is known of an incident, one sentence each."""
    return list(_details(incident))


def _details(incident: Incident) -> Iterator[str]:
    known = incident.detail
    if known.get("cause"):
        yield str(CAUSES.get(known["cause"], _("网络连接中断")))
    if known.get("broken_off"):
        kinds = _("、").join(str(Incident.Kind(kind).label) for kind in known["broken_off"])
        yield _("换设备之前原页面已中断：%(kinds)s") % {"kinds": kinds}
    if "attempts" in known:
        yield ngettext("识别失败%(count)d次", "识别失败%(count)d次", known["attempts"]) % {"count": known["attempts"]}
    if known.get("other_device"):
        yield _("在另一台设备上识别，原设备的核验不受影响")
    if known.get("exhausted"):
        yield _("识别次数已用尽")
    if incident.distance is not None:
        yield distance(incident.distance, known.get("threshold"))
    if known.get("looks"):
        yield _("连续判定%(looks)d次，其中%(shown)d次有画面") % {
            "looks": known["looks"],
            "shown": known.get("shown", 0),
        }
    if known.get("confirmed") and incident.review != Incident.Review.DISMISSED:
        yield _("已持续到确认时长，成绩暂不计入，待人工核验")
    if known.get("counted") is not None:
        yield _("计入切屏次数") if known["counted"] else _("不计入切屏次数")


def review_name(incident: Incident) -> object:
    """Return the review of an incident as the log names it."""
    return format_lazy("{} {}", Intervention.Kind.REVIEW_INCIDENT.label, Incident.Kind(incident.kind).label)
