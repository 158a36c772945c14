"""The phone behind the QR code: what pairs it, what voids it, and who gets in."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from exams.models import Sitting
from exams.services import phone_links, sittings
from exams.tests.factories import SittingFactory, browser_of
from exams.views.companion import GONE
from proctoring import access
from proctoring.models import Camera, Incident, SecondCamera, Snapshot
from proctoring.services import incidents, second_camera
from proctoring.tests.factories import camera_sitting
from proctoring.tests.phones import link_of, paired, room_sitting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_phone_yet() -> None:
    cache.clear()


def opened(signed: str, browser: Client | None = None) -> Any:
    """Open the page behind a code at an address where browsers hand out the camera."""
    return (browser or Client()).get(reverse("exams:companion", args=[signed]), SERVER_NAME="localhost")


def scanned(sitting: Sitting, browser: Client | None = None) -> Any:
    """Open the code of a sitting on a phone and choose to use it."""
    link = phone_links.signed(sitting, timezone.now())
    return (browser or Client()).post(reverse("proctoring:second_camera_pair"), {"link": link})


# --- pairing ---------------------------------------------------------------------------------------------------------


def test_a_scanned_code_brings_in_a_phone_without_a_sign_in() -> None:
    sitting, phone = room_sitting(), Client()
    offer = opened(phone_links.signed(sitting, timezone.now()), phone)
    assert "用作第二摄像头</button>" in offer.content.decode()
    assert not SecondCamera.objects.exists()  # a preview of the link pairs nothing
    answer = scanned(sitting, phone)
    assert answer["Location"] == reverse("proctoring:second_camera")
    assert answer.cookies["second_camera"]["httponly"]
    shown = phone.get(answer["Location"])
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert sitting.enrolment.name not in shown.content.decode()


def test_a_code_brings_in_one_phone_only() -> None:
    sitting = room_sitting()
    link = link_of(sitting)
    second_camera.pair(link, timezone.now())
    with pytest.raises(second_camera.UsedUp):
        second_camera.pair(link, timezone.now())
    assert SecondCamera.objects.get().number == 1


def test_a_code_is_fresh_for_ten_minutes() -> None:
    sitting, shown_at = room_sitting(), timezone.now()
    with pytest.raises(second_camera.UsedUp):
        second_camera.pair(link_of(sitting, shown_at), shown_at + phone_links.PAIRS_FOR)
    with time_machine.travel(shown_at + timedelta(minutes=11)):
        old = opened(phone_links.signed(sitting, shown_at))
    assert "二维码已过期" in old.content.decode()
    assert "用作第二摄像头</button>" not in old.content.decode()


def test_a_second_phone_takes_over_and_the_first_is_void() -> None:
    sitting = room_sitting()
    first = paired(sitting)
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        second = paired(sitting)
    assert access.second_camera_of(first) is None
    assert access.second_camera_of(second) is not None


def test_the_candidate_sends_the_phone_away() -> None:
    sitting = room_sitting()
    token = paired(sitting)
    candidate = browser_of(sitting)
    told = candidate.post(reverse("proctoring:second_camera_release")).json()
    assert told == {"state": "unpaired", "cause": "disconnected"}
    assert access.second_camera_of(token) is None


def test_the_candidate_reads_how_the_phone_stands() -> None:
    sitting = room_sitting()
    candidate, address = browser_of(sitting), reverse("proctoring:second_camera_state")
    assert candidate.get(address).json()["state"] == "unpaired"
    paired(sitting)
    number = SecondCamera.objects.get().number
    assert candidate.get(address).json() == {"state": "lost", "cause": "disconnected"}
    second_camera.shows(sitting.pk, number)
    assert candidate.get(address).json() == {"state": "connected", "cause": ""}
    second_camera.shows(sitting.pk, number, "hidden")
    second_camera.leaves(sitting.pk, number)
    assert candidate.get(address).json() == {"state": "lost", "cause": "hidden"}


def test_a_fresh_code_is_drawn_for_the_candidate_alone() -> None:
    sitting = room_sitting()
    address = reverse("exams:companion_code")
    assert browser_of(sitting).get(address).json()["code"].startswith("<svg")
    assert Client().get(address, headers={"Accept": "application/json"}).status_code == 401


def test_an_insecure_address_says_why_there_is_no_camera() -> None:
    offer = Client().get(reverse("exams:companion", args=[phone_links.signed(room_sitting(), timezone.now())]))
    assert "手机浏览器只在 https 网址上提供摄像头" in offer.content.decode()
    assert "用作第二摄像头</button>" not in offer.content.decode()


# --- who gets in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "1", "WzEsMV0:1abc:forged"])
def test_a_token_that_we_did_not_make_opens_nothing(token: str) -> None:
    room_sitting()
    assert access.second_camera_of(token) is None


def test_the_signature_of_a_code_is_no_token_and_a_token_no_code() -> None:
    sitting = room_sitting()
    assert access.second_camera_of(phone_links.signed(sitting, timezone.now())) is None
    assert phone_links.opened(paired(sitting)) is None


def test_an_exam_without_a_second_camera_pairs_nothing() -> None:
    sitting = room_sitting("off")
    offer = opened(phone_links.signed(sitting, timezone.now()))
    assert offer.status_code == 200
    assert "用作第二摄像头" not in offer.content.decode()
    assert scanned(sitting).status_code == GONE


@pytest.mark.parametrize("agreed", [None, False])
def test_without_consent_no_phone_is_brought_in(agreed: bool | None) -> None:
    sitting = camera_sitting(agreed=agreed, exam__second_camera="required")
    assert scanned(sitting).status_code == GONE
    assert not SecondCamera.objects.exists()


def test_the_end_of_the_exam_ends_the_phone() -> None:
    sitting = room_sitting()
    token = paired(sitting)
    link = phone_links.signed(sitting, timezone.now())
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert access.second_camera_of(token) is None
    assert Client().post(reverse("proctoring:second_camera_pair"), {"link": link}).status_code == GONE


def test_a_phone_opens_nothing_else() -> None:
    phone = Client()
    sitting = room_sitting()
    scanned(sitting, phone)
    for name in ("exams:status", "proctoring:second_camera_state", "exams:companion_code"):
        assert phone.get(reverse(name), headers={"Accept": "application/json"}).status_code == 401
    room = reverse("proctoring:room_thumbnails", args=[sitting.enrolment.exam_id])
    assert phone.get(room, {"sittings": str(sitting.pk)}).status_code == 401


def test_nobody_sends_away_the_phone_of_another() -> None:
    sitting, other = room_sitting(), SittingFactory()
    token = paired(sitting)
    browser_of(other).post(reverse("proctoring:second_camera_release"))
    assert Client().post(reverse("proctoring:second_camera_release")).status_code == 302
    assert access.second_camera_of(token) is not None


# --- incidents -------------------------------------------------------------------------------------------------------


def test_a_picture_of_the_room_joins_an_incident_of_its_own_sitting_only() -> None:
    sitting, other = room_sitting(), room_sitting()
    incident = incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    second_camera.add_picture(incident.pk, other.pk, b"elsewhere", taken_at=timezone.now())
    second_camera.add_picture(incident.pk, sitting.pk, b"room", taken_at=timezone.now())
    kept = Snapshot.objects.get()
    assert (kept.camera, kept.reason, bytes(kept.data)) == (Camera.ROOM, "另一设备登录", b"room")
    assert list(incident.snapshots.all()) == [kept]


# --- the address -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "secure", "why"),
    [
        ("http://127.0.0.1:8000", False, "local"),
        ("http://localhost:8000", False, "local"),
        ("http://192.168.1.7:8000", False, "insecure"),
        ("https://exam.example.org", True, ""),
    ],
)
def test_the_page_knows_whether_a_phone_can_open_the_code(
    settings: Settings, origin: str, secure: bool, why: str
) -> None:
    settings.PUBLIC_ORIGIN, settings.SECURE = origin, secure
    assert phone_links.unreachable() == why


def test_the_waiting_page_offers_the_code_and_says_where_it_cannot_work(settings: Settings) -> None:
    settings.PUBLIC_ORIGIN, settings.SECURE = "http://127.0.0.1:8000", False
    shown = browser_of(room_sitting()).get("/waiting/").content.decode()
    assert "本场考试要求用手机作为第二摄像头" in shown
    assert "本网址只能在这台电脑上打开" in shown
    assert "data-second-camera" not in browser_of(room_sitting("off")).get("/waiting/").content.decode()


def test_where_no_phone_can_open_the_address_no_code_is_shown(settings: Settings) -> None:
    settings.PUBLIC_ORIGIN, settings.SECURE = "http://127.0.0.1:8000", False
    for rule in ("required", "off"):
        shown = browser_of(room_sitting(rule)).get("/waiting/").content.decode()
        assert "手机页面暂时不能使用" in shown
        assert "companion-code" not in shown
        assert "扫描" not in shown.split('id="companion-text"')[1].split("</p>")[0]
