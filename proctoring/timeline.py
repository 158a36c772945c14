"""Everything that happened in a sitting, as one story: what changed, who did it and why, what was noticed and said."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exams.domain.lifecycle import State
from exams.models import Result, Sitting, StateChange
from exams.services.answer_files import FROM_FILE, brought, imported_entries
from exams.wording import staff_name
from proctoring.admin import words
from proctoring.models import Claim, IdentityCheck, Incident, Intervention, Message

FIELDS = {
    "state": gettext_lazy("状态"),
    "check_in": gettext_lazy("入场核验"),
    "identity": gettext_lazy("身份状态"),
    "validity": gettext_lazy("成绩有效性"),
    "locked": gettext_lazy("锁定"),
    "extra_seconds": gettext_lazy("加时"),
    "held_seconds": gettext_lazy("窗口顺延"),
    "photo": gettext_lazy("底照"),
    "responses": gettext_lazy("作答"),
}
CHOICES: dict[str, dict[str, Any]] = {
    "state": dict(Sitting.State.choices),
    "check_in": dict(Sitting.CheckIn.choices),
    "identity": dict(Sitting.Identity.choices),
    "validity": dict(Result.Validity.choices),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story; `kind` names its icon, `lines` what else there is to say."""

    at: datetime
    kind: str
    title: str
    lines: tuple[str, ...] = ()
    reason: str = ""
    by: str = ""
    cause: str = ""  # where it stands among things of one moment, if not where its kind does


# What comes first of things that happened in the same moment: causes before what followed from them.
ORDER = ("consent", "message", "begin", "check", "incident", "person", "state", "answers")


def of(sitting: Sitting) -> list[Entry]:
    """Return the story of a sitting, the newest first."""
    return from_the_beginning(sitting)[::-1]


def from_the_beginning(sitting: Sitting) -> list[Entry]:
    """Return the story of a sitting as it went, every effect after its cause."""
    changes = list(sitting.changes.select_related("by"))
    interventions = list(sitting.interventions.select_related("by"))
    entries = [
        *_of_people(interventions, changes),
        *_of_the_system(interventions, changes),
        *(_noticed(one) for one in sitting.incidents.all()),
        *(_checked(one) for one in _checks(sitting)),
        *(_said(one) for one in sitting.messages.select_related("by") if one.direction == _FROM_CANDIDATE),
        *(_agreed(one) for one in sitting.enrolment.consents.all()),
        *(_claimed(one) for one in sitting.claims.select_related("by")),
        *_rhythm(sitting),
    ]
    return sorted(entries, key=lambda entry: (entry.at, ORDER.index(entry.cause or entry.kind)))


SLOT = timedelta(minutes=5)


def _rhythm(sitting: Sitting) -> Iterator[Entry]:
    """How many answers the pages sent in each five minutes: when somebody worked, never what they answered."""
    began = sitting.started_at
    if began is None:
        return
    from_files = imported_entries(sitting)
    by_staff = {change.at for change in sitting.changes.all() if change.field == "responses"}  # answers let in late
    entries = sitting.entries.values_list("number", "received_at")
    arrived = [at for number, at in entries if number not in from_files and at not in by_staff]
    slots: dict[int, list[datetime]] = defaultdict(list)
    for at in arrived:
        slots[(at - began) // SLOT].append(at)
    for moments in slots.values():
        count = len(moments)
        title = ngettext("作答%(count)d次", "作答%(count)d次", count) % {"count": count}
        until = _("至 %(moment)s") % {"moment": f"{localtime(max(moments)):%H:%M:%S}"}
        yield Entry(min(moments), "answers", title, (until,) if count > 1 else ())


_FROM_CANDIDATE = Message.Direction.FROM_CANDIDATE


def _of_people(interventions: list[Intervention], changes: list[StateChange]) -> Iterator[Entry]:
    """What staff did, each with the changes that it made in the same moment."""
    for done in interventions:
        same = [change for change in changes if change.by_id == done.by_id and change.at == done.at]
        lines = tuple(text for change in same if (text := _change(change)))
        title = f"{done.get_kind_display()}{_what(done)}"
        yield Entry(done.at, "person", title, lines, done.reason, staff_name(done.by))


def _of_the_system(interventions: list[Intervention], changes: list[StateChange]) -> Iterator[Entry]:
    """What changed by itself, by the candidate, or by staff outside an intervention."""
    told = {(done.by_id, done.at) for done in interventions}
    for change in changes:
        if change.by_id is None or (change.by_id, change.at) not in told:
            by = staff_name(change.by) if change.by else ""
            begins = change.field == "state" and change.before in {"", State.READY.value}
            yield Entry(change.at, "state", _change(change), (), change.reason, by, "begin" if begins else "")


def _what(done: Intervention) -> str:
    """Return the figures of an intervention, as an addition to its name."""
    known = done.detail
    if "announcement" in known:
        return _("（公告）")
    if "minutes" in known:
        return _("（%(minutes)s分钟）") % {"minutes": known["minutes"]}
    if "outcome" in known:
        kind = dict(Incident.Kind.choices).get(known.get("incident_kind"), "")
        return _("（%(kind)s：%(outcome)s）") % {
            "kind": kind,
            "outcome": dict(Incident.Review.choices)[known["outcome"]],
        }
    if "questions" in known:
        numbers = _("、").join(map(str, known["questions"]))
        return _("（第%(numbers)s题）") % {"numbers": numbers}
    if "same" in known:
        return _("（一致）") if known["same"] else _("（不一致）")
    return _("（求助已当面处理）") if "settled" in known else ""


def _change(change: StateChange) -> str:
    """Say what changed from what to what."""
    name = str(FIELDS.get(change.field, change.field))
    if change.field == "locked":
        return _("已锁定") if change.after == "True" else _("已解除锁定")
    if change.field in {"extra_seconds", "held_seconds"}:
        added = timedelta(seconds=int(change.after or 0) - int(change.before or 0))
        return f"{name} {words.length(added)}"
    if change.field == "responses":
        return _answers(change.after)
    if change.field == "photo":
        return _("%(name)s已更新") % {"name": name}
    known = CHOICES.get(change.field, {})
    before, after = known.get(change.before, change.before), known.get(change.after, change.after)
    if not before:
        return _("%(name)s：%(after)s") % {"name": name, "after": after}
    return _("%(name)s：%(before)s → %(after)s") % {"name": name, "before": before, "after": after}


def _answers(after: str) -> str:
    """Say which answers somebody let in, from what the history keeps of it."""
    if after.startswith(FROM_FILE):
        _first, count = brought(after)
        return ngettext("作答文件带来%(count)d次作答", "作答文件带来%(count)d次作答", count) % {"count": count}
    number = after.partition(":")[0]
    if not number.isdigit():  # as an older version kept it
        return _("%(name)s已更新") % {"name": FIELDS["responses"]}
    return _("第%(number)s题的作答已采用") % {"number": number}


def _noticed(incident: Incident) -> Entry:
    title = _("异常：%(kind)s") % {"kind": incident.get_kind_display()}
    lasted = words.span(incident.began_at, incident.ended_at, incident.began_at) if incident.ended_at else _("未结束")
    return Entry(incident.began_at, "incident", title, (lasted, *words.details(incident)))


def _checks(sitting: Sitting) -> list[IdentityCheck]:
    """The checks that say something: neither the aggregates of each minute nor the ones that staff made."""
    told = [IdentityCheck.Occasion.CHECK_IN, IdentityCheck.Occasion.CHANGE]
    return list(sitting.identity_checks.filter(occasion__in=told))


def _checked(check: IdentityCheck) -> Entry:
    known = {"name": check.get_occasion_display(), "after": check.get_verdict_display()}
    lines = (words.distance(check.distance, check.threshold),) if check.distance is not None else ()
    frames = ngettext("依据%(count)d帧画面", "依据%(count)d帧画面", check.frames) % {"count": check.frames}
    title = _("%(name)s：%(after)s") % known
    return Entry(check.decided_at, "check", title, (*lines, *((frames,) if check.frames else ())))


def _said(message: Message) -> Entry:
    settled = (_("已处理"),) if message.settled_at else (_("待处理"),)
    return Entry(message.at, "message", _("考生求助"), (message.text, *settled))


def _claimed(claim: Claim) -> Entry:
    until = _("至 %(moment)s") % {"moment": f"{localtime(claim.ended_at):%H:%M:%S}"} if claim.ended_at else ""
    return Entry(claim.since, "person", _("开始处理该考生"), (until,) if until else (), by=staff_name(claim.by))


def _agreed(consent: Any) -> Entry:
    title = _("已同意人脸采集") if consent.given else _("未同意人脸采集")
    return Entry(consent.at, "consent", title, (_("同意书版本 %(version)s") % {"version": consent.version},))
