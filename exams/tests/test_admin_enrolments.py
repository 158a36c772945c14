"""Plans, exams and enrolments in the admin: what may still change, who is found, what is logged."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from exams.models import Enrolment, Exam, Sitting
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory, minutes

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizer() -> Client:
    user = User.objects.create_user("organizer", is_staff=True)
    wanted = [
        "change_exam",
        "view_exam",
        "view_plan",
        "change_enrolment",
        "view_enrolment",
        "export_result",
        "view_result",
    ]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client = Client()
    client.force_login(user)
    return client


def form_of(client: Client, url: str) -> dict[str, object]:
    """Return what the form of a page would send as it stands."""
    context = client.get(url).context
    fields = dict(context["adminform"].form.initial)
    for formset in context["inline_admin_formsets"]:
        fields |= {f"{formset.formset.prefix}-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    return {name: value for name, value in fields.items() if value is not None}


def enrolment_page(enrolment: Enrolment) -> str:
    return reverse("admin:exams_enrolment_change", args=[enrolment.pk])


def test_the_rules_of_an_exam_that_has_begun_stand(organizer: Client) -> None:
    sitting = SittingFactory(begun=True)
    exam = sitting.enrolment.exam
    url = reverse("admin:exams_exam_change", args=[exam.pk])
    assert "考试规则不能再修改" in organizer.get(url).content.decode()
    organizer.post(url, form_of(organizer, url) | {"duration_minutes": 5, "help_contact": "010-1"})
    exam.refresh_from_db()
    assert (exam.duration_minutes, exam.help_contact) == (60, "010-1")


def test_the_rules_of_an_exam_to_come_can_be_changed_and_the_change_is_logged(organizer: Client) -> None:
    exam: Exam = ExamFactory(not_open=True)
    url = reverse("admin:exams_exam_change", args=[exam.pk])
    data = form_of(organizer, url) | {
        "duration_minutes": 90,
        **{f"opens_at_{part}": value for part, value in enumerate(f"{exam.opens_at:%Y-%m-%d %H:%M:%S}".split())},
        **{f"closes_at_{part}": value for part, value in enumerate(f"{exam.closes_at:%Y-%m-%d %H:%M:%S}".split())},
    }
    answer = organizer.post(url, data)
    assert answer.status_code == 302
    exam.refresh_from_db()
    assert exam.duration_minutes == 90
    assert LogEntry.objects.get().object_id == str(exam.pk)


def test_extra_time_given_to_somebody_who_answers_moves_their_deadline(organizer: Client) -> None:
    sitting = SittingFactory(begun=True)
    deadline, url = sitting.deadline_at, enrolment_page(sitting.enrolment)
    organizer.post(url, form_of(organizer, url) | {"extra_minutes": 10, "extra_reason": "视力障碍"})
    assert Sitting.objects.get().deadline_at == deadline + minutes(10)


def test_nobody_is_enrolled_or_deleted_by_hand(organizer: Client) -> None:
    enrolment = EnrolmentFactory()
    assert organizer.get(reverse("admin:exams_enrolment_add")).status_code == 403
    assert organizer.post(reverse("admin:exams_enrolment_delete", args=[enrolment.pk])).status_code == 403


def test_a_candidate_is_found_by_the_whole_id_number(organizer: Client) -> None:
    enrolment = EnrolmentFactory()
    answer = organizer.post(reverse("admin:exams_enrolment_find"), {"id_number": enrolment.candidate.id_number.lower()})
    assert answer.headers["Location"] == enrolment_page(enrolment)


def test_a_candidate_with_several_exams_leads_to_the_list_of_them(organizer: Client) -> None:
    enrolment = EnrolmentFactory()
    EnrolmentFactory(candidate=enrolment.candidate, name="同一人")
    EnrolmentFactory(name="另一人")
    answer = organizer.post(
        reverse("admin:exams_enrolment_find"), {"id_number": enrolment.candidate.id_number}, follow=True
    )
    page = answer.content.decode()
    assert "同一人" in page
    assert "另一人" not in page


def test_an_id_number_is_never_looked_for_by_an_address(organizer: Client) -> None:
    enrolment = EnrolmentFactory()
    assert organizer.get(reverse("admin:exams_enrolment_find"), {"id_number": "1"}).status_code == 405
    page = organizer.get(reverse("admin:exams_enrolment_changelist"), {"q": enrolment.candidate.id_number})
    assert enrolment.account_number not in page.content.decode()


def test_who_has_not_come_is_a_list(organizer: Client) -> None:
    SittingFactory(enrolment__name="已到者")
    EnrolmentFactory(name="未到者")
    page = organizer.get(reverse("admin:exams_enrolment_changelist"), {"came": "no"}).content.decode()
    assert "未到者" in page
    assert "已到者" not in page


def test_taking_results_out_is_logged(organizer: Client) -> None:
    exam = ExamFactory()
    answer = organizer.get(reverse("admin:exams_exam_export", args=[exam.pk, "csv"]))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "导出成绩" in LogEntry.objects.get().get_change_message()


def test_an_unknown_kind_of_file_is_not_found(organizer: Client) -> None:
    assert organizer.get(reverse("admin:exams_exam_export", args=[ExamFactory().pk, "pdf"])).status_code == 404
