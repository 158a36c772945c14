"""The check-in page before and after the camera, and the way to a person."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import StateChange
from exams.tests.factories import browser_of
from proctoring.models import Incident
from proctoring.tests.factories import camera_sitting

pytestmark = pytest.mark.django_db
PAGE, STATE, PERSON = "/check-in/", "/check-in/state/", "/check-in/human/"


def test_it_shows_who_is_expected_and_asks_for_the_camera_by_a_click() -> None:
    sitting = camera_sitting()
    html = browser_of(sitting).get(PAGE).content.decode()
    assert "智能化考试平台 — 考试机" in html
    assert sitting.enrolment.name in html
    assert sitting.enrolment.account_number in html
    assert "摄像设备数" in html
    assert "获取摄像头视频" in html
    assert sitting.enrolment.candidate.id_number not in html


def test_whoever_has_passed_is_sent_on() -> None:
    response = browser_of(camera_sitting(check_in="passed")).get(PAGE)
    assert response.status_code == 302
    assert response["Location"] == reverse("exams:waiting")


def test_whoever_has_not_answered_the_consent_is_sent_there() -> None:
    assert browser_of(camera_sitting(agreed=None)).get(PAGE)["Location"] == reverse("exams:consent")


def test_declining_leads_to_a_person_and_no_camera_is_offered() -> None:
    sitting = camera_sitting(agreed=False)
    html = browser_of(sitting).get(PAGE).content.decode()
    sitting.refresh_from_db()
    assert sitting.check_in == "held"
    assert "获取摄像头视频" not in html
    assert "正在等待考务人员核验" in html
    assert Incident.objects.get().kind == "consent_declined"


def test_a_candidate_can_ask_for_a_person_and_the_reason_is_kept() -> None:
    sitting = camera_sitting()
    browser = browser_of(sitting)
    assert browser.post(PERSON, {"reason": "missing"})["Location"] == PAGE
    sitting.refresh_from_db()
    assert sitting.check_in == "held"
    assert StateChange.objects.get(field="check_in").reason == "未找到摄像头"
    assert browser.get(STATE).json() == {"state": "held", "next": "", "messages": [], "queue": "下一位就是您。"}


def test_the_page_learns_where_to_go_once_a_person_has_decided() -> None:
    sitting = camera_sitting(check_in="passed")
    assert browser_of(sitting).get(STATE).json() == {
        "state": "passed",
        "next": reverse("exams:waiting"),
        "messages": [],
        "queue": "",
    }


def test_nobody_gets_in_without_signing_in() -> None:
    assert Client().get(PAGE)["Location"].startswith(reverse("accounts:login"))
    assert Client().post(PERSON).status_code == 302
    assert Client().get(STATE, headers={"accept": "application/json"}).status_code == 401


def test_asking_for_a_person_needs_a_post() -> None:
    assert browser_of(camera_sitting()).get(PERSON).status_code == 405


def test_asking_for_a_person_after_the_end_leads_to_the_end_page() -> None:
    browser = browser_of(camera_sitting(state="terminated", ended_at=timezone.now()))
    assert browser.post(PERSON, {"reason": "asked"}).status_code == 302
    assert browser.get(PAGE)["Location"] == reverse("exams:finished")
