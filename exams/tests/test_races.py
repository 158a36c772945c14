"""What happens at the same moment: threads on a real database, SQLite and PostgreSQL alike."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from exams.models import Paper, Result, Sitting, StateChange
from exams.services import receipts, sittings, verification
from exams.services.responses import Saved
from exams.tests.answers import logged, op, outcomes, send, stored
from exams.tests.factories import CLIENT, SectionFactory, SittingFactory, end_of, seconds

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment, each with its own connection, and return what each gave."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=20)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [running.result(timeout=60) for running in [pool.submit(run, task) for task in tasks]]


def long_sitting(questions: int) -> Sitting:
    sitting = SittingFactory(exam__with_paper=False)
    SectionFactory(exam=sitting.enrolment.exam, size=questions)
    return sittings.begin(sitting, CLIENT, timezone.now())


def accepted(saves: list[Saved | None]) -> set[tuple[int, int]]:
    acks = [ack for saved in saves if saved for ack in saved.acks]
    return {(ack.question, ack.seq) for ack in acks if ack.outcome == "accepted"}


def test_of_concurrent_saves_of_one_question_the_highest_seq_stays() -> None:
    sitting = SittingFactory(begun=True)
    saves = at_once(*(lambda seq=seq: send(sitting, op(1, seq, "ABCD"[seq % 4])) for seq in range(1, 7)))
    assert stored(sitting) == {1: ["ABCD"[6 % 4]]}
    assert sitting.responses.get().seq == 6
    assert sorted(seq for _question, seq, _outcome in logged(sitting)) == [1, 2, 3, 4, 5, 6]
    assert {outcome for saved in saves for outcome in outcomes(saved)} <= {"accepted", "stale"}


def test_concurrent_saves_of_many_questions_in_any_order_do_not_block_each_other() -> None:
    sitting = long_sitting(20)
    forwards = [op(number, 1) for number in range(1, 21)]
    at_once(
        *(
            lambda seq=seq: send(sitting, *([one | {"seq": seq} for one in forwards][:: 1 if seq % 2 else -1]))
            for seq in range(1, 5)
        )
    )
    assert set(sitting.responses.values_list("seq", flat=True)) == {4}


def test_the_same_op_sent_twice_at_once_is_accepted_and_stored_once() -> None:
    sitting = SittingFactory(begun=True)
    saves = at_once(*(lambda: send(sitting, op(1, 1, "B")) for _copy in range(3)))
    assert {outcome for saved in saves for outcome in outcomes(saved)} <= {"accepted", "stale"}
    assert [outcome for _question, _seq, outcome in logged(sitting)].count("accepted") == 1


@pytest.mark.parametrize("attempt", range(2))
def test_handing_in_closing_and_saving_at_once_leave_one_end_and_every_acknowledged_answer(attempt: int) -> None:
    sitting = long_sitting(12)
    moment = timezone.now()
    at_the_deadline = moment + seconds(3600 * 2)

    def save(question: int) -> Saved:
        return send(sitting, op(question, 1, "A"))

    results = at_once(
        *(lambda question=question: save(question) for question in range(1, 7)),
        lambda: sittings.submit(sitting, "candidate", moment) and None,
        lambda: sittings.close_overdue(at_the_deadline) and None,
        *(lambda question=question: save(question) for question in range(7, 13)),
    )
    in_time = accepted(results)
    assert set(sitting.responses.values_list("question", "seq")) == in_time
    assert Result.objects.get(sitting=sitting).points == 2 * len(in_time)
    assert StateChange.objects.filter(sitting=sitting, after="submitted").count() == 1
    assert {(question, seq) for question, seq, outcome in logged(sitting) if outcome == "accepted"} == in_time
    assert len(logged(sitting)) == 12


def save_hand_in_and_sweep_at_once(sitting: Sitting, *, past_the_deadline: bool) -> Saved:
    def sweep() -> None:
        sittings.close_overdue(end_of(sitting) if past_the_deadline else timezone.now())

    def hand_in() -> None:
        sittings.submit(sitting, "candidate", timezone.now())

    saved: Saved = at_once(lambda: send(sitting, op(1, 2, "B")), hand_in, sweep)[0]
    return saved


def test_however_a_save_a_hand_in_and_the_sweeper_interleave_the_end_holds_the_last_acknowledged_answer() -> None:
    """RACES=1000 plays a thousand of them."""
    for attempt in range(int(os.environ.get("RACES", "8"))):
        sitting = SittingFactory(begun=True)
        send(sitting, op(1, 1, "A"))
        saved = save_hand_in_and_sweep_at_once(sitting, past_the_deadline=bool(attempt % 2))
        sitting.refresh_from_db()
        assert sitting.state == "submitted"
        assert stored(sitting) == {1: ["B" if outcomes(saved) == ["accepted"] else "A"]}
        assert StateChange.objects.filter(sitting=sitting, after="submitted").count() == 1
        report = verification.check(sitting)
        assert (report.entries, report.is_intact) == (2, True)
        newest = receipts.newest(sitting)
        assert newest is not None
        assert verification.proves(sitting, newest.code) == newest.entries


def test_two_servers_append_to_the_log_of_one_sitting_without_a_gap() -> None:
    sitting = long_sitting(12)
    at_once(*(lambda number=number: send(sitting, op(number, 1, "A")) for number in range(1, 13)))
    report = verification.check(sitting)
    assert (report.entries, report.is_intact) == (12, True)


def test_beginning_twice_at_once_draws_one_paper_and_starts_once() -> None:
    sitting = SittingFactory()
    now = timezone.now()
    begun = at_once(*(lambda name=name: sittings.begin(sitting, f"page-{name}", now) for name in range(3)))
    assert Paper.objects.count() == 1
    assert StateChange.objects.filter(sitting=sitting, after="in_progress").count() == 1
    assert sorted(one.epoch for one in begun) == [1, 2, 3]
    newest = max(begun, key=lambda one: one.epoch)
    assert Sitting.objects.get().client == newest.client


def test_taking_over_at_the_moment_of_a_save_stores_it_or_says_superseded() -> None:
    sitting = SittingFactory(begun=True)
    saved, _taken = at_once(
        lambda: send(sitting, op(1, 1, "B")), lambda: sittings.begin(sitting, "page-2", timezone.now()) and None
    )
    assert saved is not None
    assert (outcomes(saved), bool(stored(sitting))) in [(["accepted"], True), (["superseded"], False)]


def test_pausing_at_the_moment_of_a_save_stores_it_or_leaves_it_with_the_page() -> None:
    sitting = SittingFactory(begun=True)
    saved, _paused = at_once(
        lambda: send(sitting, op(1, 1, "B")), lambda: sittings.pause(sitting, "停电", timezone.now()) and None
    )
    assert saved is not None
    assert (outcomes(saved), bool(stored(sitting))) in [(["accepted"], True), ([], False)]


def test_several_sweepers_close_each_sitting_once() -> None:
    for _number in range(4):
        sitting = SittingFactory(begun=True)
        sitting.deadline_at = timezone.now() - seconds(1)
        sitting.save()
    closed = at_once(*(lambda: sittings.close_overdue(timezone.now()) for _sweeper in range(3)))
    assert sum(closed) == StateChange.objects.filter(after="submitted").count()
    sittings.close_overdue(timezone.now())  # what was busy in the first round
    assert not Sitting.objects.in_progress().exists()
