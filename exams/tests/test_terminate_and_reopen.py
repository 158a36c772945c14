"""sittings.terminate and reopen: a person ends a sitting, a person undoes an end."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.domain.lifecycle import Validity
from exams.models import Result, Sitting
from exams.services import marks, sittings
from exams.tests.factories import CLIENT, SittingFactory, end_of, minutes, overdue, start_of

pytestmark = pytest.mark.django_db
REASON = "误操作"


def terminated(sitting: Sitting, by: User, after: float = 10) -> Sitting:
    began_at = sitting.started_at or timezone.now()
    return sittings.terminate(sitting, began_at + minutes(after), by=by, reason="替考")


def test_a_terminated_sitting_is_marked_and_waits_for_a_decision(admin_user: User, open_seams: None) -> None:
    sitting = terminated(SittingFactory(begun=True), admin_user)
    assert (sitting.state, sitting.ended_by) == ("terminated", "staff")
    result = Result.objects.get(sitting=sitting)
    assert (result.validity, result.validity_reason) == (Validity.PENDING_REVIEW, "考试被终止")


def test_a_sitting_that_never_began_is_terminated_without_a_result(admin_user: User) -> None:
    assert terminated(SittingFactory(), admin_user).state == "terminated"
    assert not Result.objects.exists()


def test_terminating_twice_is_harmless(admin_user: User) -> None:
    first = terminated(SittingFactory(begun=True), admin_user)
    assert terminated(first, admin_user, after=20).ended_at == first.ended_at


def test_what_was_handed_in_cannot_be_terminated(admin_user: User) -> None:
    sitting = sittings.submit(SittingFactory(begun=True), "candidate", timezone.now())
    with pytest.raises(sittings.Ended):
        terminated(sitting, admin_user)


def test_terminating_needs_a_reason(admin_user: User) -> None:
    with pytest.raises(sittings.ReasonMissing):
        sittings.terminate(SittingFactory(begun=True), timezone.now(), by=admin_user, reason="")


# --- reopen ----------------------------------------------------------------------------------------------------------


def test_reopening_gives_back_the_time_that_was_left(admin_user: User) -> None:
    sitting = terminated(SittingFactory(begun=True), admin_user, after=10)
    now = start_of(sitting) + minutes(40)
    reopened = sittings.reopen(sitting, 0, now, by=admin_user, reason=REASON)
    assert (reopened.state, reopened.ended_at, reopened.ended_by) == ("in_progress", None, "")
    assert reopened.deadline_at == now + minutes(50)


def test_reopening_can_add_minutes(admin_user: User) -> None:
    sitting = terminated(SittingFactory(begun=True), admin_user, after=10)
    now = start_of(sitting) + minutes(40)
    assert sittings.reopen(sitting, 5, now, by=admin_user, reason=REASON).deadline_at == now + minutes(55)


def test_a_sitting_closed_by_its_deadline_needs_minutes(admin_user: User) -> None:
    sitting = overdue(SittingFactory(begun=True))
    Sitting.objects.filter(pk=sitting.pk).update(started_at=end_of(sitting) - minutes(60))
    sittings.close_overdue(timezone.now())
    with pytest.raises(sittings.Refused, match="分钟"):
        sittings.reopen(sitting, 0, timezone.now(), by=admin_user, reason=REASON)
    now = timezone.now()
    assert sittings.reopen(sitting, 5, now, by=admin_user, reason=REASON).deadline_at == now + minutes(5)


def test_what_is_overdue_can_be_reopened_before_anybody_closed_it(admin_user: User) -> None:
    sitting = overdue(SittingFactory(begun=True))
    Sitting.objects.filter(pk=sitting.pk).update(started_at=end_of(sitting) - minutes(60))
    now = timezone.now()
    assert sittings.reopen(sitting, 5, now, by=admin_user, reason=REASON).deadline_at == now + minutes(5)


def test_pages_from_before_the_end_stay_closed(admin_user: User) -> None:
    sitting = terminated(SittingFactory(begun=True), admin_user)
    reopened = sittings.reopen(sitting, 0, timezone.now(), by=admin_user, reason=REASON)
    assert (reopened.epoch, reopened.client) == (2, "")
    assert sittings.begin(reopened, CLIENT, timezone.now()).epoch == 3


def test_a_sitting_that_never_began_is_ready_again(admin_user: User) -> None:
    sitting = terminated(SittingFactory(), admin_user)
    assert sittings.reopen(sitting, 0, timezone.now(), by=admin_user, reason=REASON).state == "ready"


def test_the_result_is_made_anew_unless_a_person_decided_on_it(admin_user: User) -> None:
    sitting = terminated(SittingFactory(begun=True), admin_user)
    sittings.reopen(sitting, 0, timezone.now(), by=admin_user, reason=REASON)
    assert not Result.objects.exists()
    sitting = terminated(sitting, admin_user)
    marks.set_validity(sitting.result, Validity.INVALID, "替考属实", by=admin_user, now=timezone.now())
    sittings.reopen(sitting, 0, timezone.now(), by=admin_user, reason=REASON)
    sittings.submit(sitting, "candidate", timezone.now() + minutes(1))
    assert Result.objects.get(sitting=sitting).validity == Validity.INVALID


def test_reopening_what_runs_changes_nothing(admin_user: User) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    again = sittings.reopen(sitting, 5, timezone.now(), by=admin_user, reason=REASON)
    assert (again.deadline_at, again.epoch) == (sitting.deadline_at, sitting.epoch)


def test_reopening_needs_a_reason(admin_user: User) -> None:
    with pytest.raises(sittings.ReasonMissing):
        sittings.reopen(terminated(SittingFactory(begun=True), admin_user), 0, timezone.now(), admin_user, " ")


def test_a_candidate_who_was_waiting_for_a_person_still_waits(admin_user: User) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    sittings.move_check_in(sitting, "held", start_of(sitting) + minutes(5))
    sitting = terminated(sitting, admin_user, after=10)
    now = start_of(sitting) + minutes(20)
    reopened = sittings.reopen(sitting, 0, now, by=admin_user, reason=REASON)
    assert (reopened.state, reopened.held_since) == ("paused", now)
    passed = sittings.move_check_in(sitting, "passed", now + minutes(5), by=admin_user)
    assert passed.deadline_at == now + minutes(5) + minutes(55)


@pytest.mark.parametrize(("decided", "after"), [("valid", "pending_review"), ("invalid", "invalid")])
def test_a_reopened_paper_is_judged_anew_but_what_was_made_invalid_stays_so(
    admin_user: User, open_seams: None, decided: str, after: str
) -> None:
    sitting = terminated(SittingFactory(begun=True), admin_user)
    ended_at = sitting.ended_at or timezone.now()
    marks.set_validity(Result.objects.get(sitting=sitting), decided, reason=REASON, by=admin_user, now=ended_at)
    sittings.reopen(sitting, minutes=5, now=ended_at + minutes(1), by=admin_user, reason=REASON)
    sittings.terminate(sitting, ended_at + minutes(2), by=admin_user, reason=REASON)
    assert Result.objects.get(sitting=sitting).validity == after
