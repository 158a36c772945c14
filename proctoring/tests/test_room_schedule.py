"""暂停与补时 in the room: pauses for everybody, and outages with one button for everybody concerned."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Exam, Plan, PlannedPause, ServerOutage, Sitting, StateChange
from exams.services import planned_pauses
from proctoring import timeline
from proctoring.models import Intervention
from proctoring.tests import staff
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitting() -> Sitting:
    """A sitting that began twenty minutes ago, and had the server away for three of them."""
    made = passed_sitting(photo=None)
    Sitting.objects.filter(pk=made.pk).update(started_at=timezone.now() - timedelta(minutes=20))
    ago = timezone.now() - timedelta(minutes=10)
    ServerOutage.objects.create(began_at=ago, ended_at=ago + timedelta(minutes=3))
    return Sitting.objects.get(pk=made.pk)


def schedule_of(sitting: Sitting, client: Client) -> str:
    return client.get(reverse("proctoring:room_schedule", args=[sitting.enrolment.exam_id])).content.decode()


def give_back(sitting: Sitting, client: Client, reason: str = "机房停电") -> str:
    url = reverse("proctoring:room_compensate", args=[sitting.enrolment.exam_id, ServerOutage.objects.get().pk])
    return client.post(url, {"reason": reason}, follow=True).content.decode()


def test_an_outage_that_waits_for_a_word_is_offered_and_counted_in_the_bar(sitting: Sitting) -> None:
    shown = schedule_of(sitting, staff.invigilator())
    assert "1名考生尚未补时" in shown
    assert "按此故障为受影响的考生补时" in shown
    assert '<span class="room-tabs__count">1</span>' in shown


def test_one_button_gives_it_back_and_says_so_on_the_record_of_each(sitting: Sitting) -> None:
    assert "已为1名考生补时。" in give_back(sitting, client := staff.invigilator())
    sitting.refresh_from_db()
    assert sitting.extra_seconds == sitting.compensated_seconds == 180
    done = Intervention.objects.get()
    assert (done.kind, done.reason, done.detail["seconds"]) == ("extend", "机房停电", 180)
    (entry,) = [one for one in timeline.of(sitting) if one.kind == "person"]
    assert entry.lines == ("加时 3分钟",)
    assert "按此故障为受影响的考生补时" not in schedule_of(sitting, client)


def test_a_second_click_gives_nothing_more(sitting: Sitting) -> None:
    client = staff.invigilator()
    give_back(sitting, client)
    assert "已为0名考生补时。" in give_back(sitting, client)
    assert StateChange.objects.filter(field="extra_seconds").count() == 1


def test_without_a_reason_nothing_is_given(sitting: Sitting) -> None:
    assert "请填写原因" in give_back(sitting, staff.invigilator(), " ")
    assert not Intervention.objects.exists()


def test_where_the_rule_says_none_there_is_no_button(sitting: Sitting) -> None:
    Exam.objects.update(outage_rule="none")
    client = staff.invigilator()
    assert "1名考生受影响，按规则不补时" in schedule_of(sitting, client)
    assert "逐人延长时间" in give_back(sitting, client)
    assert not Intervention.objects.exists()


def test_organizers_and_invigilators_find_the_outages_in_the_back_office(sitting: Sitting) -> None:
    give_back(sitting, staff.invigilator())
    outage = ServerOutage.objects.get()
    for client in (staff.organizer(), staff.invigilator()):
        assert "3分钟" in client.get(reverse("admin:exams_serveroutage_changelist")).content.decode()
        page = client.get(reverse("admin:exams_serveroutage_change", args=[outage.pk])).content.decode()
        assert sitting.enrolment.account_number in page


# --- pauses ----------------------------------------------------------------------------------------------------------


def plan(sitting: Sitting, client: Client, **fields: str) -> Any:
    begins = timezone.localtime() + timedelta(minutes=10)
    form = {"begins_at": begins.strftime("%Y-%m-%dT%H:%M"), "minutes": "15", "reason": "消防演习", "room": ""}
    return client.post(reverse("proctoring:room_plan_pause", args=[sitting.enrolment.exam_id]), form | fields)


def cancel(sitting: Sitting, client: Client) -> Any:
    arguments = [sitting.enrolment.exam_id, PlannedPause.objects.get().pk]
    return client.post(reverse("proctoring:room_cancel_pause", args=arguments), follow=True)


def test_an_invigilator_plans_a_pause_and_sees_it_listed(sitting: Sitting) -> None:
    client = staff.invigilator()
    assert plan(sitting, client).status_code == 302
    shown = schedule_of(sitting, client)
    assert "消防演习" in shown
    assert "已安排</span>" in shown
    made = PlannedPause.objects.get()
    assert (made.minutes, made.room) == (15, "")
    assert made.made_by is not None
    assert LogEntry.objects.filter(object_id=str(sitting.enrolment.exam_id)).exists()


def test_the_time_of_the_form_is_that_of_where_the_exam_is_held(sitting: Sitting) -> None:
    Plan.objects.update(timezone="Asia/Urumqi")
    there = timezone.now().astimezone(ZoneInfo("Asia/Urumqi")).replace(second=0, microsecond=0) + timedelta(minutes=10)
    plan(sitting, staff.invigilator(), begins_at=there.strftime("%Y-%m-%dT%H:%M"))
    assert PlannedPause.objects.get().begins_at == there


@pytest.mark.parametrize(
    "fields",
    [{"minutes": "x"}, {"minutes": "99999"}, {"begins_at": "soon"}, {"begins_at": "2026-13-45T99:99"}, {"reason": ""}],
)
def test_what_cannot_be_comes_back_with_the_form_as_it_was_filled_in(sitting: Sitting, fields: dict[str, str]) -> None:
    answer = plan(sitting, staff.invigilator(), **({"reason": "午餐"} | fields))
    assert answer.status_code == 422
    assert "said-outcome--refused" in answer.content.decode()
    assert fields.get("reason", "午餐") in answer.content.decode()
    assert not PlannedPause.objects.exists()


def test_a_pause_that_is_on_is_ended_for_everybody_by_one_button(sitting: Sitting) -> None:
    client = staff.invigilator()
    plan(sitting, client, begins_at=timezone.localtime().strftime("%Y-%m-%dT%H:%M"))
    planned_pauses.carry_out(timezone.now())
    assert Sitting.objects.get(pk=sitting.pk).state == "paused"
    assert "立即恢复" in schedule_of(sitting, client)
    assert "已取消统一暂停。" in cancel(sitting, client).content.decode()
    assert Sitting.objects.get(pk=sitting.pk).state == "in_progress"


def test_a_plan_is_given_up_through_its_own_exam_only(sitting: Sitting) -> None:
    client, other = staff.invigilator(), passed_sitting(photo=None)
    plan(sitting, client)
    arguments = [other.enrolment.exam_id, PlannedPause.objects.get().pk]
    assert client.post(reverse("proctoring:room_cancel_pause", args=arguments)).status_code == 404
    assert PlannedPause.objects.get().cancelled_at is None


def test_an_organizer_plans_a_pause_on_the_page_of_the_exam(sitting: Sitting) -> None:
    url = reverse("admin:exams_exam_change", args=[sitting.enrolment.exam_id])
    client = staff.organizer()
    begins = timezone.localtime() + timedelta(hours=1)
    counts = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
    form = {
        "help_contact": "",
        "outage_rule": "none",
        "outage_most_minutes": "10",
        **{f"{prefix}-{key}": count for prefix in ("sections", "planned_pauses") for key, count in counts.items()},
        "planned_pauses-TOTAL_FORMS": "1",
        "planned_pauses-0-begins_at_0": begins.strftime("%Y-%m-%d"),
        "planned_pauses-0-begins_at_1": begins.strftime("%H:%M"),
        "planned_pauses-0-minutes": "30",
        "planned_pauses-0-room": "",
        "planned_pauses-0-reason": "午餐",
    }
    assert client.post(url, form).status_code == 302
    made = PlannedPause.objects.get()
    assert (made.reason, made.made_by is not None) == ("午餐", True)
    assert Exam.objects.get(pk=sitting.enrolment.exam_id).outage_rule == "none"
    cancel = reverse("admin:exams_exam_cancel_pause", args=[sitting.enrolment.exam_id, made.pk])
    assert cancel in client.get(url).content.decode()
    assert staff.invigilator().post(cancel).status_code == 403
    assert client.post(cancel).status_code == 302
    made.refresh_from_db()
    assert made.cancelled_at is not None
