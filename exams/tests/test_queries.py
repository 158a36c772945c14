"""queries: where candidates belong, and the paper as they see it."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from exams import queries, seams
from exams.domain.flow import Step
from exams.models import SectionItem, Sitting
from exams.services import sittings
from exams.tests.answers import op, send
from exams.tests.factories import CLIENT, SectionFactory, SittingFactory, hours, minutes, overdue, seconds, start_of

pytestmark = pytest.mark.django_db


def step(sitting: Sitting) -> Step:
    return queries.place(sitting, timezone.now()).step


def test_each_step_has_its_page(open_seams: None) -> None:
    for page in Step:
        if page is not Step.CHECK_IN:
            assert reverse(queries.PAGES[page])


def test_a_candidate_belongs_where_their_sitting_stands(open_seams: None) -> None:
    assert step(SittingFactory(confirmed_at=None)) is Step.CONFIRM
    assert step(SittingFactory(exam__opens_at=timezone.now() + hours(5))) is Step.TOO_EARLY
    assert step(SittingFactory()) is Step.WAITING
    assert step(SittingFactory(begun=True)) is Step.PAPER
    assert step(overdue(SittingFactory(begun=True))) is Step.FINISHED
    assert step(SittingFactory(exam__over=True)) is Step.MISSED


def test_a_gate_names_the_page_that_can_resolve_it(open_seams: None) -> None:
    seams.gates.register(lambda sitting: seams.Gate("请先完成人脸核验。", "exams:device_check"))
    place = queries.place(SittingFactory(), timezone.now())
    assert (place.step, place.url) == (Step.CHECK_IN, "/device-check/")
    assert [gate.reason for gate in place.gates] == ["请先完成人脸核验。"]


def test_consent_is_asked_for_where_an_app_says_so(open_seams: None) -> None:
    seams.consent.register(lambda sitting: True)
    assert step(SittingFactory()) is Step.CONSENT


def test_the_entry_is_spread_the_same_way_after_every_reload() -> None:
    sittings_ = [SittingFactory(exam__entry_spread_seconds=10) for _number in range(5)]
    spreads = [queries.entry_spread(sitting) for sitting in sittings_]
    assert spreads == [queries.entry_spread(Sitting.objects.get(pk=sitting.pk)) for sitting in sittings_]
    assert len(set(spreads)) == 5
    assert all(seconds(0) <= spread <= seconds(10) for spread in spreads)


def test_without_a_spread_all_enter_at_the_opening() -> None:
    sitting = SittingFactory(exam__entry_spread_seconds=0)
    assert queries.entry_spread(sitting) == seconds(0)


def test_a_sitting_that_has_not_begun_has_no_clock() -> None:
    with pytest.raises(ValueError, match="begun"):
        queries.schedule(SittingFactory())


def test_the_schedule_knows_everything_that_moves_the_deadline() -> None:
    sitting = SittingFactory(begun=True, enrolment__extra_minutes=5)
    sittings.pause(sitting, "停电", start_of(sitting) + minutes(5))
    sittings.resume(sitting, start_of(sitting) + minutes(15))
    fresh = Sitting.objects.get(pk=sitting.pk)
    assert queries.schedule(fresh).deadline(timezone.now()) == fresh.deadline_at == start_of(sitting) + minutes(75)


# --- the paper -------------------------------------------------------------------------------------------------------


def mixed_sitting() -> Sitting:
    sitting = SittingFactory(exam__with_paper=False)
    SectionFactory(exam=sitting.enrolment.exam, kind="single", size=2, shuffle_options=True)
    SectionFactory(exam=sitting.enrolment.exam, kind="multiple", size=1)
    SectionFactory(exam=sitting.enrolment.exam, kind="true_false", size=1)
    return sittings.begin(sitting, CLIENT, timezone.now())


def test_numbers_run_on_through_all_sections() -> None:
    paper = queries.paper_view(mixed_sitting())
    assert [[question.number for question in section.questions] for section in paper.sections] == [[1, 2], [3], [4]]
    assert (paper.total, paper.points) == (4, Decimal(8))
    assert [kind for kind, _label in paper.kinds] == ["single", "multiple", "true_false"]


def test_letters_follow_the_place_and_ids_the_question() -> None:
    sitting = mixed_sitting()
    question = queries.paper_view(sitting).questions[0]
    assert [option.letter for option in question.options] == list("ABCD")
    assert [option.id for option in question.options] == sitting.paper.items[0]["options"]
    assert all(option.text == f"选项{option.id}" for option in question.options)


def test_what_is_stored_is_shown() -> None:
    sitting = mixed_sitting()
    send(sitting, op(3, 4, "B", "D", doubtful=True))
    question = queries.paper_view(sitting).questions[2]
    assert (question.value, question.doubtful, question.next_seq, question.answered) == (("B", "D"), True, 5, True)
    assert [option.id for option in question.options if option.chosen] == ["B", "D"]


def test_only_multiple_choice_takes_several_options() -> None:
    assert [question.several for question in queries.paper_view(mixed_sitting()).questions] == [
        False,
        False,
        True,
        False,
    ]


def test_the_key_is_nowhere_in_the_paper() -> None:
    paper = queries.paper_view(mixed_sitting())
    assert "key" not in repr(paper)
    assert "explanation" not in repr(paper)


def test_a_paper_is_read_in_four_queries_and_the_next_in_three(django_assert_num_queries: object) -> None:
    sitting = Sitting.objects.select_related("enrolment").get(pk=mixed_sitting().pk)
    for number in (4, 3):  # the wordings never change: a process remembers them
        with django_assert_num_queries(number):  # type: ignore[operator]
            queries.paper_view(sitting)


def test_a_revision_that_came_later_does_not_change_the_paper() -> None:
    sitting = mixed_sitting()
    before = queries.paper_view(sitting)
    SectionItem.objects.all().delete()
    assert queries.paper_view(sitting) == before


def test_the_counters_count_the_whole_paper() -> None:
    sitting = mixed_sitting()
    send(sitting, op(1, 1, "A"), op(2, 1, doubtful=True) | {"value": []}, op(3, 1, "A", doubtful=True))
    progress = queries.progress(sitting)
    assert (progress.total, progress.answered, progress.doubtful, progress.unanswered) == (4, 2, 2, 2)


def test_before_the_paper_the_counters_are_empty() -> None:
    assert queries.progress(SittingFactory()).total == 0
