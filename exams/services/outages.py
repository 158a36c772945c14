"""The heart of the installation, the outages that its silence shows, and the time that is given back for them.

Servers beat; whoever beats first after a silence writes the outage down and gives back what the rules of the exams
give, in one transaction that the other servers wait for: so it is done once, and before anybody is closed by a deadline
that fell into it. See decision record 0014.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams import queries
from exams.domain import lifecycle
from exams.domain.lifecycle import ENDED, State
from exams.domain.timing import NOTHING, Span, held_within, lost_within
from exams.models import Compensation, Exam, Heartbeat, Result, ServerOutage, Sitting, StateChange
from exams.services.changes import announce, change_of, for_staff
from exams.services.database_clock import database_now
from exams.services.refusals import Refused, require_reason

SILENCE = timedelta(seconds=10)  # five beats; shorter than that a page waits and sends its answers again
CAUSE = gettext_lazy("服务器故障")

Rule = Exam.OutageRule


# --- the heart -------------------------------------------------------------------------------------------------------


def beat() -> ServerOutage | None:
    """Say that a server serves, by the database's clock; return the outage that this ends, if somebody sat through it.

    After a silence during which nobody was sitting an exam there is nothing to write down.
    """
    now = database_now()
    # The one statement of nearly every beat. It never sets the heart back: two servers may arrive in the wrong order.
    if Heartbeat.objects.filter(beat_at__gt=now - SILENCE, beat_at__lt=now).update(beat_at=now):
        return None
    return _beat_after_a_silence()


@transaction.atomic
def _beat_after_a_silence() -> ServerOutage | None:
    heart, is_first = Heartbeat.objects.select_for_update().get_or_create(pk=1, defaults={"beat_at": database_now()})
    now = database_now()  # after the wait for whoever was faster
    silent = Span(heart.beat_at, now)
    heart.beat_at = max(heart.beat_at, now)
    heart.save(update_fields=["beat_at"])
    return None if is_first or silent.length(now) < SILENCE else _write_down(silent, now)


def _write_down(silent: Span, now: datetime) -> ServerOutage | None:
    """Keep an outage that met somebody, and give back what the rules of the exams give without asking."""
    outage = ServerOutage(began_at=silent.began_at, ended_at=now)
    exams = list(Exam.objects.filter(enrolments__sitting__in=_sat_through(outage)).distinct())
    kept_out = _kept_out_by(outage)
    if not exams and not kept_out:
        return None
    outage.save()
    opened = min((sitting.enrolment.exam.opens_at for sitting in kept_out), default=now)
    earlier = ServerOutage.objects.filter(ended_at__gt=opened).exclude(pk=outage.pk)
    _move_entry(kept_out, [outage], now, list(earlier))
    for exam in exams:
        if exam.outage_rule == Rule.AUTOMATIC:
            most = timedelta(minutes=exam.outage_most_minutes)
            _give(outage, _sat_through(outage).filter(enrolment__exam=exam), now, most=most)
    return outage


class Ear:
    """When this process last heard the heart, by its own clock; nothing where nobody here listens."""

    heard_at: float | None = None

    def hear(self) -> None:
        """Beat, and remember when."""
        beat()
        self.heard_at = monotonic()

    def is_silent_for(self, seconds: float) -> bool:
        """Tell whether somebody here listens and has heard nothing for so long."""
        return self.heard_at is not None and monotonic() - self.heard_at > seconds


ear = Ear()


def settle() -> None:
    """See to a silence before anything is decided by a deadline: asked at the door, and nearly always for nothing.

    A server that starts beats before it answers anybody. This is for one that goes on after its database was away.
    """
    if ear.is_silent_for(SILENCE.total_seconds()):
        ear.hear()


# --- giving time back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """What came of giving time back: to whom it was given, and for how many it is too late."""

    compensations: tuple[Compensation, ...] = ()
    over: int = 0


@transaction.atomic
def compensate(exam: Exam, outage: ServerOutage, by: AbstractBaseUser, reason: str, now: datetime) -> Given:
    """Give everybody of an exam back what an outage took, on somebody's word; a second time changes nothing."""
    reason = require_reason(reason)
    if exam.outage_rule != Rule.ON_WORD:
        raise Refused(_("本科目的规则不是由考务人员决定故障补时。需要时请逐人延长时间。"))
    return _give(outage, _sat_through(outage).filter(enrolment__exam=exam), now, by=by, reason=reason)


def _sat_through(outage: ServerOutage) -> QuerySet[Sitting]:
    """Return the sittings that an outage fell into: they last, or the deadline closed them after it began."""
    lasts = Q(state=State.PAUSED.value) | Q(state=State.IN_PROGRESS.value, deadline_at__gt=outage.began_at)
    closed = Q(state=State.SUBMITTED.value, ended_by=Sitting.EndedBy.DEADLINE.value, ended_at__gt=outage.began_at)
    return Sitting.objects.filter(lasts | closed, started_at__lt=outage.ended_at)


def _give(
    outage: ServerOutage,
    sittings: QuerySet[Sitting],
    now: datetime,
    most: timedelta | None = None,
    by: AbstractBaseUser | None = None,
    reason: str = "",
) -> Given:
    """Give each what it lost and has not been given yet, all in a handful of statements."""
    taken = sittings.select_for_update(of=("self",)).select_related("enrolment__exam__plan").order_by("pk")
    fresh = list(taken.exclude(compensations__outage=outage).prefetch_related("pauses"))
    lost = [(sitting, _lost(sitting, outage, now, most)) for sitting in fresh]
    able = [(sitting, seconds) for sitting, seconds in lost if seconds and _add(sitting, seconds, now)]
    why = _why(outage, reason, able)
    changes = [
        change_of(
            sitting,
            "extra_seconds",
            before=sitting.extra_seconds - seconds,
            after=sitting.extra_seconds,
            now=now,
            by=by,
            reason=why,
        )
        for sitting, seconds in able
    ]
    changes += _let_go_on([sitting for sitting, _seconds in able if sitting.state in ENDED], now, by, why)
    StateChange.objects.bulk_create(changes)
    fields = ["extra_seconds", "compensated_seconds", "deadline_at", "state", "ended_at", "ended_by"]
    Sitting.objects.bulk_update([sitting for sitting, _seconds in able], fields)
    given = Compensation.objects.bulk_create(
        Compensation(outage=outage, sitting=sitting, seconds=seconds, at=now, by_id=by.pk if by else None)
        for sitting, seconds in able
    )
    for sitting, _seconds in able:
        announce(sitting)
    return Given(tuple(given), over=sum(bool(seconds) for _sitting, seconds in lost) - len(able))


def _lost(sitting: Sitting, outage: ServerOutage, now: datetime, most: timedelta | None) -> int:
    """Return how many seconds a sitting is due for an outage; `most` is for all outages together."""
    if sitting.started_at is None:
        return 0
    pauses = [Span(pause.began_at, pause.ended_at) for pause in sitting.pauses.all()]
    lost = lost_within(Span(outage.began_at, outage.ended_at), sitting.started_at, pauses, now)
    if most is not None:
        lost = min(lost, max(NOTHING, most - timedelta(seconds=sitting.compensated_seconds)))
    return math.ceil(lost.total_seconds())


def _add(sitting: Sitting, seconds: int, now: datetime) -> bool:
    """Add to the time of a sitting; tell whether it has any left then. One that was closed stays so without."""
    sitting.extra_seconds += seconds
    sitting.compensated_seconds += seconds
    deadline = queries.schedule(sitting).deadline(now)
    if sitting.state != State.PAUSED:
        sitting.deadline_at = deadline
    return sitting.state not in ENDED or deadline > now


def _let_go_on(closed: Sequence[Sitting], now: datetime, by: AbstractBaseUser | None, why: str) -> list[StateChange]:
    """Take back the end of sittings that a deadline closed during an outage; their pages still hold them."""
    changes = []
    for sitting in closed:
        before, sitting.state = sitting.state, lifecycle.move(State(sitting.state), State.IN_PROGRESS).value
        sitting.ended_at, sitting.ended_by = None, ""
        changes.append(change_of(sitting, "state", before=before, after=sitting.state, now=now, by=by, reason=why))
    Result.objects.filter(sitting__in=closed).exclude(validity=Result.Validity.INVALID).delete()
    return changes


def _why(outage: ServerOutage, reason: str, given: Iterable[tuple[Sitting, int]]) -> str:
    """Return what the record says of an outage, and of who decided."""
    zone = next((sitting.enrolment.exam.plan.timezone for sitting, _seconds in given), None)
    return "；".join(part for part in (_when(outage, zone), reason) if part)  # i18n: data


def _when(outage: ServerOutage, zone: str | None) -> str:
    """Return an outage with its times, on the clock of where the exam is held."""
    began, ended = (localtime(at, ZoneInfo(zone) if zone else None) for at in (outage.began_at, outage.ended_at))
    return f"{for_staff(CAUSE)}：{began:%H:%M:%S}–{ended:%H:%M:%S}"  # i18n: data; kept as it is


# --- who could not begin ---------------------------------------------------------------------------------------------


def move_entry(sitting: Sitting, now: datetime) -> None:
    """Let whoever comes for the first time after an outage that their exam had since it opened begin as much later."""
    exam = sitting.enrolment.exam
    if exam.outage_rule == Rule.AUTOMATIC and not exam.is_practice and exam.opens_at < now:
        _move_entry([sitting], ServerOutage.objects.filter(ended_at__gt=exam.opens_at), now)


def _kept_out_by(outage: ServerOutage) -> list[Sitting]:
    """Return the sittings that could have begun while no server was there, of exams that give time back by themselves.

    One for practice is open for weeks: nobody's time there is short.
    """
    ready = Sitting.objects.filter(
        state=State.READY.value,
        enrolment__exam__outage_rule=Rule.AUTOMATIC.value,
        enrolment__exam__is_practice=False,
        enrolment__exam__opens_at__lt=outage.ended_at,
        enrolment__exam__closes_at__gt=outage.began_at,
    )
    return list(ready.select_for_update(of=("self",)).select_related("enrolment__exam__plan").order_by("pk"))


def _move_entry(
    sittings: Sequence[Sitting], found: Iterable[ServerOutage], now: datetime, earlier: Sequence[ServerOutage] = ()
) -> None:
    """Move the last entry and the close of the window of sittings that have not begun; on the record."""
    met = list(found)
    changes = []
    for sitting in sittings:
        exam, before = sitting.enrolment.exam, sitting.held_seconds
        lost = _kept_out(sitting, [*earlier, *met], now) - _kept_out(sitting, earlier, now)
        sitting.held_seconds = after = before + lost
        why = "；".join(_when(outage, exam.plan.timezone) for outage in met)  # i18n: data
        if after > before:
            changes.append(change_of(sitting, "held_seconds", before=before, after=after, now=now, reason=why))
    Sitting.objects.bulk_update(sittings, ["held_seconds"])
    StateChange.objects.bulk_create(changes)


def _kept_out(sitting: Sitting, met: Iterable[ServerOutage], now: datetime) -> int:
    """Return the seconds that outages together cost before the start: up to the limit, without what a wait gives back.

    The sum is rounded, not its parts: so one after another they cost no more than together.
    """
    exam, until = sitting.enrolment.exam, sitting.held_since or now
    spans = [Span(outage.began_at, min(outage.ended_at, until)) for outage in met]
    lost = sum((held_within(queries.window(exam), span, now) for span in spans), NOTHING)
    return math.ceil(min(lost, timedelta(minutes=exam.outage_most_minutes)).total_seconds())


# --- what there is to decide -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """An outage as one exam has it: who was given time, and for how many there is time to give."""

    outage: ServerOutage
    given: int
    waiting: int
    rule: Rule

    @property
    def asks(self) -> bool:
        """Whether a person should decide."""
        return self.rule == Rule.ON_WORD and self.waiting > 0

    @property
    def lasted(self) -> timedelta:
        return self.outage.ended_at - self.outage.began_at


def of_exam(exam: Exam, now: datetime) -> list[Standing]:
    """Return the outages that fell into sittings of an exam, the newest first."""
    sat = Sitting.objects.filter(enrolment__exam=exam, started_at__isnull=False)
    first = sat.order_by("started_at").values_list("started_at", flat=True).first()
    if first is None:
        return []
    found = [_standing(outage, exam, now) for outage in ServerOutage.objects.filter(ended_at__gt=first)]
    return [one for one in found if one.given or one.waiting]


def _standing(outage: ServerOutage, exam: Exam, now: datetime) -> Standing:
    given = Compensation.objects.filter(outage=outage, sitting__enrolment__exam=exam).count()
    rest = _sat_through(outage).filter(enrolment__exam=exam).exclude(compensations__outage=outage)
    rest = rest.select_related("enrolment__exam").prefetch_related("pauses")
    waiting = sum(1 for sitting in rest if _could_be_given(sitting, outage, now))
    return Standing(outage, given, waiting, Rule(exam.outage_rule))


def _could_be_given(sitting: Sitting, outage: ServerOutage, now: datetime) -> bool:
    lost = _lost(sitting, outage, now, None)
    return lost > 0 and _add(sitting, lost, now)  # of a copy that nobody keeps
