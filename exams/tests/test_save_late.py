"""responses.save around the end, and accept_late: the late rule, and what a person may still let count."""

from datetime import timedelta
from decimal import Decimal
from time import monotonic

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.domain import arrivals
from exams.domain.arrivals import Arrival, Sender, Slot
from exams.domain.timing import LateRule
from exams.models import Result, Sitting, StateChange
from exams.services import responses, sittings
from exams.tests.answers import logged, op, outcomes, send, stored
from exams.tests.factories import SittingFactory, end_of, hours, minutes, overdue, seconds

pytestmark = pytest.mark.django_db


def late(rule: str = "refuse", ago: timedelta = timedelta(seconds=5), **exam: object) -> Sitting:
    """Return a sitting whose deadline passed a while ago, not yet closed by anybody."""
    fields = {f"exam__{name}": value for name, value in exam.items()}
    return overdue(SittingFactory(begun=True, exam__late_responses=rule, **fields), ago)


def test_a_late_answer_is_refused_and_logged() -> None:
    sitting = late()
    saved = send(sitting, op())
    assert (outcomes(saved), saved.error) == (["late_refused"], "ended")
    assert (stored(sitting), logged(sitting)) == ({}, [(1, 1, "late_refused")])


def test_a_late_answer_closes_the_sitting_on_sight() -> None:
    sitting = late()
    send(sitting, op())
    sitting.refresh_from_db()
    assert (sitting.state, sitting.ended_at) == ("submitted", sitting.deadline_at)


def test_within_the_grace_a_late_answer_is_accepted_as_late() -> None:
    sitting = late("grace", late_grace_seconds=60)
    saved = send(sitting, op())
    assert (outcomes(saved), saved.error) == (["late_accepted"], "")
    assert stored(sitting) == {1: ["A"]}


@pytest.mark.parametrize("closed_before", [True, False])
def test_an_answer_within_the_grace_is_in_the_mark(closed_before: bool) -> None:
    sitting = late("grace", late_grace_seconds=60)
    if closed_before:
        sittings.close_overdue(timezone.now())
    send(sitting, op())
    assert Result.objects.get(sitting=sitting).points == Decimal(2)


def test_after_the_grace_a_late_answer_is_refused() -> None:
    assert outcomes(send(late("grace", late_grace_seconds=4), op())) == ["late_refused"]


def test_seconds_of_grace_mean_nothing_under_another_rule() -> None:
    assert outcomes(send(late("refuse", late_grace_seconds=60), op())) == ["late_refused"]


def test_a_late_answer_can_be_kept_for_a_person() -> None:
    sitting = late("keep")
    assert outcomes(send(sitting, op())) == ["late_kept"]
    assert stored(sitting) == {}


def test_after_a_hand_in_nothing_is_accepted_not_even_in_the_grace() -> None:
    sitting = SittingFactory(begun=True, exam__late_responses="grace", exam__late_grace_seconds=60)
    sittings.submit(sitting, "candidate", timezone.now())
    saved = send(sitting, op())
    assert (outcomes(saved), saved.error) == (["late_refused"], "ended")


def test_after_a_termination_nothing_is_accepted(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    sittings.terminate(sitting, timezone.now(), by=admin_user, reason="替考")
    assert outcomes(send(sitting, op())) == ["late_refused"]


def test_a_late_answer_sent_again_is_logged_once() -> None:
    sitting = late()
    for _attempt in range(3):
        assert outcomes(send(sitting, op())) == ["late_refused"]
    assert len(logged(sitting)) == 1


def test_an_answer_that_came_in_time_and_waited_for_its_turn_is_in_time() -> None:
    """The clock of the statement is moved back by the wait; here the wait is longer than the delay."""
    sitting = late(ago=seconds(2))
    sender = Sender(sitting.client, sitting.epoch)
    ops = arrivals.ops({"ops": [op()]}, {1: Slot(frozenset("ABCD"), several=False)})
    (done,) = responses.write([Arrival(sitting.pk, sender, ops, LateRule(), monotonic() - 4)], waits=True)
    assert done is not None
    assert outcomes(done) == ["accepted"]
    assert done.received_at < end_of(sitting)


def test_an_answer_in_time_is_marked_also_where_the_sitting_was_closed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sitting = SittingFactory(begun=True)
    soon = timezone.now() + seconds(30)
    Sitting.objects.filter(pk=sitting.pk).update(deadline_at=soon)
    sittings.close_overdue(soon)  # by a server whose clock is ahead
    saved = send(sitting, op())
    assert (outcomes(saved), saved.state) == (["accepted"], "submitted")
    assert Result.objects.get(sitting=sitting).points == Decimal(2)


@pytest.mark.parametrize(("left", "outcome"), [(30.0, "accepted"), (0.0, "late_refused")])
def test_the_deadline_itself_is_late(left: float, outcome: str) -> None:
    assert outcomes(send(late(ago=seconds(-left)), op())) == [outcome]


def test_a_deadline_that_was_moved_meanwhile_counts_as_it_stands_now(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    stale = Sitting.objects.select_related("paper", "enrolment__exam").get(pk=sitting.pk)
    stale.deadline_at = timezone.now() - minutes(1)
    saved = responses.save(stale, {"client": sitting.client, "epoch": 1, "ops": [op()]})
    assert (outcomes(saved), saved.deadline_at) == (["accepted"], sitting.deadline_at)


# --- accept_late -----------------------------------------------------------------------------------------------------


def test_a_person_lets_a_kept_answer_count_and_the_sitting_is_marked_again(admin_user: User) -> None:
    sitting = late("keep")
    send(sitting, op(1, 1, "A"))
    responses.accept_late(sitting, list(sitting.entries.all()), admin_user, "网络故障属实", timezone.now())
    assert stored(sitting) == {1: ["A"]}
    assert logged(sitting) == [(1, 1, "late_kept"), (1, 1, "late_accepted")]
    assert Result.objects.get(sitting=sitting).points == Decimal(2)
    change = StateChange.objects.get(sitting=sitting, field="responses")
    assert (change.by, change.reason) == (admin_user, "网络故障属实")


def test_an_answer_of_a_superseded_page_can_count_too(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    sittings.begin(sitting, "page-2", timezone.now())
    send(sitting, op(1, 5, "B"), client="page-2", epoch=2)
    send(sitting, op(1, 1, "A"))
    sittings.submit(sitting, "candidate", timezone.now())
    entry = sitting.entries.get(outcome="superseded")
    responses.accept_late(sitting, [entry], admin_user, "以首台设备为准", timezone.now())
    assert stored(sitting) == {1: ["A"]}


def test_nothing_is_accepted_by_hand_before_the_end(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    send(sitting, op(), client="page-9")
    with pytest.raises(sittings.Refused):
        responses.accept_late(sitting, list(sitting.entries.all()), admin_user, "理由", timezone.now())


def test_only_answers_of_this_sitting_that_were_not_stored_can_be_accepted(admin_user: User) -> None:
    sitting, other = late("keep"), late("keep")
    send(other, op())
    sittings.close_overdue(timezone.now() + hours(1))
    with pytest.raises(sittings.Refused):
        responses.accept_late(sitting, list(other.entries.all()), admin_user, "理由", timezone.now())


def test_accepting_needs_a_reason(admin_user: User) -> None:
    sitting = late("keep")
    send(sitting, op())
    with pytest.raises(sittings.ReasonMissing):
        responses.accept_late(sitting, list(sitting.entries.all()), admin_user, " ", timezone.now())
