"""Acting from the page of a sitting: by whom, with what, and what is left on the record."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.domain.lifecycle import Identity, State, Validity
from exams.models import ReferencePhoto, Result, Sitting
from exams.services import sittings
from exams.tests.factories import SittingFactory, browser_of, minutes
from proctoring.models import Incident, Intervention, Message
from proctoring.services import incidents, messages
from proctoring.tests import scenes, staff
from proctoring.tests.factories import camera_sitting, give_photo, passed_sitting

pytestmark = pytest.mark.django_db
WHY = "考场突发情况"


def act(client: Client, sitting: Sitting, kind: str, **fields: Any) -> Any:
    return client.post(reverse("admin:exams_sitting_act", args=[sitting.pk]), {"kind": kind, **fields})


def state_of(sitting: Sitting) -> str:
    return Sitting.objects.values_list("state", flat=True).get(pk=sitting.pk)


def test_an_invigilator_pauses_with_a_reason_and_it_is_on_every_record() -> None:
    sitting = passed_sitting()
    answer = act(staff.invigilator(), sitting, "pause", reason=WHY)
    assert answer.headers["Location"] == reverse("admin:exams_sitting_change", args=[sitting.pk])
    assert state_of(sitting) == State.PAUSED
    assert Intervention.objects.get().reason == WHY
    assert sitting.changes.filter(after="paused", reason=WHY).exists()
    assert WHY in LogEntry.objects.get().get_change_message()


def test_an_organizer_cannot_intervene() -> None:
    sitting = passed_sitting()
    for kind in ("pause", "terminate", "lock", "extend", "message", "pass_check_in", "reject_identity"):
        assert act(staff.organizer(), sitting, kind, reason=WHY, minutes=5, text=WHY).status_code == 403
    assert state_of(sitting) == State.IN_PROGRESS
    assert not Intervention.objects.exists()


def test_nobody_else_can_act_either() -> None:
    sitting = passed_sitting()
    assert act(staff.staff_without_group(), sitting, "pause", reason=WHY).status_code == 403
    assert act(browser_of(sitting), sitting, "pause", reason=WHY).status_code == 302
    assert act(Client(), sitting, "pause", reason=WHY).status_code == 302
    assert state_of(sitting) == State.IN_PROGRESS


def test_a_latecomer_can_be_let_in_from_the_page() -> None:
    sitting = SittingFactory(exam__opens_at=timezone.now() - minutes(40), exam__late_entry_minutes=15)
    client = staff.invigilator()
    page = client.get(reverse("admin:exams_sitting_change", args=[sitting.pk])).content.decode()
    assert "准许迟到入场" in page
    assert act(client, sitting, "admit_late", minutes=10, reason=WHY).status_code == 302
    assert "准许迟到入场" in client.get(reverse("admin:exams_sitting_change", args=[sitting.pk])).content.decode()
    assert Intervention.objects.get().detail == {"minutes": 10}


def test_looking_at_the_address_of_acts_does_nothing() -> None:
    sitting = passed_sitting()
    assert staff.invigilator().get(reverse("admin:exams_sitting_act", args=[sitting.pk])).status_code == 405


def test_without_a_reason_the_form_comes_back_open_with_what_was_filled_in() -> None:
    sitting = passed_sitting()
    answer = act(staff.invigilator(), sitting, "extend", minutes=7, reason="")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写原因" in page
    assert 'value="7"' in page
    assert not Intervention.objects.exists()


def test_what_is_refused_is_said_and_not_logged() -> None:
    sitting = camera_sitting()
    answer = act(staff.invigilator(), sitting, "pause", reason=WHY)
    assert answer.status_code == 422
    assert "尚未开始" in answer.content.decode()
    assert not LogEntry.objects.exists()


def test_an_unknown_act_is_not_found() -> None:
    assert act(staff.invigilator(), passed_sitting(), "cheat", reason=WHY).status_code == 404


def test_a_double_click_extends_once() -> None:
    sitting, client = passed_sitting(), staff.invigilator()
    for _time in range(2):
        act(client, sitting, "extend", minutes=5, reason=WHY)
    assert Sitting.objects.get().extra_seconds == 300


def test_the_person_is_cleared_and_the_result_counts() -> None:
    sitting = passed_sitting(identity="in_doubt")
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert Result.objects.get().validity == Validity.PENDING_REVIEW
    act(staff.invigilator(), sitting, "clear_identity", reason="人证一致")
    assert Sitting.objects.get().identity == Identity.CLEARED
    assert Result.objects.get().validity == Validity.VALID


@pytest.mark.parametrize("make", [staff.organizer, staff.invigilator])
def test_either_group_decides_whether_a_result_counts(make: Any) -> None:
    sitting = passed_sitting()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    act(make(), sitting, "set_validity", validity="invalid", reason="经核实，非本人作答")
    assert Result.objects.get().validity == Validity.INVALID


def test_an_incident_is_reviewed_where_it_stands() -> None:
    sitting = passed_sitting()
    incident = incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    back = reverse("admin:proctoring_incident_change", args=[incident.pk])
    answer = act(
        staff.invigilator(),
        sitting,
        "review_incident",
        incident=incident.pk,
        outcome="dismissed",
        reason=WHY,
        next=back,
    )
    assert answer.headers["Location"] == back
    assert Incident.objects.get().review == "dismissed"


def test_an_incident_of_another_sitting_is_not_found() -> None:
    mine, other = passed_sitting(), passed_sitting()
    incident = incidents.note(other, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    answer = act(staff.invigilator(), mine, "review_incident", incident=incident.pk, outcome="dismissed", reason=WHY)
    assert answer.status_code == 404
    assert Incident.objects.get().review == "open"


def test_the_way_back_stays_on_this_site() -> None:
    sitting = passed_sitting()
    answer = act(staff.invigilator(), sitting, "pause", reason=WHY, next="https://example.com/")
    assert answer.headers["Location"].startswith("/admin/")


def test_a_call_for_help_is_answered() -> None:
    sitting = passed_sitting()
    call = messages.call_for_help(sitting, "看不清", now=timezone.now())
    act(staff.invigilator(), sitting, "message", call=call.pk, text="马上到")
    call.refresh_from_db()
    assert call.settled_at is not None
    assert call.replies.get().text == "马上到"


def test_a_call_for_help_is_settled_in_person() -> None:
    sitting = passed_sitting()
    call = messages.call_for_help(sitting, "看不清", now=timezone.now())
    act(staff.invigilator(), sitting, "message", call=call.pk, settle="1", text="")
    assert Message.objects.get().settled_at is not None
    assert Intervention.objects.get().detail == {"settled": call.pk}


def test_a_photo_is_replaced_on_the_day() -> None:
    sitting = camera_sitting(photo="obama")
    image = SimpleUploadedFile("new.jpg", scenes.photo("obama2"), "image/jpeg")
    act(staff.invigilator(), sitting, "replace_photo", image=image, reason="报名照片有误")
    assert sitting.enrolment.photos.get(retired_at__isnull=True).source == ReferencePhoto.Source.STAFF


def test_a_photo_is_replaced_before_the_candidate_has_come() -> None:
    sitting = camera_sitting(photo="obama")
    enrolment = sitting.enrolment
    Sitting.objects.all().delete()
    image = SimpleUploadedFile("new.jpg", scenes.photo("obama2"), "image/jpeg")
    url = reverse("admin:exams_sitting_photo", args=[enrolment.pk])
    assert staff.staff_without_group().post(url, {"image": image, "reason": "x"}).status_code == 403
    image.seek(0)
    staff.organizer().post(url, {"image": image, "reason": "报名照片有误"})
    assert enrolment.photos.get(retired_at__isnull=True).source == ReferencePhoto.Source.STAFF
    assert "报名照片有误" in LogEntry.objects.get().get_change_message()


def test_a_file_that_is_no_picture_is_refused_in_words() -> None:
    sitting = camera_sitting(photo="obama")
    image = SimpleUploadedFile("new.jpg", b"GIF89a", "image/jpeg")
    answer = act(staff.invigilator(), sitting, "replace_photo", image=image, reason="x")
    assert answer.status_code == 422
    assert "无法打开" in answer.content.decode()


def test_a_first_picture_is_compared_with_the_id_card() -> None:
    sitting = passed_sitting(photo=None)
    photo = give_photo(sitting, "obama")
    ReferencePhoto.objects.update(to_compare=True)
    client = staff.invigilator()
    assert "待与证件比对" in client.get(reverse("admin:exams_sitting_change", args=[sitting.pk])).content.decode()
    act(client, sitting, "compare_photo", photo=photo.pk, same="yes", reason="与身份证照片一致")
    photo.refresh_from_db()
    assert photo.compared_at is not None


# --- many at once ----------------------------------------------------------------------------------------------------


def many(client: Client, action: str, chosen: list[Sitting], **fields: Any) -> Any:
    numbers = [sitting.pk for sitting in chosen]
    return client.post(
        reverse("admin:exams_sitting_changelist"), {"action": action, "_selected_action": numbers, **fields}
    )


def test_many_are_paused_after_a_page_that_asks_why() -> None:
    chosen, client = [passed_sitting(), passed_sitting()], staff.invigilator()
    asked = many(client, "pause_many", chosen)
    assert "原因" in asked.content.decode()
    assert {state_of(sitting) for sitting in chosen} == {State.IN_PROGRESS}
    many(client, "pause_many", chosen, apply="1", reason=WHY)
    assert {state_of(sitting) for sitting in chosen} == {State.PAUSED}
    assert Intervention.objects.filter(reason=WHY).count() == LogEntry.objects.count() == 2


def test_those_it_does_not_fit_are_named() -> None:
    running, waiting = passed_sitting(), camera_sitting()
    client = staff.invigilator()
    many(client, "pause_many", [running, waiting], apply="1", reason=WHY)
    page = client.get(reverse("admin:exams_sitting_changelist")).content.decode()
    assert waiting.enrolment.account_number in page
    assert "尚未开始" in page


def test_an_organizer_has_no_bulk_actions() -> None:
    sitting, client = passed_sitting(), staff.organizer()
    many(client, "pause_many", [sitting], apply="1", reason=WHY)
    assert state_of(sitting) == State.IN_PROGRESS
    assert "pause_many" not in client.get(reverse("admin:exams_sitting_changelist")).content.decode()


def test_several_incidents_are_dismissed_with_one_reason() -> None:
    sitting, client = passed_sitting(), staff.invigilator()
    for _time in range(2):
        incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    numbers = list(Incident.objects.values_list("pk", flat=True))
    url = reverse("admin:proctoring_incident_changelist")
    data = {"action": "dismiss_many", "_selected_action": numbers}
    assert client.post(url, data).status_code == 200
    client.post(url, {**data, "apply": "1", "reason": "误报"})
    assert set(Incident.objects.values_list("review", "review_reason")) == {("dismissed", "误报")}
