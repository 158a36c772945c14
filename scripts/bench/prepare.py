"""`python -m scripts.bench.prepare N`: an exam that N candidates are answering, signed in; prints who they are."""

import json
import os
import sys
from dataclasses import asdict

import django

from scripts.bench.pages import Seat

QUESTIONS = 45


def seats(candidates: int) -> list[Seat]:
    """Let so many candidates begin an exam of 45 questions, each with a session as the sign-in makes it."""
    from django.middleware.csrf import _get_new_csrf_string
    from django.utils import timezone

    from exams.services import answer_file_keys, sittings
    from exams.tests.factories import CLIENT, ExamFactory, SectionFactory, SittingFactory
    from scripts.rehearsal import sessions

    exam = ExamFactory()
    SectionFactory(exam=exam, size=QUESTIONS)
    answer_file_keys.public_key(exam)  # else a server makes it while it is measured
    made = []
    for _ in range(candidates):
        sitting = sittings.begin(SittingFactory(exam=exam), CLIENT, timezone.now())
        session = sessions.of_candidate(sitting, exam)
        made.append(Seat(sitting.pk, session, _get_new_csrf_string(), CLIENT, 1, QUESTIONS))
    return made


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
    django.setup()
    json.dump([asdict(seat) for seat in seats(int(sys.argv[1]))], sys.stdout)
