"""Sessions as the sign-in leaves them, for candidates who are wanted in the middle of their way."""

from importlib import import_module

from django.conf import settings

from exams.models import Exam, Sitting

SESSIONS = import_module(settings.SESSION_ENGINE)


def of_candidate(sitting: Sitting, exam: Exam) -> str:
    """Return the key of a browser's session that is signed in and has chosen this sitting."""
    session = SESSIONS.SessionStore()
    session["candidate_id"] = sitting.enrolment.candidate_id
    session["scopes"] = [exam.plan.code]
    session["sitting_id"] = sitting.pk
    session.save()
    return str(session.session_key)
