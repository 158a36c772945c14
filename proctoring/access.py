"""The door from an id to what staff watch."""

from django.contrib.auth.models import AnonymousUser, User

from exams.models import Exam

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
