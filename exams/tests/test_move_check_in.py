"""sittings.move_check_in and move_identity: who is there, and that waiting for a person costs no time."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams import seams
from exams.domain.lifecycle import Validity
from exams.models import Result, Sitting, StateChange
from exams.services import sittings
from exams.tests.factories import CLIENT, SittingFactory, minutes, overdue, start_of

pytestmark = pytest.mark.django_db


def test_a_move_is_on_record() -> None:
    sitting = sittings.move_check_in(SittingFactory(), "passed", timezone.now(), reason="人脸比对通过")
    change = StateChange.objects.get(sitting=sitting)
    assert (change.field, change.before, change.after) == ("check_in", "unchecked", "passed")


def test_a_move_that_the_table_does_not_know_is_refused_in_words() -> None:
    sitting = sittings.move_check_in(SittingFactory(), "held", timezone.now())
    with pytest.raises(sittings.Refused):
        sittings.move_check_in(sitting, "exhausted", timezone.now())


def test_staying_is_harmless() -> None:
    sitting = sittings.move_check_in(SittingFactory(), "held", now := timezone.now())
    assert sittings.move_check_in(sitting, "held", now + minutes(5)).held_since == now


def test_a_new_check_has_all_its_attempts() -> None:
    sitting: Sitting = SittingFactory(check_in="exhausted", check_in_failures=3)
    assert sittings.move_check_in(sitting, "unchecked", timezone.now()).check_in_failures == 0


def test_a_wait_before_the_start_moves_the_close_and_the_last_entry() -> None:
    now = timezone.now()
    sitting: Sitting = SittingFactory(
        exam__opens_at=now - minutes(10), exam__closes_at=now + minutes(50), exam__late_entry_minutes=15
    )
    sittings.move_check_in(sitting, "held", now)
    sitting = sittings.move_check_in(sitting, "passed", now + minutes(20))
    assert (sitting.held_seconds, sitting.held_since) == (20 * 60, None)
    begun = sittings.begin(sitting, CLIENT, now + minutes(21))
    assert begun.deadline_at == now + minutes(70)


def test_a_wait_before_the_opening_costs_nothing() -> None:
    sitting: Sitting = SittingFactory(exam__not_open=True)
    now = timezone.now()
    sittings.move_check_in(sitting, "held", now)
    assert sittings.move_check_in(sitting, "passed", now + minutes(20)).held_seconds == 0


def test_a_wait_in_the_exam_stops_the_clock() -> None:
    sitting: Sitting = SittingFactory(begun=True)
    held = sittings.move_check_in(sitting, "held", start_of(sitting) + minutes(10))
    assert (held.state, held.deadline_at) == ("paused", None)
    passed = sittings.move_check_in(sitting, "passed", start_of(sitting) + minutes(25))
    assert (passed.state, passed.deadline_at) == ("in_progress", start_of(sitting) + minutes(75))


@pytest.mark.parametrize("locked", [True, False])
def test_a_pause_by_staff_outlasts_the_wait(locked: bool) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    sittings.move_check_in(sitting, "held", start_of(sitting) + minutes(10))
    sittings.pause(sitting, "停电", start_of(sitting) + minutes(15), locked=locked)
    passed = sittings.move_check_in(sitting, "passed", start_of(sitting) + minutes(20))
    assert (passed.state, passed.pause_cause) == ("paused", "停电")
    resumed = sittings.resume(sitting, start_of(sitting) + minutes(30))
    assert resumed.deadline_at == start_of(sitting) + minutes(80)


def test_a_wait_that_begins_in_a_pause_leaves_the_pause_to_staff() -> None:
    sitting: Sitting = SittingFactory(begun=True)
    sittings.pause(sitting, "停电", start_of(sitting) + minutes(5))
    sittings.move_check_in(sitting, "held", start_of(sitting) + minutes(10))
    assert sittings.move_check_in(sitting, "passed", start_of(sitting) + minutes(20)).state == "paused"


def test_a_wait_after_the_end_is_refused() -> None:
    sitting = sittings.submit(SittingFactory(begun=True), "candidate", timezone.now())
    with pytest.raises(sittings.Ended):
        sittings.move_check_in(sitting, "held", timezone.now())


def test_a_wait_does_not_bring_back_what_is_overdue() -> None:
    sitting = overdue(SittingFactory(begun=True))
    assert sittings.move_check_in(sitting, "held", timezone.now()).state == Sitting.State.IN_PROGRESS


def test_identity_moves_are_on_record_with_who_and_why(admin_user: User) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    sittings.move_identity(sitting, "in_doubt", timezone.now(), reason="连续不符")
    sitting = sittings.move_identity(sitting, "cleared", timezone.now(), reason="已核对证件", by=admin_user)
    assert sitting.identity == "cleared"
    change = StateChange.objects.get(sitting=sitting, after="cleared")
    assert (change.by, change.reason) == (admin_user, "已核对证件")


def test_clearing_an_identity_lets_the_result_count_again(open_seams: None) -> None:
    seams.validity.register(lambda sitting: "身份存疑" if sitting.identity == "in_doubt" else None)
    sitting: Sitting = SittingFactory(begun=True)
    sittings.move_identity(sitting, "in_doubt", timezone.now())
    sittings.submit(sitting, "candidate", timezone.now() + minutes(1))
    assert Result.objects.get(sitting=sitting).validity == Validity.PENDING_REVIEW
    sittings.move_identity(sitting, "cleared", timezone.now())
    assert Result.objects.get(sitting=sitting).validity == Validity.VALID
