"""One move to another device is one incident, and what is for information waits for nobody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from exams import seams
from exams.models import Sitting
from exams.tests.factories import browser_of
from proctoring.admin import overview
from proctoring.models import Incident
from proctoring.services import incidents
from proctoring.tests import staff
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db
Kind = Incident.Kind


@pytest.fixture
def sitting() -> Sitting:
    sitting = passed_sitting()
    sitting.incidents.all().delete()  # the camera of the first page has come
    return sitting


def move(sitting: Sitting, now: datetime) -> None:
    seams.sitting_taken_over.send(Sitting, sitting=sitting, now=now)


def report(sitting: Sitting, **event: Any) -> dict[str, Any]:
    body = {"client": event.pop("client", "page-1"), "events": [{"id": "one", "kind": "hidden", **event}]}
    return dict(browser_of(sitting).post(reverse("proctoring:events"), body, content_type="application/json").json())


def kinds() -> list[tuple[str, str]]:
    return list(Incident.objects.order_by("pk").values_list("kind", "severity"))


def test_a_computer_that_was_shut_and_another_one_are_one_incident(sitting: Sitting) -> None:
    now = timezone.now()
    report(sitting, began_ms_ago=300_000, duration_ms=None)
    incidents.connection_lost(sitting, at=now - timedelta(minutes=5), cause="socket_closed")
    move(sitting, now)
    assert incidents.connection_back(sitting, at=now + timedelta(seconds=30)) is None
    assert kinds() == [("second_device", "warning")]
    told = Incident.objects.get()
    assert told.detail == {"broken_off": ["network_gap", "switched_away"]}
    assert told.ended_at == now
    assert told.began_at <= now - timedelta(minutes=5)
    shown = staff.invigilator().get(reverse("admin:exams_sitting_change", args=[sitting.pk])).content.decode()
    assert "换设备之前原页面已中断：网络中断、切换屏幕" in shown


def test_a_quick_move_is_for_information(sitting: Sitting) -> None:
    now = timezone.now()
    incidents.connection_lost(sitting, at=now - timedelta(seconds=5), cause="socket_closed")
    move(sitting, now)
    assert kinds() == [("second_device", "info")]


def test_the_time_the_next_device_needs_for_its_camera_is_no_gap(sitting: Sitting) -> None:
    now = timezone.now()
    move(sitting, now)
    incidents.connection_lost(sitting, at=now + timedelta(seconds=1), cause="socket_closed")
    assert incidents.connection_back(sitting, at=now + timedelta(seconds=50)) is None
    assert kinds() == [("second_device", "info")]


def test_a_gap_long_after_a_move_is_one_of_its_own(sitting: Sitting) -> None:
    now = timezone.now()
    move(sitting, now)
    incidents.connection_lost(sitting, at=now + timedelta(minutes=9), cause="socket_closed")
    incidents.connection_back(sitting, at=now + timedelta(minutes=10))
    assert kinds() == [("second_device", "info"), ("network_gap", "warning")]


def test_a_camera_that_does_not_come_on_the_next_device_is_a_gap(sitting: Sitting) -> None:
    now = timezone.now()
    move(sitting, now)
    incidents.connection_lost(sitting, at=now + timedelta(seconds=1), cause="socket_closed")
    incidents.connection_back(sitting, at=now + timedelta(minutes=5))
    assert kinds()[-1] == ("network_gap", "warning")


def test_what_staff_have_judged_stays(sitting: Sitting) -> None:
    now = timezone.now()
    gap = incidents.connection_lost(sitting, at=now - timedelta(minutes=5), cause="socket_closed")
    Incident.objects.filter(pk=gap.pk).update(review="confirmed", review_reason="断网属实")
    move(sitting, now)
    assert [kind for kind, _severity in kinds()] == ["network_gap", "second_device"]


def test_the_page_that_was_taken_over_says_nothing_about_the_candidate(sitting: Sitting) -> None:
    Sitting.objects.update(client="page-2")
    move(sitting, timezone.now() - timedelta(seconds=30))
    told = report(sitting, began_ms_ago=20_000, duration_ms=10_000)
    assert (told["switch_count"], told["received"]) == (0, ["one"])
    assert kinds() == [("second_device", "info")]


def test_being_away_while_the_device_changed_is_not_switching_away(sitting: Sitting) -> None:
    move(sitting, timezone.now() - timedelta(seconds=30))
    told = report(sitting, began_ms_ago=60_000, duration_ms=55_000)
    assert told["switch_count"] == 0
    assert kinds() == [("second_device", "info")]


def test_what_is_for_information_is_listed_and_counted_nowhere(sitting: Sitting) -> None:
    exam, now = sitting.enrolment.exam, timezone.now()
    move(sitting, now)
    client, listed = staff.invigilator(), reverse("admin:proctoring_incident_changelist")
    assert overview.counts_of([exam])[exam.pk].incidents == 0
    room = overview.room(exam, now)
    assert (room.incidents, room.sitting[0].incidents) == ([], 0)
    shown = {
        review: list(client.get(listed, {"review": review}).context["cl"].result_list) for review in ("open", "none")
    }
    assert shown == {"open": [], "none": [Incident.objects.get()]}
    assert "无需处理</span>" in client.get(listed).content.decode()
    incidents.note(sitting, Kind.NOBODY_THERE, severity="warning", at=now)
    assert overview.counts_of([exam])[exam.pk].incidents == 1
    assert [one.kind for one in client.get(listed, {"review": "open"}).context["cl"].result_list] == ["nobody_there"]
