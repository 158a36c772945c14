"""A page opened over plain http from another machine says that the camera cannot work, and what to do."""

import pytest
from django.test import Client
from pytest_django import Settings

from exams.services.phone_links import is_loopback

SHOWN = "data-insecure-notice >"
HIDDEN = "data-insecure-notice hidden>"


@pytest.fixture(autouse=True)
def _every_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]


def device_check(client: Client, host: str, *, secure: bool = False) -> str:
    return client.get("/device-check/", headers={"host": host}, secure=secure).content.decode()


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_on_the_machine_itself_nothing_is_said(client: Client, host: str) -> None:
    assert HIDDEN in device_check(client, host)


def test_over_https_nothing_is_said(client: Client) -> None:
    assert HIDDEN in device_check(client, "exam.example.org", secure=True)


def test_over_http_from_elsewhere_the_command_is_named(client: Client) -> None:
    page = device_check(client, "192.168.1.20:8000")
    assert SHOWN in page
    assert "make run TLS=self-signed HOST=0.0.0.0" in page


def test_over_http_from_elsewhere_the_https_address_is_named_where_there_is_one(
    client: Client, settings: Settings
) -> None:
    settings.PUBLIC_ORIGIN = "https://exam.example.org"
    settings.SECURE = True
    page = device_check(client, "192.168.1.20:8000")
    assert 'href="https://exam.example.org/device-check/"' in page
    assert "make run" not in page


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.8.0.1", True), ("a.localhost", True), ("10.0.0.1", False), ("", False)]
)
def test_browsers_count_these_hosts_as_the_machine_itself(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
