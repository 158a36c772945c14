"""What pages read, as sentences. Nothing here knows which answers are right."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.prepared import Prepared
from exams import seams
from exams.domain import consent, flow
from exams.domain import progress as counting
from exams.domain.flow import Facts, Step
from exams.domain.lifecycle import State
from exams.domain.progress import Progress
from exams.domain.timing import LateRule, Schedule, Span, Window
from exams.models import Consent, Enrolment, Exam, Paper, Pause, ReferencePhoto, Response, ResponseEntry, Sitting
from exams.paper_view import PaperView, paper_view

__all__ = [
    "PaperView",
    "Place",
    "consent_of",
    "entry_spread",
    "exam_of_client",
    "exams_near",
    "facts",
    "first_picture",
    "first_pictures",
    "is_watched",
    "late_rule",
    "not_counted",
    "paper_view",
    "place",
    "progress",
    "schedule",
    "window",
]

CONSENT = "consent_read"  # where an enrolment carries the answer that was read along with it
PAGES = {
    Step.CONFIRM: "exams:confirm",
    Step.CONSENT: "exams:consent",
    Step.TOO_EARLY: "exams:waiting",  # waiting and answering are one document
    Step.WAITING: "exams:waiting",
    Step.PAPER: "exams:waiting",
    Step.MISSED: "exams:missed",
    Step.FINISHED: "exams:finished",
}


# --- exams -----------------------------------------------------------------------------------------------------------


def exams_near(now: datetime) -> list[Exam]:
    """Exams that are open or open within a day, with their plan: the ones whose client configuration is offered."""
    return list(Exam.objects.near(now).select_related("plan"))


def exam_of_client(token: str) -> Exam | None:
    """Return the exam whose client configuration lives at an unguessable address."""
    return Exam.objects.filter(seb_token=token).first()


def window(exam: Exam) -> Window:
    """Return when an exam may be entered."""
    return Window(
        check_in_opens_at=exam.check_in_opens_at,
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        late_entry_at=exam.late_entry_at,
    )


def late_rule(exam: Exam) -> LateRule:
    """Return what becomes of answers that arrive after the deadline."""
    grace = exam.late_grace_seconds if exam.late_responses == Exam.LateResponses.GRACE else 0
    return LateRule(
        accepted_for=timedelta(seconds=grace), kept_for_review=exam.late_responses == Exam.LateResponses.KEEP
    )


def is_watched(sitting: Sitting) -> bool:
    """Tell whether cameras run while a sitting lasts: where the exam asks for it and the candidate said yes."""
    return sitting.enrolment.exam.face_rule == Exam.FaceRule.CONTINUOUS and consent_of(sitting.enrolment) is True


def consent_of(enrolment: Enrolment) -> bool | None:
    """Return the newest answer to the consent text in force, None where there is none; as `access` has read it."""
    if CONSENT in vars(enrolment):
        known: bool | None = vars(enrolment)[CONSENT]
        return known
    answers = Consent.objects.filter(enrolment=enrolment, version=consent.VERSION).order_by("-at", "-pk")
    return answers.values_list("given", flat=True).first()


# --- where a candidate belongs, and until when -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """The page where a candidate belongs, and what holds them back there."""

    step: Step
    url: str
    gates: tuple[seams.Gate, ...] = ()


def facts(sitting: Sitting) -> Facts:
    """Return what decides where a candidate belongs."""
    return _facts(sitting, held_back=bool(seams.reasons_to_wait(sitting)))


def place(sitting: Sitting, now: datetime) -> Place:
    """Return where the candidate belongs now."""
    gates = tuple(seams.reasons_to_wait(sitting))
    step = flow.next_step(_facts(sitting, held_back=bool(gates)), now)
    return Place(step, reverse(gates[0].url_name if step is Step.CHECK_IN else PAGES[step]), gates)


def _facts(sitting: Sitting, *, held_back: bool) -> Facts:
    return Facts(
        state=State(sitting.state),
        window=window(sitting.enrolment.exam),
        confirmed=sitting.confirmed_at is not None,
        # Asked only where it decides: before the exam, once the details are confirmed.
        consent_needed=sitting.state == State.READY
        and sitting.confirmed_at is not None
        and seams.consent_needed(sitting),
        held_back=held_back,
        deadline_at=sitting.deadline_at,
        held=timedelta(seconds=sitting.held_seconds),
        held_since=sitting.held_since,
    )


def schedule(sitting: Sitting) -> Schedule:
    """Return the clock of a sitting that has begun."""
    if sitting.started_at is None:
        raise ValueError("a sitting that has not begun has no clock")
    exam = sitting.enrolment.exam
    return Schedule(
        closes_at=exam.closes_at,
        duration=exam.duration,
        started_at=sitting.started_at,
        extra=sitting.enrolment.extra_time + timedelta(seconds=sitting.extra_seconds),
        held=timedelta(seconds=sitting.held_seconds),
        pauses=tuple(_pauses(sitting)),
    )


def _pauses(sitting: Sitting) -> list[Span]:
    """Return when the clock stood; as it was fetched along, where it was."""
    if "pauses" in getattr(sitting, "_prefetched_objects_cache", {}):
        return [Span(pause.began_at, pause.ended_at) for pause in sitting.pauses.all()]
    return [Span(*row) for row in _PAUSES.all(sitting.pk)]


_PAUSES = Prepared(
    lambda sitting: Pause.objects.filter(sitting_id=sitting).values_list("began_at", "ended_at").order_by("began_at")
)


def entry_spread(sitting: Sitting) -> timedelta:
    """Return the moment of delay that this sitting enters with, so that not all come in the same second.

    Drawn from the sitting's number and the secret key: the same after every reload, and known to nobody before.
    """
    drawn = int.from_bytes(salted_hmac("exams.entry_spread", str(sitting.pk)).digest()[:4], "big") / 2**32
    return timedelta(milliseconds=round(drawn * sitting.enrolment.exam.entry_spread_seconds * 1000))


# --- the paper -------------------------------------------------------------------------------------------------------


def progress(sitting: Sitting) -> Progress:
    """Return the four counters of the whole paper; all nothing before it is drawn."""
    [items] = _ITEMS.first(sitting.pk) or [()]
    answers = _ANSWERED.all(sitting.pk)
    return counting.count(len(items), ((bool(value), doubtful) for value, doubtful in answers))


_ITEMS = Prepared(lambda sitting: Paper.objects.filter(sitting_id=sitting).values_list("items"))
_ANSWERED = Prepared(lambda sitting: Response.objects.filter(sitting_id=sitting).values_list("value", "doubtful"))


# --- photos ----------------------------------------------------------------------------------------------------------


def not_counted(sitting: Sitting) -> list[int]:
    """Questions that a page answered after it had lost its place, otherwise than they stand now: worth a look."""
    entries = ResponseEntry.objects.filter(sitting=sitting, outcome=ResponseEntry.Outcome.SUPERSEDED)
    came = {entry.question: _said(entry) for entry in entries.order_by("number")}
    if not came:
        return []
    stored = Response.objects.filter(sitting=sitting, question__in=came)
    stands = {response.question: _said(response) for response in stored}
    return sorted(question for question, answer in came.items() if answer != stands.get(question, ([], False)))


def _said(answer: Response | ResponseEntry) -> tuple[list[str], bool]:
    return sorted(answer.value), answer.doubtful


def first_pictures(way: str = "") -> Prefetch[str]:
    """Fetch along the first check-in pictures of enrolments that are reached by `way`, without the pictures' data."""
    facts_of_it = ("enrolment", "source", "to_compare", "compared_at", "retired_at")
    first = ReferencePhoto.objects.filter(source=ReferencePhoto.Source.FIRST_CHECK_IN).only(*facts_of_it).order_by("pk")
    return Prefetch(f"{way}photos", queryset=first, to_attr="first_pictures")


def first_picture(enrolment: Enrolment) -> ReferencePhoto.Comparison | None:
    """Return how it stands with the first check-in picture, fetched by `first_pictures`; one that waits comes first."""
    found = [photo.comparison for photo in getattr(enrolment, "first_pictures", ())]
    waiting = ReferencePhoto.Comparison.WAITING
    return waiting if waiting in found else (found[-1] if found else None)
