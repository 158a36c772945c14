"""A phone that opens the QR code's link shows the room: seen by the invigilators, missed when it goes."""

from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.models import Exam, Sitting
from exams.services import phone_links
from proctoring.models import Incident
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import Seat, admitted, face_seat, invigilator
from tests.way import Way, until

PHONE = 390, 844


def link(sitting: Sitting) -> str:
    """Return the path behind the code of a sitting, as a phone opens it."""
    return urlsplit(phone_links.address(sitting, timezone.now())).path


def bring_in(page: Page, sitting: Sitting) -> None:
    """Scan the code and use the phone as a second camera."""
    page.goto(link(sitting))
    page.get_by_role("button", name="用作第二摄像头").click()
    page.wait_for_url("**/second-camera/")
    expect(page.locator("[data-phone-camera]")).to_have_attribute("data-state", "good")


def on_the_wall(place: Seat, watching: Client) -> list[dict[str, Any]]:
    sitting = place.sitting
    address = f"/room/{place.exam.pk}/thumbnails/"
    told: list[dict[str, Any]] = watching.get(address, {"sittings": str(sitting.pk)}).json()["thumbnails"]
    return [row for row in told if row["camera"] == "room"]


def test_a_phone_shows_the_room_and_its_going_is_an_incident_after_its_grace(
    browser_with: OpenPage, clips: Clips, exam_server: str
) -> None:
    place = face_seat(second_camera=Exam.SecondCamera.REQUIRED.value)
    way = Way(browser_with(clips.person_a), place)
    sitting = admitted(place, way.page.context, exam_server)
    way.enter()
    phone = browser_with(clips.empty, viewport=PHONE)
    bring_in(phone, sitting)
    way.says("第二摄像头：已连接")
    watching = Client()
    watching.force_login(invigilator())
    until(lambda: len(on_the_wall(place, watching)) == 1, way.page)

    phone.close()  # a browser says that the page goes to the back before it closes
    way.says("第二摄像头：手机页面不在前台")
    lost = Incident.objects.filter(sitting=sitting, kind="second_camera_lost")
    until(lost.exists, way.page, within=20)
    assert place.sitting.state == "in_progress"


def test_a_candidate_sends_the_phone_away_before_the_start(
    browser_with: OpenPage, clips: Clips, exam_server: str
) -> None:
    place = face_seat(second_camera=Exam.SecondCamera.OPTIONAL.value)
    way = Way(browser_with(clips.person_a), place)
    sitting = admitted(place, way.page.context, exam_server)
    way.page.goto("/waiting/")
    way.says("您可以用手机作为第二摄像头（可选）。")
    phone = browser_with(clips.empty, viewport=PHONE)
    bring_in(phone, sitting)
    way.says("第二摄像头：已连接")
    way.page.get_by_role("button", name="断开手机").click()
    way.says("第二摄像头：未连接")
    expect(phone.get_by_text("考生已断开本手机，画面不再上传。")).to_be_visible()
