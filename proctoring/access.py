"""The doors of proctoring: from an id to what staff watch, from a phone's token to the sitting whose room it shows."""

from django.contrib.auth.models import AnonymousUser, User
from django.core import signing

from exams import queries as exam_queries
from exams.domain.lifecycle import ENDED
from exams.models import Exam
from proctoring.models import SecondCamera
from proctoring.services import second_camera

WATCHING = ("exams.view_sitting", "proctoring.view_snapshot")


class NoExam(Exception):
    """There is no exam that this person may watch."""


def watched_exam(user: User | AnonymousUser, pk: int) -> Exam:
    """Return an exam to staff who may see its sittings and their pictures; or raise `NoExam`."""
    if not (user.is_active and user.is_staff and user.has_perms(WATCHING)):
        raise NoExam
    exam = Exam.objects.filter(pk=pk).first()
    if exam is None:
        raise NoExam
    return exam


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
