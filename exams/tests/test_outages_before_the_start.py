"""An outage before the start is given back once, whatever else was waited for, and up to the limit."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from exams.domain.lifecycle import CheckIn
from exams.models import Heartbeat, ServerOutage, Sitting
from exams.services import outages, sittings
from exams.tests.factories import CLIENT, SittingFactory, end_of, hours, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


def silent_for(span: timedelta) -> None:
    Heartbeat.objects.update_or_create(pk=1, defaults={"beat_at": timezone.now() - span})


def fresh(sitting: Sitting) -> Sitting:
    return Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)


def ready(opened: timedelta, **fields: object) -> Sitting:
    opens_at = timezone.now() - opened
    fields = {"exam__opens_at": opens_at, "exam__closes_at": opens_at + hours(1), **fields}
    return SittingFactory(exam__duration_minutes=60, exam__outage_rule="automatic", **fields)


def test_an_outage_within_a_wait_for_a_person_is_given_once() -> None:
    sitting = ready(minutes(20))
    sittings.move_check_in(sitting, CheckIn.HELD, timezone.now() - minutes(10))  # waits since ten minutes
    silent_for(minutes(8))
    outages.beat()
    sittings.move_check_in(fresh(sitting), CheckIn.PASSED, timezone.now())
    # The candidate came ten minutes late by themselves; ten minutes of waiting are all they lost.
    assert fresh(sitting).held_seconds <= 602


def test_a_candidate_in_a_wait_for_a_person_gets_no_more_clock_than_was_lost() -> None:
    sitting = ready(minutes(20))
    sittings.move_check_in(sitting, CheckIn.HELD, timezone.now() - minutes(10))
    silent_for(minutes(8))
    outages.beat()
    sittings.move_check_in(fresh(sitting), CheckIn.PASSED, timezone.now())
    begun = sittings.begin(fresh(sitting), CLIENT, timezone.now())
    assert end_of(begun) - timezone.now() <= minutes(50) + timedelta(seconds=3)


def test_an_outage_within_the_spread_of_the_entry_is_given_once() -> None:
    sitting = ready(minutes(12), exam__entry_spread_seconds=600)
    silent_for(minutes(12))  # from the opening to now
    outages.beat()
    begun = sittings.begin(fresh(sitting), CLIENT, timezone.now())
    assert begun.held_seconds <= 12 * 60 + 3


def test_the_limit_is_for_all_outages_together() -> None:
    sitting = ready(minutes(30), exam__outage_most_minutes=5)
    for _ in range(3):
        ServerOutage.objects.update(began_at=F("began_at") - minutes(7), ended_at=F("ended_at") - minutes(7))
        silent_for(minutes(5))
        outages.beat()
    here = fresh(sitting).held_seconds
    enrolment = fresh(sitting).enrolment
    Sitting.objects.all().delete()
    later = sittings.open_for(enrolment, timezone.now()).held_seconds
    assert (here, later) == (300, 300)


def test_parts_of_a_second_do_not_add_up_beyond_the_limit() -> None:
    sitting = ready(minutes(30), exam__outage_most_minutes=5)
    for silence in (timedelta(minutes=4, seconds=59.4), timedelta(minutes=4)):
        ServerOutage.objects.update(began_at=F("began_at") - minutes(7), ended_at=F("ended_at") - minutes(7))
        silent_for(silence)
        outages.beat()
    assert fresh(sitting).held_seconds == 300
