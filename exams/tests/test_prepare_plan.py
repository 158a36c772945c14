"""Papers can be drawn before the start; a plan that is imported again makes them void."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from exams.models import Enrolment, Exam, Paper, Plan, PreparedPaper, SectionItem, Sitting
from exams.services import papers, plans
from exams.services.refusals import Refused
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def now() -> Any:
    return timezone.now()


def enrolled(count: int, **exam: Any) -> Exam:
    made: Exam = ExamFactory(with_paper=True, **exam)
    EnrolmentFactory.create_batch(count, exam=made)
    return made


def sitting_of(exam: Exam) -> Sitting:
    enrolment = Enrolment.objects.filter(exam=exam).first()
    sitting: Sitting = SittingFactory(enrolment=enrolment)
    return Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)


def test_everybody_has_a_paper_and_a_second_time_draws_nothing() -> None:
    exam, seen = enrolled(3), []
    assert papers.prepare(exam, now(), lambda done, total: seen.append((done, total))) == 3
    assert seen == [(0, 3), (3, 3)]
    assert papers.prepared_count(exam) == 3
    assert papers.prepare(exam, now()) == 0
    assert PreparedPaper.objects.values("seed").distinct().count() == 3


def test_whoever_begins_gets_the_prepared_paper() -> None:
    exam = enrolled(1)
    papers.prepare(exam, now())
    prepared = PreparedPaper.objects.get()
    paper = papers.draw_for(sitting_of(exam), now())
    assert (paper.seed, paper.items, paper.drawn_at) == (prepared.seed, prepared.items, prepared.drawn_at)
    assert papers.drawn(exam, paper.seed) == paper.items  # same seed, same paper
    assert papers.prepare(exam, now()) == 0


def test_a_plan_imported_again_makes_prepared_papers_void() -> None:
    exam = enrolled(2)
    papers.prepare(exam, now())
    before = PreparedPaper.objects.first()
    assert before is not None
    exam.plan.save(update_fields=["imported_at"])
    exam = Exam.objects.select_related("plan").get(pk=exam.pk)
    assert papers.prepared_count(exam) == 0
    assert papers.draw_for(sitting_of(exam), now()).seed != before.seed
    assert papers.prepare(exam, now()) == 1  # the other one; whoever has a paper keeps it
    assert Paper.objects.count() == 1


def test_a_prepared_paper_is_no_beginning() -> None:
    exam = enrolled(1)
    papers.prepare(exam, now())
    assert not Paper.objects.exists()
    assert plans._begun_exams(exam.plan) == set()


def test_a_pool_that_is_too_small_is_found_before_the_exam() -> None:
    exam = enrolled(1)
    SectionItem.objects.all().delete()
    with pytest.raises(Refused, match="试卷暂时无法生成"):
        papers.prepare(exam, now())
    Exam.objects.update(opens_at=now() + minutes(5))
    assert papers.prepare_near(now()) == 0


def test_servers_draw_what_is_missing_shortly_before_the_start() -> None:
    soon, later = enrolled(2), enrolled(1)
    for exam, ahead in ((soon, minutes(10)), (later, minutes(60))):
        Exam.objects.filter(pk=exam.pk).update(opens_at=now() + ahead, closes_at=now() + timedelta(hours=3))
    assert papers.prepare_near(now()) == 2
    assert {papers.prepared_count(exam) for exam in (soon, later)} == {2, 0}


def test_the_command_says_what_it_did() -> None:
    exam, out = enrolled(2, closes_at=now() + timedelta(days=1)), StringIO()
    other = ExamFactory(with_paper=True, plan=exam.plan, closes_at=now() + timedelta(days=1))
    EnrolmentFactory(exam=other)
    call_command("prepare_plan", exam.plan.code, "--exam", exam.code, stdout=out, verbosity=0)
    assert "本次抽取 2 份，已备 2 份" in out.getvalue()
    assert papers.prepared_count(other) == 0
    for arguments in (["nothing"], [exam.plan.code, "--exam", "nothing"]):
        with pytest.raises(CommandError, match="nothing"):
            call_command("prepare_plan", *arguments)
    assert Plan.objects.count() == 1
