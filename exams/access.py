"""The one door from an id to a sitting: candidates reach only their own, in a plan that their check code opened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.devices import device_of
from accounts.prepared import Prepared
from accounts.requests import CandidateRequest, expects_json, scopes_of
from exams.domain.arrivals import Slot
from exams.domain.consent import VERSION
from exams.domain.lifecycle import State
from exams.models import Consent, Enrolment, Sitting
from exams.queries import CONSENT
from exams.services import outages, responses
from exams.services.database_clock import DatabaseNow

P = ParamSpec("P")
SESSION_KEY = "sitting_id"
SHOWN_AFTER_CLOSE = timedelta(days=1)  # whoever comes too late is told so, instead of finding nothing


class NoSitting(Exception):
    """There is no sitting that this person has chosen and may reach."""


def remember(request: CandidateRequest, sitting: Sitting) -> None:
    """Let the rest of the session be about this sitting."""
    request.session[SESSION_KEY] = sitting.pk


def sitting_of(request: CandidateRequest) -> Sitting:
    """Return the sitting that the candidate has chosen, with its exam, plan and candidate; or raise `NoSitting`."""
    return _asked(_the_one(_WITH_CANDIDATE, request.session), request.COOKIES)


def timed_sitting_of(request: CandidateRequest) -> Sitting:
    """Return it with the database's time instead of the candidate, in one query: for what a page asks all the time."""
    return _asked(_the_one(_TIMED, request.session), request.COOKIES)


def answering_sitting_of(request: CandidateRequest, named: int | None = None) -> Sitting:
    """Return it with its paper too, in one query: for what an answer is checked against.

    `named` is the sitting that the page answers: another one than the chosen one where a tab was left behind. A session
    that has chosen none yet, since its candidate has just signed in again, answers nothing: the page keeps what it has.
    """
    if SESSION_KEY not in request.session:
        raise NoSitting
    return _asked(_the_one(_ANSWERING, request.session, named), request.COOKIES)


@dataclass(frozen=True, slots=True)
class Pass:
    """What was found out about a session that answers: good for as long as the session's row says the same."""

    sitting_id: int
    session: tuple[str, str]  # its key and content, as they stand in the table
    slots: Mapping[int, Slot]  # a paper never changes


def pass_of(session_key: str) -> Pass | None:
    """Return the pass of a session that has chosen a sitting and may answer it, or None."""
    standing = Session.objects.filter(pk=session_key, expire_date__gt=DatabaseNow())
    content = standing.values_list("session_data", flat=True).first()
    sitting = _ANSWERING.first(*_claim(SessionStore().decode(content))) if content is not None else None
    if content is None or sitting is None:
        return None
    return Pass(sitting.pk, (session_key, content), responses.slots(sitting))


def own_sitting(request: CandidateRequest, named: int) -> Sitting:
    """Return a sitting of the candidate's that the session is not about yet; or raise `NoSitting`."""
    return _asked(_the_one(_PLAIN, request.session, named), request.COOKIES)


def is_chosen(request: CandidateRequest, sitting: Sitting) -> bool:
    """Tell whether the session is about this sitting."""
    return bool(request.session.get(SESSION_KEY) == sitting.pk)


def moment_of(sitting: Sitting) -> datetime:
    """Return the database's time at which a timed sitting was read."""
    moment: datetime = vars(sitting)["read_at"]
    return moment


def sitting_of_session(session: SessionBase, cookies: Mapping[str, str]) -> Sitting | None:
    """Return the sitting of a session that has no request, a websocket's; or None."""
    sitting = _PLAIN.first(*_claim(session))
    return None if sitting is None else _asked(sitting, cookies)


def enrolments_of(request: CandidateRequest, now: datetime) -> list[Enrolment]:
    """Return what the candidate may sit with this check code: what is to come, open, or over since yesterday."""
    enrolments = _ENROLMENTS.all(request.candidate.pk, request.scopes)
    return [one for one in enrolments if one.exam.closes_at > now - SHOWN_AFTER_CLOSE or _is_sat(one)]


def _is_sat(enrolment: Enrolment) -> bool:
    """Tell whether the exam goes on for this candidate."""
    sitting: Sitting | None = getattr(enrolment, "sitting", None)
    return sitting is not None and sitting.state in {State.IN_PROGRESS, State.PAUSED}


def staff_sitting(user: User | AnonymousUser, pk: int) -> Sitting:
    """Return any sitting to staff who may look at sittings; or raise `NoSitting`."""
    if not (user.is_active and user.is_staff and user.has_perm("exams.view_sitting")):
        raise NoSitting
    sittings = Sitting.objects.select_related("enrolment__exam__plan", "enrolment__candidate")
    sitting = sittings.filter(pk=pk).first()
    if sitting is None:
        raise NoSitting
    return sitting


def sitting_required(
    view: Callable[Concatenate[CandidateRequest, P], HttpResponseBase],
) -> Callable[Concatenate[CandidateRequest, P], HttpResponseBase]:
    """Send a candidate who has not chosen an exam to the choice; a script is told so."""

    @wraps(view)
    def guarded(request: CandidateRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NoSitting:
            choice = reverse("exams:choose")
            if expects_json(request):
                refusal = {"error": "no_sitting", "message": _("请先选择考试科目。"), "next": choice}
                return JsonResponse(refusal, status=409)
            return HttpResponseRedirect(choice)

    return guarded


def _reachable(sitting: int, candidate: int, scopes: Sequence[str]) -> QuerySet[Sitting]:
    # By the ids in the session: reading the candidate's row first would cost a query on every answer.
    return Sitting.objects.select_related("enrolment__exam__plan").filter(
        pk=sitting, enrolment__candidate_id=candidate, enrolment__exam__plan__code__in=scopes
    )


def _with_consent(sittings: QuerySet[Sitting]) -> QuerySet[Sitting]:
    answers = Consent.objects.filter(enrolment=OuterRef("enrolment"), version=VERSION).order_by("-at", "-pk")
    return sittings.annotate(**{CONSENT: Subquery(answers.values("given")[:1])})


_PLAIN = Prepared(lambda *claim: _with_consent(_reachable(*claim)))
_WITH_CANDIDATE = Prepared(lambda *claim: _with_consent(_reachable(*claim)).select_related("enrolment__candidate"))
_TIMED: Prepared[Sitting] = Prepared(lambda *claim: _with_consent(_reachable(*claim)).annotate(read_at=DatabaseNow()))
_ENROLMENTS = Prepared(
    lambda candidate, scopes: (
        Enrolment.objects.filter(candidate_id=candidate, exam__plan__code__in=scopes)
        .select_related("exam__plan", "sitting")
        .order_by("exam__opens_at", "exam__code")
    )
)
_ANSWERING: Prepared[Sitting] = Prepared(
    lambda *claim: _reachable(*claim).select_related("paper").annotate(read_at=DatabaseNow())
)


def _claim(session: SessionBase | Mapping[str, Any], named: int | None = None) -> tuple[int, int, tuple[str, ...]]:
    """Return what a session says it may reach: the sitting, whose it must be, and in which plans."""
    outages.settle()  # before a deadline decides anything
    return named or session.get(SESSION_KEY) or 0, session.get("candidate_id") or 0, scopes_of(session)


def _asked(sitting: Sitting, cookies: Mapping[str, str]) -> Sitting:
    """Note which browser asks: what holds one of them back does not hold another."""
    sitting.asking_device = device_of(cookies)
    if CONSENT in vars(sitting):
        setattr(sitting.enrolment, CONSENT, vars(sitting)[CONSENT])
    return sitting


def _the_one(query: Prepared[Sitting], session: SessionBase, named: int | None = None) -> Sitting:
    sitting = query.first(*_claim(session, named))
    if sitting is None:
        raise NoSitting
    return sitting
