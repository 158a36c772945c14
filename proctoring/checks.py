"""`manage.py check --deploy`: camera exams for which nothing is known about the face model in use."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DatabaseError

from proctoring import calibration_words as words
from proctoring import calibrations


def every_camera_exam_has_a_threshold(**options: Any) -> list[CheckMessage]:
    """Name the exams whose candidates would all wait for a person; silent before the first migration."""
    try:
        exams = calibrations.undecidable()
    except DatabaseError:
        return []
    return [
        Error(
            f"{exam.plan.code} · {exam.code}: {words.basis(None)}",
            hint=words.what_to_run(exam.plan.code),
            id="proctoring.E001",
        )
        for exam in exams
    ]
