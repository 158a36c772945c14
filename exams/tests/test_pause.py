"""sittings.pause and resume: while the clock stands still, no time is lost."""

import pytest
from django.utils import timezone

from exams.models import Sitting, StateChange
from exams.services import sittings
from exams.tests.factories import SittingFactory, minutes, overdue, start_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitting() -> Sitting:
    begun: Sitting = SittingFactory(begun=True)
    return begun


def test_a_paused_sitting_has_no_deadline_and_says_why(sitting: Sitting) -> None:
    paused = sittings.pause(sitting, "网络故障", timezone.now())
    assert (paused.state, paused.deadline_at, paused.pause_cause, paused.locked) == ("paused", None, "网络故障", False)


def test_time_spent_paused_is_given_back(sitting: Sitting) -> None:
    sittings.pause(sitting, "网络故障", start_of(sitting) + minutes(10))
    resumed = sittings.resume(sitting, start_of(sitting) + minutes(25))
    assert (resumed.state, resumed.pause_cause) == ("in_progress", "")
    assert resumed.deadline_at == start_of(sitting) + minutes(75)


def test_several_pauses_add_up(sitting: Sitting) -> None:
    for began in (10, 30):
        sittings.pause(sitting, "网络故障", start_of(sitting) + minutes(began))
        resumed = sittings.resume(sitting, start_of(sitting) + minutes(began + 5))
    assert resumed.deadline_at == start_of(sitting) + minutes(70)


def test_pausing_twice_is_one_pause(sitting: Sitting) -> None:
    for after in (10, 20):
        sittings.pause(sitting, "网络故障", start_of(sitting) + minutes(after))
    assert sitting.pauses.get().began_at == start_of(sitting) + minutes(10)
    assert StateChange.objects.filter(sitting=sitting, after="paused").count() == 1


def test_a_lock_is_a_pause_with_a_cause_that_resuming_lifts(sitting: Sitting) -> None:
    locked = sittings.pause(sitting, "切屏超限", timezone.now(), locked=True)
    assert (locked.state, locked.locked) == ("paused", True)
    assert not sittings.resume(sitting, timezone.now()).locked


def test_a_pause_can_become_a_lock(sitting: Sitting) -> None:
    sittings.pause(sitting, "网络故障", timezone.now())
    locked = sittings.pause(sitting, "切屏超限", timezone.now(), locked=True)
    assert (locked.locked, locked.pause_cause) == (True, "切屏超限")


def test_resuming_what_runs_changes_nothing(sitting: Sitting) -> None:
    assert sittings.resume(sitting, timezone.now()).deadline_at == sitting.deadline_at


def test_the_history_says_who_and_why(sitting: Sitting, admin_user: object) -> None:
    sittings.pause(sitting, "网络故障", timezone.now(), by=admin_user)  # type: ignore[arg-type]
    change = StateChange.objects.get(sitting=sitting, after="paused")
    assert (change.by, change.reason) == (admin_user, "网络故障")


def test_what_has_not_begun_cannot_be_paused() -> None:
    with pytest.raises(sittings.NotBegun):
        sittings.pause(SittingFactory(), "网络故障", timezone.now())


def test_what_is_over_cannot_be_paused(sitting: Sitting) -> None:
    with pytest.raises(sittings.Ended):
        sittings.pause(overdue(sitting), "网络故障", timezone.now())


def test_a_candidate_who_waits_for_a_person_is_not_resumed_past_them(sitting: Sitting) -> None:
    sittings.move_check_in(sitting, "held", timezone.now())
    with pytest.raises(sittings.Refused, match="人工核验"):
        sittings.resume(sitting, timezone.now())
