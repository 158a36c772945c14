"""What every page tells the browser, whoever it is for."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
PAGES = ["/", "/login/", "/device-check/", "/left/", "/admin/login/", "/nowhere/"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_bounds_what_a_script_may_do(page: str) -> None:
    headers = Client().get(page).headers
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "script-src 'self';" in headers["Content-Security-Policy"] + ";"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
