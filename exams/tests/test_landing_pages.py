"""The pages and files that are open to everybody: ways in, device check, exam client, installable site, way out."""

import plistlib

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from pytest_django import Settings

from exams.models import Exam
from exams.tests.factories import ExamFactory, hours

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHAT = WINDOWS + " MicroMessenger/8.0"


def landing(client: Client, user_agent: str = WINDOWS) -> str:
    return client.get("/", headers={"user-agent": user_agent}).content.decode()


def configuration_of(exam: Exam) -> str:
    return reverse("exams:seb_configuration", args=[exam.seb_token])


@pytest.mark.django_db
def test_on_windows_the_exam_client_comes_first(client: Client) -> None:
    page = landing(client)
    assert page.index("下载考试机") < page.index("用浏览器进入考试")


@pytest.mark.django_db
def test_where_there_is_no_client_the_browser_comes_first_and_the_page_says_why(client: Client) -> None:
    page = landing(client, LINUX)
    assert page.index("用浏览器进入考试") < page.index("下载考试机")
    assert "您的设备（Linux）没有可用的考试机" in page


@pytest.mark.django_db
def test_a_browser_that_does_not_suit_is_warned_of_and_not_recommended(client: Client) -> None:
    phone = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36"
    recommended = '<span class="badge badge--accent">推荐</span>'
    assert recommended in landing(client, phone)
    page = landing(client, phone + " MicroMessenger/8.0")
    assert "当前浏览器不适合考试" in page
    assert recommended not in page
    assert "button--primary" not in page


@pytest.mark.django_db
def test_inside_the_client_only_the_sign_in_is_offered(client: Client) -> None:
    page = landing(client, WINDOWS + " SEB/3.7")
    assert "考试机已就绪" in page
    assert "下载考试机" not in page


@pytest.mark.django_db
def test_a_browser_that_does_not_suit_is_named_before_the_day(client: Client) -> None:
    assert "当前浏览器不适合考试" in landing(client, CHAT)


@pytest.mark.django_db
def test_configurations_are_offered_for_exams_of_today_only(client: Client) -> None:
    opens_at = ExamFactory().opens_at
    soon, later, over = (
        ExamFactory(opens_at=opens_at + hours(shift), closes_at=opens_at + hours(shift + 2)) for shift in (3, 72, -9)
    )
    page = landing(client)
    assert configuration_of(soon) in page
    assert configuration_of(later) not in page
    assert configuration_of(over) not in page


@pytest.mark.django_db
def test_the_clients_scheme_follows_the_public_origin(client: Client, settings: Settings) -> None:
    exam = ExamFactory()
    settings.PUBLIC_ORIGIN = "https://exam.example.org"
    assert f'href="sebs://exam.example.org{configuration_of(exam)}"' in landing(client)
    settings.PUBLIC_ORIGIN = "http://127.0.0.1:8000"
    assert f'href="seb://127.0.0.1:8000{configuration_of(exam)}"' in landing(client)


@pytest.mark.django_db
def test_the_configuration_leads_to_the_sign_in_below_the_public_origin(client: Client, settings: Settings) -> None:
    settings.PUBLIC_ORIGIN = "https://exam.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    exam = ExamFactory(face_rule=Exam.FaceRule.CONTINUOUS, seb_quit_password_hash="ab" * 32)
    response = client.get(configuration_of(exam), headers={"host": "evil.example.com"})
    made = plistlib.loads(response.content)
    assert response["Content-Type"] == "application/seb"
    assert made["startURL"].startswith("https://exam.example.org/login/")
    assert made["quitURL"] == "https://exam.example.org/left/"
    assert made["hashedQuitPassword"] == "ab" * 32
    assert made["browserMediaCaptureCamera"] is True


@pytest.mark.django_db
def test_the_client_may_ask_with_head_first(client: Client) -> None:
    response = client.head(configuration_of(ExamFactory()))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/seb"
    assert response.content == b""


@pytest.mark.django_db
def test_a_guessed_configuration_address_is_not_found(client: Client) -> None:
    ExamFactory()
    assert client.get(reverse("exams:seb_configuration", args=["1"])).status_code == 404


def test_the_manifest_describes_a_full_screen_app(client: Client) -> None:
    response = client.get("/manifest.webmanifest")
    made = response.json()
    assert response["Content-Type"] == "application/manifest+json"
    assert (made["display"], made["start_url"], made["scope"]) == ("fullscreen", "/", "/")
    assert {(icon["sizes"], icon["purpose"]) for icon in made["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("192x192", "maskable"),
        ("512x512", "maskable"),
    }


def test_the_service_worker_covers_the_site_but_keeps_static_files_only(client: Client) -> None:
    response = client.get("/service-worker.js")
    script = response.content.decode()
    assert response["Content-Type"] == "text/javascript"
    assert 'new URL("/static/"' in script
    assert "url.pathname.startsWith(STATIC)" in script
    assert 'const EXAM = "/waiting/";' in script


def test_the_page_that_browsers_keep_for_a_network_that_is_away_holds_nothing_of_anybody(client: Client) -> None:
    response = client.get("/offline/")
    page = response.content.decode()
    assert not response.cookies
    assert "csrf" not in page
    assert "<form" not in page


def test_a_ping_tells_the_servers_time_and_is_never_stored(client: Client) -> None:
    response = client.get("/ping/")
    assert "no-store" in response["Cache-Control"]
    assert parse_datetime(response.json()["server_now"]) is not None


def test_the_device_check_is_open_to_everybody(client: Client) -> None:
    page = client.get("/device-check/", headers={"user-agent": WINDOWS}).content.decode()
    assert "Chrome 131，推荐使用。" in page
    assert 'data-fitness="recommended"' in page


def test_the_way_out_is_a_page_of_its_own(client: Client) -> None:
    assert "您已离开考场" in client.get("/left/").content.decode()


@pytest.mark.parametrize(
    ("code", "sentence"), [("403", "不对您开放"), ("400", "请求无法处理"), ("500", "系统暂时出错")]
)
def test_error_pages_need_no_request(code: str, sentence: str) -> None:
    from django.template.loader import render_to_string

    assert sentence in render_to_string(f"{code}.html")


@pytest.mark.django_db
def test_a_lost_visitor_is_led_back(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "没有找到这个页面" in response.content.decode()
