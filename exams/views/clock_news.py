"""What the candidate is told about their clock beside the countdown: a sentence for each, empty where there is none."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exams.domain.lifecycle import ENDED
from exams.models import Sitting
from exams.services import planned_pauses
from exams.services.refusals import clock_time

AHEAD = timedelta(hours=12)


def clock_news(sitting: Sitting, now: datetime) -> dict[str, str]:
    """Return the sentences by their names."""
    return {"compensated": compensated(sitting), "planned": planned(sitting, now), "resumes": resumes(sitting)}


def planned(sitting: Sitting, now: datetime) -> str:
    """Say when everybody will be paused next."""
    coming = [one for one in planned_pauses.of_sitting(sitting, now) if now < one.begins_at <= now + AHEAD]
    if not coming or sitting.state in ENDED:
        return ""
    text = ngettext(
        "%(begins_at)s 将统一暂停%(count)d分钟：%(reason)s",
        "%(begins_at)s 将统一暂停%(count)d分钟：%(reason)s",
        coming[0].minutes,
    )
    begins_at = clock_time(coming[0].begins_at, sitting.enrolment.exam.plan.timezone)
    return text % {"begins_at": begins_at, "count": coming[0].minutes, "reason": coming[0].reason}


def resumes(sitting: Sitting) -> str:
    """Say when a pause that was planned will be over."""
    if sitting.pause_ends_at is None:
        return ""
    at = clock_time(sitting.pause_ends_at, sitting.enrolment.exam.plan.timezone)
    return _("预计 %(at)s 恢复。") % {"at": at}


def compensated(sitting: Sitting) -> str:
    """Say how much time was given back for outages of the server."""
    seconds = sitting.compensated_seconds
    if not seconds:
        return ""
    if seconds < 60:
        text = ngettext("因服务器故障，已为您补时%(count)d秒。", "因服务器故障，已为您补时%(count)d秒。", seconds)
        return text % {"count": seconds}
    minutes = round(seconds / 60)
    text = ngettext("因服务器故障，已为您补时%(count)d分钟。", "因服务器故障，已为您补时%(count)d分钟。", minutes)
    return text % {"count": minutes}
