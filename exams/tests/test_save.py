"""responses.save: what is stored, what is logged, what is acknowledged, while the sitting lasts."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from exams import queries
from exams.domain.arrivals import Malformed
from exams.models import Response, ResponseEntry, ResponseLog, Sitting
from exams.services import responses, sittings, verification
from exams.tests.answers import STATEMENTS, logged, op, outcomes, send, stored
from exams.tests.factories import CLIENT, SectionFactory, SittingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitting() -> Sitting:
    begun: Sitting = SittingFactory(begun=True)
    return begun


def test_an_answer_is_stored_logged_and_acknowledged(sitting: Sitting) -> None:
    saved = send(sitting, op(1, 1, "B", doubtful=True))
    assert [(ack.question, ack.seq, ack.outcome) for ack in saved.acks] == [(1, 1, "accepted")]
    assert stored(sitting) == {1: ["B"]}
    assert logged(sitting) == [(1, 1, "accepted")]
    assert Response.objects.get().doubtful


def test_the_reply_carries_the_clock_and_the_state(sitting: Sitting) -> None:
    saved = send(sitting, op())
    assert abs(saved.server_now - timezone.now()) < timedelta(seconds=5)
    assert (saved.deadline_at, saved.state, saved.epoch, saved.error) == (sitting.deadline_at, "in_progress", 1, "")


def test_an_answer_is_stamped_on_arrival_by_the_database(sitting: Sitting) -> None:
    send(sitting, op())
    response, entry = Response.objects.get(), ResponseEntry.objects.get()
    assert response.saved_at == entry.received_at
    assert abs(response.saved_at - timezone.now()) < timedelta(seconds=5)


def test_several_answers_are_stored_at_once(sitting: Sitting) -> None:
    assert outcomes(send(sitting, op(3, 1, "C"), op(1, 1, "A"), op(2, 1, "B"))) == ["accepted"] * 3
    assert stored(sitting) == {1: ["A"], 2: ["B"], 3: ["C"]}


def test_a_newer_answer_replaces_the_older_one(sitting: Sitting) -> None:
    send(sitting, op(1, 1, "A"))
    send(sitting, op(1, 2, "B"))
    assert stored(sitting) == {1: ["B"]}


def test_an_answer_can_be_taken_back(sitting: Sitting) -> None:
    send(sitting, op(1, 1, "A"))
    send(sitting, op(1, 2) | {"value": []})
    assert stored(sitting) == {1: []}


def test_an_older_answer_never_overwrites_a_newer_one(sitting: Sitting) -> None:
    send(sitting, op(1, 5, "B"))
    assert outcomes(send(sitting, op(1, 4, "A"))) == ["stale"]
    assert stored(sitting) == {1: ["B"]}
    assert logged(sitting) == [(1, 5, "accepted"), (1, 4, "stale")]


def test_of_two_answers_in_one_request_the_newer_one_counts(sitting: Sitting) -> None:
    saved = send(sitting, op(1, 2, "B"), op(1, 1, "A"))
    assert [(ack.seq, ack.outcome) for ack in saved.acks] == [(1, "stale"), (2, "accepted")]
    assert stored(sitting) == {1: ["B"]}


def test_sending_the_same_again_is_acknowledged_and_logged_once(sitting: Sitting) -> None:
    send(sitting, op(1, 1, "A"))
    assert outcomes(send(sitting, op(1, 1, "A"))) == ["accepted"]
    assert logged(sitting) == [(1, 1, "accepted")]


def test_another_answer_with_a_seq_that_was_used_is_stale(sitting: Sitting) -> None:
    send(sitting, op(1, 1, "A"))
    assert outcomes(send(sitting, op(1, 1, "B"))) == ["stale"]
    assert stored(sitting) == {1: ["A"]}


def test_a_page_that_was_taken_over_is_logged_and_not_stored(sitting: Sitting) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    saved = send(sitting, op(1, 1, "B"))
    assert (outcomes(saved), saved.error, saved.epoch) == (["superseded"], "superseded", 2)
    assert stored(sitting) == {}
    assert logged(sitting) == [(1, 1, "superseded")]


def test_an_answer_of_a_superseded_page_is_logged_once_however_often_it_is_sent(sitting: Sitting) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    for _attempt in range(2):
        assert outcomes(send(sitting, op(1, 1, "B"))) == ["superseded"]
    assert len(logged(sitting)) == 1


def test_a_page_that_comes_back_brings_its_answers_in_its_new_epoch(sitting: Sitting) -> None:
    sittings.begin(sitting, "page-2", timezone.now())
    send(sitting, op(1, 1, "B"))
    sittings.begin(sitting, CLIENT, timezone.now())
    assert outcomes(send(sitting, op(1, 1, "B"), epoch=3)) == ["accepted"]
    assert stored(sitting) == {1: ["B"]}


def test_the_right_epoch_does_not_help_another_client(sitting: Sitting) -> None:
    assert outcomes(send(sitting, op(), client="page-9")) == ["superseded"]


def test_in_a_pause_nothing_is_decided_and_the_page_keeps_what_it_has(sitting: Sitting) -> None:
    sittings.pause(sitting, "停电", timezone.now())
    saved = send(sitting, op())
    assert (saved.acks, saved.error, saved.deadline_at) == ((), "paused", None)
    assert logged(sitting) == []
    sittings.resume(sitting, timezone.now())
    assert outcomes(send(sitting, op())) == ["accepted"]


def test_before_the_start_no_answer_fits() -> None:
    sitting = SittingFactory()
    with pytest.raises(Malformed):
        send(sitting, op(), epoch=0)
    assert send(sitting, epoch=0).error == "not_begun"


def test_without_answers_a_page_still_hears_how_the_sitting_stands(sitting: Sitting) -> None:
    saved = send(sitting)
    assert (saved.acks, saved.state, saved.error) == ((), "in_progress", "")


def test_if_one_answer_is_not_well_none_is_stored(sitting: Sitting) -> None:
    with pytest.raises(Malformed):
        send(sitting, op(1, 1, "A"), op(2, 1, "Z"))
    assert stored(sitting) == {}
    assert logged(sitting) == []


def test_several_options_fit_only_a_multiple_choice_question() -> None:
    sitting = SittingFactory(exam__with_paper=False)
    SectionFactory(exam=sitting.enrolment.exam, kind="multiple", size=1)
    SectionFactory(exam=sitting.enrolment.exam, kind="true_false", size=1)
    sittings.begin(sitting, CLIENT, timezone.now())
    send(sitting, op(1, 1, "D", "B"), op(2, 1, "F"))
    assert stored(sitting) == {1: ["B", "D"], 2: ["F"]}
    with pytest.raises(Malformed):
        send(sitting, op(2, 2, "T", "F"))


def test_two_hundred_answers_fit_into_one_request() -> None:
    sitting = SittingFactory(exam__with_paper=False)
    SectionFactory(exam=sitting.enrolment.exam, size=200)
    sittings.begin(sitting, CLIENT, timezone.now())
    assert set(outcomes(send(sitting, *(op(number, 1) for number in range(1, 201))))) == {"accepted"}
    assert len(stored(sitting)) == len(logged(sitting)) == 200


def test_the_largest_seq_fits(sitting: Sitting) -> None:
    assert outcomes(send(sitting, op(1, 2**53 - 1))) == ["accepted"]


def test_a_plain_answer_costs_two_ways_to_the_database(
    sitting: Sitting, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fresh = Sitting.objects.select_related("paper", "enrolment__exam").get(pk=sitting.pk)
    body: dict[str, Any] = {"client": CLIENT, "epoch": 1, "ops": [op(1, 1), op(2, 1)]}
    with django_assert_num_queries(STATEMENTS + 2):  # the savepoint of the test's transaction is opened and closed
        responses.save(fresh, body)


sequences = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6), st.sampled_from("ABCD")), min_size=1, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(arrivals=sequences, batch=st.integers(1, 4))
def test_in_whatever_order_answers_arrive_the_first_of_the_highest_seq_stays(
    sitting: Sitting, arrivals: list[tuple[int, int, str]], batch: int
) -> None:
    Response.objects.all().delete()
    ResponseEntry.objects.all().delete()
    ResponseLog.objects.update(length=0, head=bytes(32))
    expected: dict[int, tuple[int, str]] = {}
    unique = list({(question, seq): (question, seq, value) for question, seq, value in arrivals}.values())
    for start in range(0, len(unique), batch):
        send(sitting, *(op(*arrival) for arrival in unique[start : start + batch]))
    for question, seq, value in unique:
        if seq > expected.get(question, (0, ""))[0]:
            expected[question] = (seq, value)
    assert stored(sitting) == {question: [value] for question, (_seq, value) in expected.items()}
    assert ResponseEntry.objects.count() == len(unique)


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], list[int]]:
    """Changes of a page, each with a seq of its own, and the order in which a bad line delivers them, some twice."""
    values = draw(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ABCD")), min_size=1, max_size=8))
    seqs: dict[int, int] = {}
    changes = []
    for question, value in values:
        seqs[question] = seqs.get(question, 0) + 1
        changes.append((question, seqs[question], value))
    return changes, draw(st.lists(st.integers(0, len(changes) - 1), max_size=16))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(journey=journeys())
def test_whatever_a_line_drops_doubles_or_reorders_the_newest_change_stays_and_each_is_logged_once(
    sitting: Sitting, journey: tuple[list[tuple[int, int, str]], list[int]]
) -> None:
    """What was dropped is sent again at the end, as a page does that saw no ack."""
    Response.objects.all().delete()
    ResponseEntry.objects.all().delete()
    ResponseLog.objects.update(length=0, head=bytes(32))
    changes, delivered = journey
    for index in [*delivered, *range(len(changes))]:
        (outcome,) = outcomes(send(sitting, op(*changes[index])))
        assert outcome in {"accepted", "stale"}
    assert stored(sitting) == {question: [value] for question, _seq, value in changes}
    assert sorted(key[:2] for key in logged(sitting)) == sorted(change[:2] for change in changes)
    assert verification.check(sitting).is_intact


def test_the_next_seq_of_a_page_is_always_newer(sitting: Sitting) -> None:
    send(sitting, op(2, 7, "A"))
    assert [question.next_seq for question in queries.paper_view(sitting).questions] == [1, 8, 1]
