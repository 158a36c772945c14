"""A browser is named when somebody signs in, keeps its name, and only a digest of it is ever kept."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.devices import COOKIE, device_of
from accounts.tests.factories import CandidateFactory, CredentialFactory

pytestmark = pytest.mark.django_db


def signs_in(browser: Client) -> None:
    candidate = CandidateFactory()
    CredentialFactory(candidate=candidate, secret="1234")
    browser.post("/login/", {"id_number": candidate.id_number, "check_code": "1234"})


def test_a_browser_is_named_at_the_first_sign_in_and_keeps_its_name() -> None:
    browser = Client()
    browser.get("/login/")
    assert COOKIE not in browser.cookies
    signs_in(browser)
    cookie = browser.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert bool(cookie["secure"]) is settings.SESSION_COOKIE_SECURE
    browser.post("/leave/")
    signs_in(browser)
    assert browser.cookies[COOKIE].value == cookie.value


def test_what_is_stored_is_no_cookie() -> None:
    digest = device_of({COOKIE: "a-browser"})
    assert "a-browser" not in digest
    assert digest == device_of({COOKIE: "a-browser"}) != device_of({COOKIE: "another"})
    assert device_of({}) == device_of({COOKIE: ""}) == ""
