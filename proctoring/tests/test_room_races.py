"""What happens at the same moment in the room: nothing is done twice, and nothing that somebody said is lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from exams.models import Result, Sitting
from exams.services import sittings
from proctoring.domain.incident_rules import Kind
from proctoring.domain.policy import Confirmed
from proctoring.models import Incident, Intervention
from proctoring.services import identity, incidents, interventions, many, reviews
from proctoring.tests.factories import passed_sitting, staff

pytestmark = pytest.mark.django_db(transaction=True)


def while_open(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """Do the second thing while the transaction of the first is not yet over."""
    is_done = Event()

    def run_first() -> None:
        with transaction.atomic():
            first()
            is_done.set()
            time.sleep(0.4)
        connection.close()

    def run_second() -> None:
        is_done.wait(20)
        second()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(run_first), pool.submit(run_second)]:
            running.result(timeout=60)


def stranger(sitting: Sitting, **detail: Any) -> Incident:
    return incidents.open_or_extend(
        sitting, Incident.Kind.NOT_THE_PERSON, severity="serious", began_at=timezone.now(), detail=detail
    )


def test_a_portion_that_is_sent_again_while_it_is_under_way_gives_the_time_once() -> None:
    sitting, by = passed_sitting(), staff()

    def extend() -> None:
        words: dict[str, Any] = {"batch": "one", "by": by, "now": timezone.now(), "reason": "断电", "minutes": 10}
        outcome = many.apply([sitting], Intervention.Kind.EXTEND, interventions.extend, **words)
        assert [one.pk for one in outcome.done] == [sitting.pk]

    while_open(extend, extend)
    assert Sitting.objects.get().extra_seconds == 600
    assert Intervention.objects.count() == 1


def test_what_is_said_of_an_incident_while_the_paper_is_handed_in_holds_the_result_back() -> None:
    sitting, by = passed_sitting(identity="cleared"), staff()
    incident = stranger(sitting, confirmed=True)

    def review() -> None:
        reviews.review_incident(incident, outcome="confirmed", by=by, reason="不是本人", now=timezone.now())

    while_open(lambda: sittings.submit(sitting, "candidate", timezone.now()), review)
    assert Result.objects.get().validity == "pending_review"


def test_an_incident_that_lasts_is_confirmed_though_a_person_has_just_rejected_the_identity() -> None:
    sitting, by = passed_sitting(), staff()
    incident, now = stranger(sitting), timezone.now()
    interventions.reject_identity(sitting, by=by, reason="不是本人", now=now)
    assert sitting.identity == "steady"  # as the socket had read it a moment before
    identity.witness(sitting, Confirmed(Kind.NOT_THE_PERSON, now), b"", threshold=0.5, now=now)
    incident.refresh_from_db()
    assert incident.detail == {"confirmed": True}
    assert Sitting.objects.get().identity == "rejected"
