"""`manage.py rehearse`: a whole exam is played, measured and removed, and what is lost is found."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import Candidate
from exams.models import Bank, Plan, Question, Response, Revision, Sitting
from exams.services import responses
from exams.tests.factories import CLIENT, EnrolmentFactory, ExamFactory, SittingFactory
from scripts.rehearsal import exam as exams
from scripts.rehearsal import run
from scripts.rehearsal.candidate import lost, stored_on
from scripts.rehearsal.play import Progress

QUICK = ["--candidates", "3", "--seconds", "1", "--face-rule", "none"]
KEPT = ("PATH", "HOME", "LANG", "CHROMIUM")
PAPER = """
<article class="question" data-question="1" data-kind="single" data-next-seq="3" hidden>
  <label><input type="radio" name="question-1" value="A"></label>
  <label><input type="radio" name="question-1" value="B" checked></label>
</article>
<article class="question" data-question="2" data-kind="multiple" data-next-seq="1">
  <input type="checkbox" name="question-2" value="A">
</article>
"""


def rehearse(data: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start the command as somebody would who has configured nothing."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "manage.py", "rehearse", *arguments],
        cwd=settings.BASE_DIR,
        env=kept | {"DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


# --- the whole of it -------------------------------------------------------------------------------------------------


def test_a_rehearsal_plays_a_whole_exam_and_says_what_came_of_it(tmp_path: Path, collected_static: Path) -> None:
    (tmp_path / "static").symlink_to(collected_static)
    process = rehearse(tmp_path, *QUICK, "--json", "--drop-rate", "0.3")
    output, errors = process.communicate(timeout=240)
    found = json.loads(output)
    assert (found["candidates"], found["lost"], found["errors"]) == (3, 0, 0), errors
    assert found["sittings"] == {"submitted": 9}, "three, and the six who warm the servers up"
    assert set(found["cpu_ms"]) == {"sign_in", "enter", "save", "hand_in"}
    assert all(cost > 0 for cost in found["cpu_ms"].values())
    assert set(found["latency_ms"]["save"]) == {"p50", "p95", "p99"}
    assert found["bytes_per_save"] > 0
    assert found["limits"]["empty_asgi"]["per_second"] > 0
    assert "3" in found["verdict"]
    assert not list(tmp_path.glob("*.sqlite3*")), "the data of the run were never here"


@pytest.mark.django_db
def test_a_rehearsal_that_is_interrupted_removes_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: run.Options, progress: Progress) -> None:
        exams.prepare(1, "none", timezone.now())
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_play", interrupted)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)  # the test's own connection
    with pytest.raises(CommandError):
        call_command("rehearse", "--url", "http://127.0.0.1:1", verbosity=0)
    assert not Plan.objects.exists()


# --- its plan --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everything_that_a_rehearsal_made_is_removed_and_nothing_else() -> None:
    kept = EnrolmentFactory()
    SittingFactory(enrolment=kept)
    questions, people = Question.objects.count(), Candidate.objects.count()
    exam, tickets = exams.prepare(2, "none", timezone.now())
    assert len(tickets) == 2
    Sitting.objects.create(enrolment=exam.enrolments.get(name__endswith="1"))
    assert exams.remove_all() == 1
    assert not Plan.objects.filter(code__startswith=exams.MARK).exists()
    assert not Bank.objects.filter(code__startswith=exams.MARK).exists()
    assert (Question.objects.count(), Candidate.objects.count()) == (questions, people)
    assert not Revision.objects.filter(question__bank__code__startswith=exams.MARK).exists()
    kept.refresh_from_db()


@pytest.mark.django_db
def test_a_rehearsal_keeps_away_from_an_exam_that_somebody_sits() -> None:
    SittingFactory(begun=True, exam__name="碳排放管理师", exam__opens_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(CommandError, match="碳排放管理师"):
        call_command("rehearse", "--url", "http://127.0.0.1:1", verbosity=0)


@pytest.mark.django_db
def test_an_exam_that_begins_within_the_hour_is_not_disturbed() -> None:
    soon = EnrolmentFactory(exam__opens_at=timezone.now() + timedelta(minutes=20))
    EnrolmentFactory(exam=ExamFactory(opens_at=timezone.now() + timedelta(hours=20)))
    assert exams.busy_with(timezone.now()) == [soon.exam.name]


# --- what is lost ----------------------------------------------------------------------------------------------------


def test_a_paper_shows_seq_and_value_of_every_question() -> None:
    assert stored_on(PAPER) == {1: (2, ("B",)), 2: (0, ())}


def test_an_acked_answer_that_is_older_there_or_another_one_is_lost() -> None:
    sent = {1: {1: ("A",), 2: ("B",)}, 2: {1: ("C",)}}
    acked = {1: (2, ("B",)), 2: (1, ("C",))}
    assert lost(acked, {1: (2, ("B",)), 2: (1, ("C",))}, sent) == 0
    assert lost(acked, {1: (1, ("A",)), 2: (1, ("C",))}, sent) == 1
    assert lost(acked, {1: (2, ("D",))}, sent) == 2


def test_a_newer_answer_that_was_sent_and_not_acked_is_no_loss() -> None:
    sent = {1: {1: ("A",), 2: ("B",)}}
    assert lost({1: (1, ("A",))}, {1: (2, ("B",))}, sent) == 0


@pytest.mark.django_db
def test_a_log_that_was_changed_is_found_and_an_honest_one_is_not() -> None:
    sitting = SittingFactory(begun=True)
    op = {"question": 1, "seq": 1, "value": ["A"], "doubtful": False}
    responses.save(sitting, {"client": CLIENT, "epoch": sitting.epoch, "ops": [op]})
    exam = sitting.enrolment.exam
    assert exams.broken_logs(exam) == 0
    Response.objects.filter(sitting=sitting).update(value=["B"])
    assert exams.broken_logs(exam) == 1
