"""Answers as a page sends them, for tests."""

from typing import Any

from django.db import connection

from exams.models import Sitting
from exams.services import responses
from exams.services.responses import Saved
from exams.tests.factories import CLIENT

STATEMENTS = (
    2 if connection.vendor == "postgresql" else 4
)  # of one save: decide and store, log; SQLite takes them apart


def op(question: int = 1, seq: int = 1, *value: str, doubtful: bool = False) -> dict[str, Any]:
    """Return one op; without a value it chooses A."""
    return {"question": question, "seq": seq, "value": list(value or "A"), "doubtful": doubtful}


def send(sitting: Sitting, *ops: dict[str, Any], client: str = CLIENT, epoch: int = 1) -> Saved:
    """Save as the endpoint does: with the sitting as it stands now."""
    fresh = Sitting.objects.select_related("paper", "enrolment__exam").get(pk=sitting.pk)
    return responses.save(fresh, {"client": client, "epoch": epoch, "ops": list(ops)})


def outcomes(saved: Saved) -> list[str]:
    return [ack.outcome for ack in saved.acks]


def stored(sitting: Sitting) -> dict[int, list[str]]:
    """Return what counts as the candidate's answers."""
    return dict(sitting.responses.values_list("question", "value"))


def logged(sitting: Sitting) -> list[tuple[int, int, str]]:
    """Return the log as (question, seq, outcome)."""
    return list(sitting.entries.values_list("question", "seq", "outcome"))
