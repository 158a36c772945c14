"""Two exams or plans with one name can be told apart, corrections that wait come first, and practice is left out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.admin.filters import moment_and_code, told_apart
from exams.models import Correction, Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory
from proctoring.tests import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizer() -> Client:
    return staff.organizer()


def test_exams_with_one_name_are_named_with_their_time_and_code() -> None:
    first = ExamFactory(name="碳排放管理师", code="A")
    second = ExamFactory(name="碳排放管理师", code="B", opens_at=first.opens_at + timedelta(days=1))
    other = ExamFactory(name="能源管理师")
    choices = dict(told_apart([first, second, other], moment_and_code))
    assert choices[other.pk] == "能源管理师"
    opens = timezone.localtime(second.opens_at)
    assert choices[second.pk] == f"碳排放管理师 · {opens:%Y-%m-%d %H:%M} B"
    assert choices[first.pk] != choices[second.pk]


@pytest.mark.parametrize(
    "name",
    [
        "exams_enrolment",
        "exams_correction",
        "exams_sitting",
        "exams_result",
        "proctoring_incident",
        "proctoring_identitycheck",
        "proctoring_message",
        "proctoring_intervention",
        "proctoring_pictureviewing",
    ],
)
def test_every_list_that_is_filtered_by_exam_tells_them_apart(organizer: Client, name: str) -> None:
    ExamFactory(name="碳排放管理师", code="CODE-A")
    ExamFactory(name="碳排放管理师", code="CODE-B")
    shown = organizer.get(reverse(f"admin:{name}_changelist")).content.decode()
    assert "CODE-A" in shown
    assert "CODE-B" in shown


def test_corrections_that_wait_come_first_the_oldest_at_the_top(organizer: Client) -> None:
    enrolment = EnrolmentFactory()
    for text, settlement in (("已处理的", "已更正"), ("较早的", ""), ("较新的", "")):
        settled_at = timezone.now() if settlement else None
        Correction.objects.create(enrolment=enrolment, text=text, settlement=settlement, settled_at=settled_at)
    url = reverse("admin:exams_correction_changelist")
    shown = organizer.get(url).content.decode()
    assert shown.index("较早的") < shown.index("较新的") < shown.index("已处理的")
    waiting = organizer.get(url, {"settled": "no"}).content.decode()
    assert "已处理的" not in waiting


def test_a_correction_shows_the_details_as_they_stand_masked(organizer: Client) -> None:
    enrolment = EnrolmentFactory(organization="节能协会")
    correction = Correction.objects.create(enrolment=enrolment, text="单位写错了")
    shown = organizer.get(reverse("admin:exams_correction_change", args=[correction.pk])).content.decode()
    assert "节能协会" in shown
    assert enrolment.candidate.masked_id in shown
    assert enrolment.candidate.id_number not in shown
    assert reverse("admin:exams_enrolment_change", args=[enrolment.pk]) in shown


def test_a_settlement_taken_back_opens_the_correction_again(organizer: Client) -> None:
    correction = Correction.objects.create(enrolment=EnrolmentFactory(), text="单位写错了")
    url = reverse("admin:exams_correction_change", args=[correction.pk])
    for settlement in ("已更正", ""):
        assert organizer.post(url, {"settlement": settlement}).status_code == 302
        correction.refresh_from_db()
        assert (correction.settled_at is not None) is bool(settlement)
        assert (correction.settled_by is not None) is bool(settlement)


def test_practice_results_are_left_out_until_somebody_asks_for_them(organizer: Client) -> None:
    for name, is_practice in (("正式考生", False), ("试考考生", True)):
        sitting = SittingFactory(exam__is_practice=is_practice, enrolment__name=name, begun=True)
        sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    url = reverse("admin:exams_result_changelist")
    for practice, shows in (("", (True, False)), ("all", (True, True)), ("only", (False, True))):
        shown = organizer.get(url, {"practice": practice} if practice else {}).content.decode()
        assert ("正式考生" in shown, "试考考生" in shown) == shows


def test_whether_somebody_passed_is_said_in_words(organizer: Client) -> None:
    sitting = SittingFactory(exam__pass_mark=1, begun=True)
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    shown = organizer.get(reverse("admin:exams_result_changelist")).content.decode()
    assert '<span class="badge">不及格</span>' in shown
    assert "icon-no" not in shown
