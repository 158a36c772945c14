"""sittings.extend: more time, at any moment before the end, always with a reason."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.models import StateChange
from exams.services import sittings
from exams.tests.factories import CLIENT, SittingFactory, minutes, overdue, start_of

pytestmark = pytest.mark.django_db


def test_a_running_sitting_gets_the_minutes_at_once(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    extended = sittings.extend(sitting, 10, timezone.now(), by=admin_user, reason="设备故障")
    assert extended.deadline_at == sitting.deadline_at + minutes(10)
    change = StateChange.objects.get(sitting=sitting, field="extra_seconds")
    assert (change.before, change.after, change.by, change.reason) == ("0", "600", admin_user, "设备故障")


def test_the_minutes_reach_past_the_close_of_the_window(admin_user: User) -> None:
    sitting = SittingFactory(begun=True, exam__closes_at=timezone.now() + minutes(20))
    extended = sittings.extend(sitting, 10, timezone.now(), by=admin_user, reason="设备故障")
    assert extended.deadline_at == sitting.enrolment.exam.closes_at + minutes(10)


def test_minutes_given_before_the_start_count_from_the_start(admin_user: User) -> None:
    sitting = sittings.extend(SittingFactory(), 10, timezone.now(), by=admin_user, reason="特殊考生")
    sitting = sittings.begin(sitting, CLIENT, now := timezone.now())
    assert sitting.deadline_at == now + minutes(70)


def test_minutes_given_in_a_pause_are_there_after_it(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    sittings.pause(sitting, "停电", sitting.started_at)
    assert sittings.extend(sitting, 10, timezone.now(), by=admin_user, reason="停电").deadline_at is None
    assert sittings.resume(sitting, start_of(sitting) + minutes(5)).deadline_at == start_of(sitting) + minutes(75)


@pytest.mark.parametrize("given", [0, -5, 24 * 60 + 1])
def test_minutes_that_make_no_sense_are_refused(admin_user: User, given: int) -> None:
    with pytest.raises(sittings.Refused):
        sittings.extend(SittingFactory(begun=True), given, timezone.now(), by=admin_user, reason="设备故障")


def test_a_reason_is_asked_for(admin_user: User) -> None:
    with pytest.raises(sittings.ReasonMissing):
        sittings.extend(SittingFactory(begun=True), 10, timezone.now(), by=admin_user, reason="  ")


def test_what_is_over_is_reopened_not_extended(admin_user: User) -> None:
    with pytest.raises(sittings.Ended):
        sittings.extend(overdue(SittingFactory(begun=True)), 10, timezone.now(), by=admin_user, reason="设备故障")


def test_an_accommodation_that_is_changed_on_the_day_arrives() -> None:
    sitting = SittingFactory(begun=True)
    sitting.enrolment.extra_minutes = 15
    sitting.enrolment.save()
    assert sittings.refresh_clock(sitting, timezone.now()).deadline_at == sitting.deadline_at + minutes(15)
