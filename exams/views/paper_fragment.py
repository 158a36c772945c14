"""The piece of a page that holds a paper, as `begin` answers with it."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse

from accounts.models import Candidate
from exams import queries
from exams.models import Exam, Sitting
from exams.services import answer_file_keys
from exams.services.changes import for_reader
from exams.views import prepared_paper
from exams.views.clock_news import clock_news
from exams.views.way import context


def fragment(sitting: Sitting, now: datetime, *, took_over: bool) -> HttpResponse:
    """Return the whole paper of a sitting that has begun, with the answers stored so far."""
    paper = queries.paper_view(sitting)
    page = context(
        sitting,
        paper=paper,
        progress=paper.progress,
        data=_data(sitting, now) | {"took_over": took_over},
        font_size=sitting.enrolment.candidate.font_size,
        font_sizes=Candidate.FontSize.choices,
    )
    response = HttpResponse(prepared_paper.paper(page))
    response["Cache-Control"] = "no-store"
    return response


def _data(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """Return what the script starts from."""
    return {
        "sitting": sitting.pk,
        "epoch": sitting.epoch,
        "state": sitting.state,
        "locked": sitting.locked,
        "pause_cause": for_reader(sitting.pause_cause),
        "server_now": now.isoformat(),
        "deadline_at": sitting.deadline_at.isoformat() if sitting.deadline_at else None,
        "switch_count": sitting.switch_count,
        "switch_limit": sitting.enrolment.exam.switch_limit,
        "clock_news": clock_news(sitting, now),
        "answer_key": _answer_key(sitting.enrolment.exam),
    }


def _answer_key(exam: Exam) -> dict[str, str]:
    """Return what the page closes a file of answers with, where its device reaches us no more."""
    key = answer_file_keys.public_key(exam)
    return {"id": key.name, "spki": key.spki}
