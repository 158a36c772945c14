"""Every door of the back office, tried by the wrong person."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Correction, ReferencePhoto, Revision, Sitting
from exams.services import sittings
from exams.tests.factories import browser_of
from proctoring.models import IdentityCheck, Incident, Snapshot
from proctoring.services import incidents
from proctoring.tests import staff
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db
BOTH = [
    "exams_plan_changelist",
    "exams_exam_changelist",
    "exams_enrolment_changelist",
    "exams_sitting_changelist",
    "proctoring_incident_changelist",
    "proctoring_identitycheck_changelist",
    "proctoring_message_changelist",
    "proctoring_intervention_changelist",
    "accounts_candidate_changelist",
    "exams_serveroutage_changelist",
]
ORGANIZERS = [
    "exams_result_changelist",
    "exams_bank_changelist",
    "exams_question_changelist",
    "exams_correction_changelist",
    "proctoring_pictureviewing_changelist",
    "proctoring_roomviewing_changelist",
]
NOBODYS = ["auth_user_changelist", "auth_user_add", "admin_logentry_changelist"]


def rows(sitting: Sitting) -> dict[str, str]:
    """Return the addresses of pages of single rows, and of what they post to."""
    now = timezone.now()
    incident = incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=now)
    picture = Snapshot.objects.create(sitting=sitting, data=b"x", reason="x", expires_at=now, taken_at=now)
    check = IdentityCheck.objects.create(
        sitting=sitting, occasion="check_in", verdict="match", began_at=now, decided_at=now, snapshot=picture
    )
    exam = sitting.enrolment.exam
    return {
        "exam": reverse("admin:exams_exam_change", args=[exam.pk]),
        "room": reverse("admin:exams_sitting_room", args=[exam.pk]),
        "sitting": reverse("admin:exams_sitting_change", args=[sitting.pk]),
        "live": reverse("admin:exams_sitting_live", args=[sitting.pk]),
        "incident": reverse("admin:proctoring_incident_change", args=[incident.pk]),
        "check": reverse("admin:proctoring_identitycheck_change", args=[check.pk]),
        "enrolment": reverse("admin:exams_enrolment_change", args=[sitting.enrolment_id]),
        "picture": reverse("proctoring:picture", args=["snapshot", picture.pk]),
        "photo": reverse("proctoring:picture", args=["reference", ReferencePhoto.objects.get().pk]),
    }


@pytest.mark.parametrize("name", [*BOTH, *ORGANIZERS, *NOBODYS])
def test_lists_are_closed_to_candidates_and_strangers(name: str) -> None:
    url = reverse(f"admin:{name}")
    for client in (Client(), browser_of(passed_sitting(photo=None))):
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("admin:login"))


def test_lists_are_closed_to_staff_without_a_group() -> None:
    client = staff.staff_without_group()
    assert {client.get(reverse(f"admin:{name}")).status_code for name in [*BOTH, *ORGANIZERS, *NOBODYS]} == {403}


def test_an_invigilator_opens_the_lists_of_the_day_and_none_of_the_organizers() -> None:
    client = staff.invigilator()
    assert {client.get(reverse(f"admin:{name}")).status_code for name in BOTH} == {200}
    assert {client.get(reverse(f"admin:{name}")).status_code for name in [*ORGANIZERS, *NOBODYS]} == {403}


def test_an_organizer_opens_every_list_but_users() -> None:
    client = staff.organizer()
    assert {client.get(reverse(f"admin:{name}")).status_code for name in [*BOTH, *ORGANIZERS]} == {200}
    assert {client.get(reverse(f"admin:{name}")).status_code for name in NOBODYS} == {403}


def test_single_pages_open_to_both_groups_only() -> None:
    sitting = passed_sitting()
    pages = rows(sitting)
    for client in (staff.organizer(), staff.invigilator()):
        assert {name: client.get(url).status_code for name, url in pages.items()} == dict.fromkeys(pages, 200)
    nobody = staff.staff_without_group()
    assert {name: nobody.get(url).status_code for name, url in pages.items()} == dict.fromkeys(pages, 403)
    candidate = browser_of(sitting)
    assert {name: candidate.get(url).status_code for name, url in pages.items()} == dict.fromkeys(pages, 302)


def test_pages_with_personal_data_are_kept_by_no_cache() -> None:
    pages, client = rows(passed_sitting()), staff.invigilator()
    for name in ("room", "sitting", "live", "incident", "check", "picture", "photo"):
        assert "no-store" in client.get(pages[name]).headers["Cache-Control"], name


def test_nobody_edits_a_sitting_or_its_result_by_form() -> None:
    sitting = passed_sitting()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    for client in (staff.organizer(), staff.invigilator()):
        client.post(reverse("admin:exams_sitting_change", args=[sitting.pk]), {"state": "ready"})
        assert client.get(reverse("admin:exams_sitting_delete", args=[sitting.pk])).status_code == 403
        assert client.get(reverse("admin:exams_sitting_add")).status_code == 403
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.SUBMITTED


def test_a_bank_is_read_only_even_for_organizers() -> None:
    passed_sitting()
    question = Revision.objects.all()[0].question
    client = staff.organizer()
    page = reverse("admin:exams_question_change", args=[question.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"external_id": "other"}).status_code == 403
    assert staff.invigilator().get(page).status_code == 403


def test_corrections_are_the_organizers() -> None:
    sitting = passed_sitting()
    correction = Correction.objects.create(enrolment=sitting.enrolment, text="姓名有误")
    page = reverse("admin:exams_correction_change", args=[correction.pk])
    assert staff.invigilator().post(page, {"settlement": "已更正"}).status_code == 403
    assert staff.organizer().post(page, {"settlement": "已更正"}).status_code == 302
    correction.refresh_from_db()
    assert correction.settled_at is not None
    assert correction.settled_by is not None


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_results_leave_the_house_with_organizers_only(form: str) -> None:
    sitting = passed_sitting()
    urls = [
        reverse("admin:exams_exam_export", args=[sitting.enrolment.exam_id, form]),
        reverse("admin:exams_result_export", args=[form]),
    ]
    for url in urls:
        assert staff.organizer().get(url).status_code == 200
        assert staff.invigilator().get(url).status_code == 403
        assert staff.staff_without_group().get(url).status_code == 403
        assert browser_of(sitting).get(url).status_code == 302
