"""After signing in: straight to the one exam, or the choice between several."""

import pytest
from django.test import Client
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, SittingFactory, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


def signed_in(*enrolments: object) -> Client:
    """Return a browser of the candidate of these enrolments who has chosen none of them."""
    client, first = Client(), enrolments[0]
    session = client.session
    session["candidate_id"] = first.candidate_id  # type: ignore[attr-defined]
    session["scopes"] = [enrolment.exam.plan.code for enrolment in enrolments]  # type: ignore[attr-defined]
    session.save()
    return client


def test_a_single_exam_is_opened_at_once() -> None:
    enrolment = EnrolmentFactory()
    browser = signed_in(enrolment)
    assert browser.get("/next/")["Location"] == "/confirm/"
    assert browser.session["sitting_id"] == Sitting.objects.get(enrolment=enrolment).pk


def test_several_exams_are_offered_with_their_names() -> None:
    first = EnrolmentFactory(exam__name="科目甲")
    second = EnrolmentFactory(exam__name="科目乙", candidate=first.candidate)
    browser = signed_in(first, second)
    assert browser.get("/next/")["Location"] == "/choose/"
    shown = browser.get("/choose/").content.decode()
    assert "科目甲" in shown
    assert "科目乙" in shown


def test_choosing_opens_that_exam() -> None:
    first = EnrolmentFactory()
    second = EnrolmentFactory(candidate=first.candidate)
    browser = signed_in(first, second)
    assert browser.post("/choose/", {"enrolment": second.pk})["Location"] == "/confirm/"
    assert browser.get("/confirm/").context["exam"] == second.exam


def test_an_enrolment_of_somebody_else_cannot_be_chosen() -> None:
    mine, other = EnrolmentFactory(), EnrolmentFactory()
    browser = signed_in(mine, EnrolmentFactory(candidate=mine.candidate))
    assert browser.post("/choose/", {"enrolment": other.pk})["Location"] == "/choose/"
    assert not Sitting.objects.filter(enrolment=other).exists()


def test_what_runs_comes_first_and_what_is_missed_last() -> None:
    missed = EnrolmentFactory(exam__late_entry_minutes=1)
    ready = EnrolmentFactory(candidate=missed.candidate)
    running = SittingFactory(begun=True, enrolment__candidate=missed.candidate)
    browser = signed_in(missed, ready, running.enrolment)
    choices = browser.get("/choose/").context["choices"]
    assert [choice.enrolment for choice in choices] == [running.enrolment, ready, missed]
    assert [choice.first for choice in choices] == [True, False, False]


def test_an_ended_exam_can_be_looked_at_again_for_its_receipt() -> None:
    ended = sittings.submit(SittingFactory(begun=True), Sitting.EndedBy.CANDIDATE, timezone.now())
    EnrolmentFactory(candidate=ended.enrolment.candidate, exam__plan=ended.enrolment.exam.plan)
    browser = signed_in(ended.enrolment)
    assert "查看" in browser.get("/choose/").content.decode()
    assert browser.post("/choose/", {"enrolment": ended.enrolment.pk})["Location"] == "/finished/"
    assert ended.receipts.get().code in browser.get("/finished/").content.decode()


def test_two_exams_of_one_name_are_told_apart_by_their_codes() -> None:
    one = SittingFactory().enrolment
    EnrolmentFactory(candidate=one.candidate, exam__plan=one.exam.plan, exam__code="EXAM-OF-SPRING")
    html = signed_in(one).get("/choose/").content.decode()
    assert f"科目编号 {one.exam.code}" in html
    assert "科目编号 EXAM-OF-SPRING" in html


def test_an_exam_with_a_name_of_its_own_needs_no_code() -> None:
    one = SittingFactory().enrolment
    EnrolmentFactory(candidate=one.candidate, exam__plan=one.exam.plan, exam__name="另一科目")
    assert "科目编号" not in signed_in(one).get("/choose/").content.decode()


def test_without_any_exam_the_page_says_so() -> None:
    enrolment = EnrolmentFactory(exam__over=True)
    browser = signed_in(enrolment)
    session = browser.session
    session["scopes"] = []
    session.save()
    assert "现在没有您可以参加的考试" in browser.get("/choose/").content.decode()


def test_another_exam_can_be_chosen_before_the_details_are_confirmed() -> None:
    sitting = SittingFactory(confirmed_at=None)
    assert "选择其他科目" not in browser_of(sitting).get("/confirm/").content.decode()
    EnrolmentFactory(candidate=sitting.enrolment.candidate, exam__plan=sitting.enrolment.exam.plan)
    assert "选择其他科目" in browser_of(sitting).get("/confirm/").content.decode()
