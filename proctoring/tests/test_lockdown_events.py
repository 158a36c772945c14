"""Reports of leaving the screen: each counts once, and the exam's rule follows."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from exams.tests.factories import SittingFactory, browser_of
from proctoring.models import Incident
from proctoring.services import lockdown
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db


def away(event_id: str, *, ago: int = 8_000, lasted: int | None = 6_000, kind: str = "hidden") -> dict[str, Any]:
    return {"id": event_id, "kind": kind, "began_ms_ago": ago, "duration_ms": lasted}


def report(page: Client, *events: dict[str, Any]) -> dict[str, Any]:
    body = {"client": "page-1", "events": list(events)}
    response = page.post(reverse("proctoring:events"), body, content_type="application/json")
    assert response.status_code == 200, response.content
    return dict(response.json())


@pytest.fixture
def sitting() -> Sitting:
    return SittingFactory(begun=True, exam__switch_limit=2)


def test_a_switch_is_counted_and_kept_with_its_duration(sitting: Sitting) -> None:
    answer = report(browser_of(sitting), away("one"))
    incident = Incident.objects.get()
    assert (answer["switch_count"], answer["switch_limit"], answer["counted"]) == (1, 2, ["one"])
    assert (incident.kind, incident.detail["cause"]) == ("switched_away", "page_hidden")
    assert incident.ended_at is not None
    assert (incident.ended_at - incident.began_at).total_seconds() == 6


def test_the_same_report_twice_counts_once(sitting: Sitting) -> None:
    page = browser_of(sitting)
    report(page, away("one"))
    assert report(page, away("one", ago=9_000))["switch_count"] == 1
    assert Incident.objects.count() == 1


def test_the_beginning_and_the_end_of_a_trip_are_one(sitting: Sitting) -> None:
    page = browser_of(sitting)
    assert report(page, away("one", ago=2_000, lasted=None))["switch_count"] == 0
    assert report(page, away("one", ago=9_000, lasted=8_000))["switch_count"] == 1
    assert Incident.objects.get().ended_at is not None


def test_a_page_that_makes_up_events_fills_no_table_and_hides_no_switch(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lockdown, "MOST_WRITTEN", 3)
    page = browser_of(sitting)
    report(page, *(away(f"made-up-{number}", ago=9_000) for number in range(20)))
    assert Incident.objects.count() == 3
    assert report(page, away("real", ago=2_500, lasted=2_000))["switch_count"] == 2
    assert Incident.objects.count() == 4


def test_a_short_loss_of_focus_is_neither_kept_nor_counted(sitting: Sitting) -> None:
    answer = report(browser_of(sitting), away("one", ago=2_000, lasted=1_500, kind="blur"))
    assert answer["switch_count"] == 0
    assert answer["received"] == ["one"]
    assert not Incident.objects.exists()


def test_a_trip_whose_end_was_never_reported_ends_with_the_next(sitting: Sitting) -> None:
    page = browser_of(sitting)
    report(page, away("one", ago=60_000, lasted=None))
    report(page, away("two", ago=4_000, lasted=3_000))
    assert Incident.objects.filter(ended_at=None).count() == 0


def test_beyond_the_limit_the_sitting_is_locked_where_the_organizer_chose_so() -> None:
    sitting = SittingFactory(begun=True, exam__switch_limit=1, exam__after_switch_limit="lock")
    page = browser_of(sitting)
    report(page, away("one", ago=60_000))
    sitting.refresh_from_db()
    assert sitting.state == "in_progress"
    report(page, away("two"))
    sitting.refresh_from_db()
    assert (sitting.state, sitting.locked) == ("paused", True)


def test_or_handed_in() -> None:
    sitting = SittingFactory(begun=True, exam__switch_limit=0, exam__after_switch_limit="hand_in")
    report(browser_of(sitting), away("one"))
    sitting.refresh_from_db()
    assert (sitting.state, sitting.ended_by) == ("submitted", "switch_limit")


def test_by_default_nothing_follows() -> None:
    sitting = SittingFactory(begun=True, exam__switch_limit=0)
    report(browser_of(sitting), away("one"))
    sitting.refresh_from_db()
    assert (sitting.state, sitting.switch_count) == ("in_progress", 1)


def test_before_the_exam_nobody_is_watched() -> None:
    assert report(browser_of(SittingFactory()), away("one"))["switch_count"] == 0
    assert not Incident.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", '{"events": 1}', '{"events": [{"id": "x", "kind": "fly"}]}', "[" * 5000])
def test_a_malformed_report_is_refused(sitting: Sitting, body: str) -> None:
    response = browser_of(sitting).post(reverse("proctoring:events"), body, content_type="application/json")
    assert response.status_code == 400


def test_not_a_number_is_refused(sitting: Sitting) -> None:
    body = '{"events": [{"id": "x", "kind": "hidden", "began_ms_ago": NaN, "duration_ms": 1}]}'
    response = browser_of(sitting).post(reverse("proctoring:events"), body, content_type="application/json")
    assert response.status_code == 400


def test_nobody_reports_for_somebody_else() -> None:
    response = Client().post(reverse("proctoring:events"), {"events": []}, content_type="application/json")
    assert response.status_code == 401


def test_whoever_is_sent_to_a_face_check_or_leaves_in_a_pause_has_not_switched_away(sitting: Sitting) -> None:
    now = timezone.now()
    sittings.pause(sitting, "考场突发情况", now - timedelta(seconds=60))
    sittings.resume(sitting, now - timedelta(seconds=10))
    answer = report(browser_of(sitting), away("one", ago=55_000, lasted=50_000))
    assert answer["switch_count"] == 0
    assert Incident.objects.get(kind="switched_away").detail["cause"] == "sent_away"
    assert report(browser_of(sitting), away("two", ago=5_000, lasted=4_000))["switch_count"] == 1


def test_an_event_with_a_name_that_no_page_makes_is_refused(sitting: Sitting) -> None:
    body = {"client": "page-1", "events": [away("\x00")]}
    response = browser_of(sitting).post(reverse("proctoring:events"), body, content_type="application/json")
    assert response.status_code == 400


# --- a browser that refuses full screen ------------------------------------------------------------------------------


def refused(event_id: str = "one") -> dict[str, Any]:
    return away(event_id, ago=0, lasted=0, kind="no_full_screen")


def test_a_browser_that_refuses_full_screen_is_on_record_and_counts_as_no_switch(sitting: Sitting) -> None:
    page = browser_of(sitting)
    assert report(page, refused())["switch_count"] == 0
    report(page, refused())
    sitting.refresh_from_db()
    incident = Incident.objects.get()
    assert (incident.kind, incident.severity) == ("no_full_screen", "warning")
    assert incident.ended_at is not None
    assert sitting.state == "in_progress"


@pytest.mark.parametrize("rule", ["lock", "hand_in"])
def test_where_switching_is_not_left_to_the_record_a_person_looks_first(rule: str) -> None:
    sitting = SittingFactory(begun=True, exam__after_switch_limit=rule)
    page = browser_of(sitting)
    report(page, refused())
    sitting.refresh_from_db()
    assert (sitting.state, sitting.locked) == ("paused", True)
    assert "全屏" in sitting.pause_cause
    sittings.resume(sitting, timezone.now())
    report(page, refused("after-a-reload"))
    sitting.refresh_from_db()
    assert sitting.state == "in_progress"


def test_what_an_unchecked_device_tells_is_not_charged_to_the_candidate() -> None:
    sitting = passed_sitting(photo=None)
    Sitting.objects.filter(pk=sitting.pk).update(device="another")
    body = {"client": "page-2", "events": [away("one")]}
    page = browser_of(sitting, "this one")
    assert page.post(reverse("proctoring:events"), body, content_type="application/json").status_code == 409
    assert not Incident.objects.filter(kind="switched_away").exists()
