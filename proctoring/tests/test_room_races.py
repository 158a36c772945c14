"""What happens at the same moment in the room: nothing is done twice, and nothing that somebody said is lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from exams.domain import lifecycle
from exams.models import ReferencePhoto, Result, Sitting
from exams.services import sittings, supervision
from exams.services.refusals import Refused
from proctoring.domain.incident_rules import Kind
from proctoring.domain.policy import Confirmed
from proctoring.models import Incident, Intervention
from proctoring.services import freshness, identity, incidents, interventions, many, reviews
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


def both_ways(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """Do both at once again and again, whichever comes first: neither may wait for what the other holds for ever."""
    start = Barrier(2)

    def run(act: Callable[[], Any]) -> None:
        start.wait(20)
        with suppress(Refused):  # somebody else was faster
            act()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(run, first), pool.submit(run, second)]:
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


def holding(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Let whoever does this hold what they have taken for a while, so that the other one comes into their way."""
    real = getattr(module, name)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(module, name, slowly)


def test_a_photo_is_compared_on_two_pages_at_once_and_neither_waits_for_ever() -> None:
    sitting, by, now = passed_sitting(), staff(), timezone.now()
    ReferencePhoto.objects.update(to_compare=True)
    photo = ReferencePhoto.objects.get()
    words: dict[str, Any] = {"same": True, "by": by, "reason": "比对", "now": now}

    def on_its_own_page() -> None:
        with transaction.atomic():
            freshness.require(sitting, "")
            time.sleep(0.3)
            interventions.compare_photo(photo, **words)

    both_ways(on_its_own_page, lambda: interventions.compare_photo(photo, **words))
    assert Intervention.objects.get().kind == "compare_photo"


def test_a_result_is_decided_on_while_the_identity_is_and_neither_waits_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sitting, by, now = passed_sitting(), staff(), timezone.now()
    sittings.submit(sitting, "candidate", now)
    result = Result.objects.get()
    for module, name in ((lifecycle, "move"), (supervision, "record")):
        holding(monkeypatch, module, name)
    words: dict[str, Any] = {"by": by, "reason": "证件不符", "now": now}
    both_ways(
        lambda: interventions.set_validity(result, "invalid", **words),
        lambda: interventions.reject_identity(sitting, **words),
    )
    assert Result.objects.get().validity == "invalid"
    assert Sitting.objects.get().identity == "rejected"


def test_an_incident_is_judged_while_its_page_moves_and_neither_waits_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sitting, by, now = passed_sitting(), staff(), timezone.now()
    gap = incidents.open_or_extend(sitting, Incident.Kind.NETWORK_GAP, severity="warning", began_at=now)
    holding(monkeypatch, reviews, "take")
    holding(monkeypatch, incidents, "_is_long")
    both_ways(
        lambda: incidents.device_changed(sitting, at=now),
        lambda: reviews.review_incident(gap, outcome="dismissed", by=by, reason="断网", now=now),
    )
    assert Incident.objects.filter(kind=Incident.Kind.SECOND_DEVICE).exists()
