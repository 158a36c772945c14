"""The doors of proctoring: staff who may watch reach exams and their sittings, a phone the sitting it belongs to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import SimpleNamespace

from django.contrib import auth
from django.contrib.auth.models import AbstractBaseUser, AbstractUser, AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.db.models import Q, QuerySet

from exams import queries as exam_queries
from exams.domain.lifecycle import ENDED, State
from exams.models import Exam, Sitting
from proctoring.models import SecondCamera
from proctoring.services import second_camera

WATCH, INTERVENE = "proctoring.watch_room", "proctoring.intervene"
SHOWN_AFTER_CLOSE = timedelta(hours=12)
MOST_CHOSEN = 100

Visitor = AbstractBaseUser | AnonymousUser


class NotThere(Exception):
    """There is no such exam or sitting for this person."""


def may_watch(user: Visitor) -> bool:
    """Tell whether somebody may enter the room at all."""
    return isinstance(user, AbstractUser) and user.is_active and user.is_staff and user.has_perm(WATCH)


def watched_exams(user: Visitor, now: datetime) -> list[Exam]:
    """Return the exams that are on, near or just over."""
    if not may_watch(user):
        return []
    live = Q(enrolments__sitting__state__in=[State.IN_PROGRESS.value, State.PAUSED.value])
    near = Q(closes_at__gt=now - SHOWN_AFTER_CLOSE, opens_at__lte=now + timedelta(days=1))
    return list(Exam.objects.filter(near | live).distinct().select_related("plan").order_by("opens_at", "code"))


def watched_exam(user: Visitor, exam_id: int) -> Exam:
    """Return one exam, or raise `NotThere`."""
    exam = Exam.objects.select_related("plan").filter(pk=exam_id).first() if may_watch(user) else None
    if exam is None:
        raise NotThere
    return exam


def watched_sitting(user: Visitor, exam_id: int, sitting_id: int) -> Sitting:
    """Return one sitting of an exam, or raise `NotThere`."""
    sitting = _sittings(user, exam_id).filter(pk=sitting_id).first()
    if sitting is None:
        raise NotThere
    return sitting


def chosen_sittings(user: Visitor, exam_id: int, sitting_ids: Iterable[int]) -> list[Sitting]:
    """Return those of the chosen sittings that belong to the exam, always in the same order: two who act on many at
    once then never wait for each other in a circle."""
    return list(_sittings(user, exam_id).filter(pk__in=list(sitting_ids)[:MOST_CHOSEN]).order_by("pk"))


def watcher_of_session(session: SessionBase) -> AbstractUser | None:
    """Return who is behind a session that has no request, a websocket's, if they may watch; or None."""
    request = SimpleNamespace(session=session)
    user = auth.get_user(request)  # type: ignore[arg-type]
    return user if isinstance(user, AbstractUser) and may_watch(user) else None


def second_camera_of(token: str) -> SecondCamera | None:
    """Return the pairing that a phone's token proves, with its sitting; None once it is void or nobody may look."""
    try:
        sitting_id, number = signing.loads(token, salt=second_camera.SALT, max_age=second_camera.LASTS)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    pairings = SecondCamera.objects.select_related("sitting__enrolment__exam__plan")
    phone = pairings.filter(sitting=sitting_id, number=number, is_paired=True).first()
    if phone is None or phone.sitting.state in ENDED or not exam_queries.is_watched(phone.sitting):
        return None
    return phone if phone.sitting.enrolment.exam.uses_second_camera else None


def _sittings(user: Visitor, exam_id: int) -> QuerySet[Sitting]:
    if not may_watch(user):
        return Sitting.objects.none()
    related = ("enrolment__exam__plan", "enrolment__candidate", "result")
    return Sitting.objects.select_related(*related).filter(enrolment__exam=exam_id)
