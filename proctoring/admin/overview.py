"""What staff see first: the exams of the day with their counts, and for one exam who waits, sits, is done or absent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from exams.domain.lifecycle import ENDED, CheckIn, State
from exams.models import Correction, Enrolment, Exam, Paper, ReferencePhoto, Response, Result, Sitting
from proctoring.models import Incident, Message

SHOWN = 200  # rows of one list; more are in the full list behind it
PERMISSION = "exams.view_sitting"


# --- the first page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExamLine:
    """An exam of today with its counts."""

    exam: Exam
    counts: "Counts"
    is_open: bool


def first_page(request: HttpRequest) -> dict[str, Any]:
    """Return what the first page of the admin shows to this person."""
    now, may = timezone.now(), request.user.has_perm
    if not may(PERMISSION):
        return {"shows_numbers": False}
    numbers = {
        "held": Sitting.objects.filter(check_in=CheckIn.HELD).exclude(state__in=ENDED).count(),
        "calls": open_calls().count(),
        "incidents": Incident.objects.filter(Incident.WAITS).count(),
        "pending": Result.objects.filter(validity=Result.Validity.PENDING_REVIEW).count(),
        "photos": ReferencePhoto.objects.filter(to_compare=True).count(),
    }
    if may("exams.view_correction"):
        numbers["corrections"] = Correction.objects.filter(settled_at=None).count()
    return {"shows_numbers": True, "numbers": numbers, "exams": exams_of_the_day(now), "now": now}


def exams_of_the_day(now: datetime) -> list[ExamLine]:
    """Return the exams that are open today, those that are being sat first."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Exam.objects.filter(opens_at__lt=midnight + timedelta(days=1), closes_at__gte=midnight)
    exams = list(today.select_related("plan").order_by("opens_at", "code"))
    known = counts_of(exams)
    lines = [ExamLine(exam, known[exam.pk], exam.opens_at <= now < exam.closes_at) for exam in exams]
    return sorted(lines, key=lambda line: (not line.is_open, -line.counts.sitting, line.exam.opens_at))


def open_calls() -> QuerySet[Message]:
    """Return the calls for help that nobody has answered, oldest first."""
    calls = Message.objects.filter(direction=Message.Direction.FROM_CANDIDATE, settled_at__isnull=True)
    return calls.select_related("sitting__enrolment__exam").order_by("at", "pk")


# --- counts ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Counts:
    """How many candidates of an exam are where; each is counted once."""

    enrolled: int = 0
    held: int = 0
    ready: int = 0
    sitting: int = 0
    paused: int = 0
    done: int = 0
    terminated: int = 0
    incidents: int = 0
    calls: int = 0

    @property
    def absent(self) -> int:
        here = self.held + self.ready + self.sitting + self.paused + self.done + self.terminated
        return max(0, self.enrolled - here)


PLACES = {
    State.READY: "ready",
    State.IN_PROGRESS: "sitting",
    State.PAUSED: "paused",
    State.SUBMITTED: "done",
    State.TERMINATED: "terminated",
}


def counts_of(exams: Sequence[Exam]) -> Mapping[int, Counts]:
    """Return the counts of several exams, in four queries."""
    known = {exam.pk: Counts() for exam in exams}
    for exam, count in _tally(Enrolment.objects.filter(exam__in=known), "exam"):
        known[exam].enrolled = count
    states = Sitting.objects.filter(enrolment__exam__in=known).values_list("enrolment__exam", "state", "check_in")
    for (exam, state, check_in), count in Counter(states).items():
        waits = check_in == CheckIn.HELD and state not in ENDED
        place = "held" if waits else PLACES[State(state)]
        setattr(known[exam], place, getattr(known[exam], place) + count)
    incidents = Incident.objects.filter(Incident.WAITS, sitting__enrolment__exam__in=known)
    for exam, count in _tally(incidents, "sitting__enrolment__exam"):
        known[exam].incidents = count
    for exam, count in _tally(
        open_calls().order_by().filter(sitting__enrolment__exam__in=known), "sitting__enrolment__exam"
    ):
        known[exam].calls = count
    return known


def _tally(rows: QuerySet[Any], by: str) -> list[tuple[int, int]]:
    return list(rows.order_by().values_list(by).annotate(Count("pk")))


# --- one exam --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate in one of the lists; `sitting` is None for those who are absent."""

    enrolment: Enrolment
    sitting: Sitting | None = None
    answered: int = 0
    incidents: int = 0
    minutes_left: int | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """An exam as invigilators watch it."""

    exam: Exam
    now: datetime
    counts: Counts
    total: int
    held: list[Row] = field(default_factory=list)
    sitting: list[Row] = field(default_factory=list)
    ready: list[Row] = field(default_factory=list)
    done: list[Row] = field(default_factory=list)
    absent: list[Row] = field(default_factory=list)
    calls: list[Message] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)


def room(exam: Exam, now: datetime, *, search: str = "", place: str = "") -> Room:
    """Return the lists of one exam; `search` finds by name, account or seat, `place` is a room."""
    enrolments = _found(exam.enrolments.all(), "", search, place)
    sittings = _found(Sitting.objects.filter(enrolment__exam=exam), "enrolment__", search, place)
    sittings = sittings.select_related("enrolment", "result")
    waits = Q(check_in=CheckIn.HELD) & ~Q(state__in=ENDED)
    lists = {
        "held": sittings.filter(waits).order_by("held_since"),
        "sitting": sittings.live().exclude(waits).order_by("-locked", "-state", "enrolment__account_number"),
        "ready": sittings.filter(state=State.READY).exclude(waits).order_by("enrolment__account_number"),
        "done": sittings.filter(state__in=ENDED).order_by("-ended_at"),
    }
    chosen = {name: list(rows[:SHOWN]) for name, rows in lists.items()}
    answered, incidents = _answered(exam), _open_incidents(exam)
    absent = enrolments.filter(sitting__isnull=True).order_by("account_number")[:SHOWN]
    shown = _found(Incident.objects.filter(sitting__enrolment__exam=exam), "sitting__enrolment__", search, place)
    shown = shown.filter(Incident.WAITS).select_related("sitting__enrolment")
    return Room(
        exam=exam,
        now=now,
        counts=counts_of([exam])[exam.pk],
        total=_total(exam),
        absent=[Row(enrolment) for enrolment in absent],
        calls=list(_found(open_calls().filter(sitting__enrolment__exam=exam), "sitting__enrolment__", search, place)),
        incidents=sorted(shown[:SHOWN], key=_weight),
        **{name: [_row(one, answered, incidents, now) for one in rows] for name, rows in chosen.items()},
    )


def places(exam: Exam) -> list[str]:
    """Return the rooms of an exam."""
    return list(exam.enrolments.exclude(room="").values_list("room", flat=True).distinct().order_by("room"))


def _found(rows: Any, way: str, search: str, place: str) -> Any:
    """Narrow rows that reach an enrolment by `way`."""
    if place:
        rows = rows.filter(**{f"{way}room": place})
    for word in search.split():
        named = Q(**{f"{way}name__icontains": word}) | Q(**{f"{way}account_number__icontains": word})
        rows = rows.filter(named | Q(**{f"{way}seat": word}))
    return rows


URGENT_MINUTES = 5


def _row(sitting: Sitting, answered: Mapping[int, int], incidents: Mapping[int, int], now: datetime) -> Row:
    left = None
    if sitting.state == State.IN_PROGRESS and sitting.deadline_at is not None:
        left = max(0, -int((now - sitting.deadline_at).total_seconds() // 60))
    return Row(
        enrolment=sitting.enrolment,
        sitting=sitting,
        answered=answered.get(sitting.pk, 0),
        incidents=incidents.get(sitting.pk, 0),
        minutes_left=left,
        is_urgent=left is not None and left <= URGENT_MINUTES,
    )


SEVERITY_ORDER = {Incident.Severity.SERIOUS: 0, Incident.Severity.WARNING: 1, Incident.Severity.INFO: 2}


def _weight(incident: Incident) -> tuple[int, float]:
    return SEVERITY_ORDER[Incident.Severity(incident.severity)], -incident.began_at.timestamp()


def _answered(exam: Exam) -> dict[int, int]:
    """Return how many questions each running or ended sitting has answered."""
    responses = Response.objects.filter(sitting__enrolment__exam=exam).exclude(value=[])
    return dict(_tally(responses, "sitting"))


def _open_incidents(exam: Exam) -> dict[int, int]:
    incidents = Incident.objects.filter(Incident.WAITS, sitting__enrolment__exam=exam)
    return dict(_tally(incidents, "sitting"))


def _total(exam: Exam) -> int:
    """Return how many questions the papers of an exam have; all have as many."""
    items = Paper.objects.filter(sitting__enrolment__exam=exam).values_list("items", flat=True).first()
    return len(items or ())
