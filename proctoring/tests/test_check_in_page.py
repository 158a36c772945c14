"""The check-in page before and after the camera, and the way to a person."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.domain.consent import VERSION
from exams.models import StateChange
from exams.tests.factories import browser_of
from proctoring.models import Incident, Message
from proctoring.services import interventions
from proctoring.tests.factories import camera_sitting, staff

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
    assert browser.get(STATE).json() == {
        "state": "held",
        "next": "",
        "messages": [],
        "queue": "下一位就是您。",
        "said": "",
    }


def test_the_page_learns_where_to_go_once_a_person_has_decided() -> None:
    sitting = camera_sitting(check_in="passed")
    assert browser_of(sitting).get(STATE).json() == {
        "state": "passed",
        "next": reverse("exams:waiting"),
        "messages": [],
        "queue": "",
        "said": "",
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


# --- a changed mind --------------------------------------------------------------------------------------------------

AFTER_ALL = "/check-in/consent/"


def test_who_declined_may_still_agree_as_long_as_nobody_has_decided() -> None:
    sitting = camera_sitting(agreed=False)
    browser = browser_of(sitting)
    assert AFTER_ALL in browser.get(PAGE).content.decode()
    html = browser.get(AFTER_ALL).content.decode()
    assert "人脸信息处理同意书" in html
    assert f'action="{AFTER_ALL}"' in html
    assert browser.post(AFTER_ALL, {"answer": "yes", "version": VERSION})["Location"] == PAGE
    sitting.refresh_from_db()
    assert (sitting.check_in, sitting.held_since) == ("unchecked", None)
    assert "获取摄像头视频" in browser.get(PAGE).content.decode()
    assert [consent.given for consent in sitting.enrolment.consents.all()] == [True, False]


def test_saying_no_again_and_an_answer_to_another_text_change_nothing() -> None:
    sitting = camera_sitting(agreed=False)
    browser = browser_of(sitting)
    browser.get(PAGE)
    browser.post(AFTER_ALL, {"answer": "no", "version": VERSION})
    browser.post(AFTER_ALL, {"answer": "yes", "version": "another"})
    sitting.refresh_from_db()
    assert sitting.check_in == "held"
    assert sitting.enrolment.consents.count() == 1


def test_once_a_person_has_a_hand_in_it_the_mind_is_not_changed_here() -> None:
    sitting = camera_sitting(agreed=False)
    browser, by = browser_of(sitting), staff()
    browser.get(PAGE)
    interventions.pass_check_in(sitting, by=by, reason="证件相符", now=timezone.now())
    assert browser.post(AFTER_ALL, {"answer": "yes", "version": VERSION})["Location"] == reverse("exams:next_step")
    interventions.hold(sitting, by=by, reason="再看一次", now=timezone.now())
    assert AFTER_ALL not in browser.get(PAGE).content.decode()
    browser.post(AFTER_ALL, {"answer": "yes", "version": VERSION})
    sitting.refresh_from_db()
    assert sitting.check_in == "held"
    assert sitting.enrolment.consents.count() == 1


def test_who_waits_for_a_person_can_call_and_reads_the_answer() -> None:
    sitting = camera_sitting(agreed=False)
    browser = browser_of(sitting)
    assert "data-open-help" in browser.get(PAGE).content.decode()
    assert browser.post("/exam/help/", {"text": "还要多久"}, content_type="application/json").status_code == 200
    call = Message.objects.get()
    interventions.send_message(sitting, text="马上就来", by=staff(), now=timezone.now(), answers=call)
    assert [said["text"] for said in browser.get(STATE).json()["messages"]] == ["马上就来"]
