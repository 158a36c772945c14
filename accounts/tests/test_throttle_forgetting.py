"""What the counting of sign-ins remembers, when the mark, the cache or the order of things says otherwise."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import throttle
from accounts.models import Candidate
from accounts.tests.factories import CredentialFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
LIMIT = 5


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def candidate() -> Candidate:
    return CredentialFactory(secret="1234").candidate  # type: ignore[no-any-return]


def types(client: Client, candidate: Candidate, code: str) -> int:
    data = {"id_number": candidate.id_number, "check_code": code}
    return client.post(reverse("accounts:login"), data).status_code


def test_a_right_sign_in_forgives_also_when_the_mark_has_run_out(client: Client, candidate: Candidate) -> None:
    """Mark: 15 minutes from the first slip; the counted slips: 15 minutes from the last one."""
    start = datetime.now(UTC)
    with time_machine.travel(start) as clock:
        types(client, candidate, "0000")
        for later in (14, 14.2, 14.4):
            clock.move_to(start + timedelta(minutes=later))
            types(client, candidate, "0000")
        clock.move_to(start + timedelta(minutes=15, seconds=5))
        assert types(client, candidate, "1234") == 302
        assert not AccessAttempt.objects.exists(), "who was right has a clean slate, as before 46fae99"


def test_a_right_sign_in_forgives_also_when_the_cache_has_forgotten(client: Client, candidate: Candidate) -> None:
    for _ in range(LIMIT - 1):
        types(client, candidate, "0000")
    cache.clear()  # Redis restarted, or another server process without Redis
    assert types(client, candidate, "1234") == 302
    other = Client()
    assert types(other, candidate, "0000") == 200, "one slip, and not the fifth"
    assert types(Client(), candidate, "1234") == 302


def test_no_sixth_guess_while_the_first_one_ends(rf: RequestFactory, candidate: Candidate, monkeypatch: Any) -> None:
    """One that is counted while the first is looked at, and looks at the mark when the first is done."""
    key, looked = throttle.key_of(candidate.id_number), []
    first = throttle.attempt(rf.post("/login/"), key, now=NOW)
    original = AxesProxyHandler.user_login_failed.__func__

    def guess() -> None:
        with throttle.attempt(rf.post("/login/"), key, now=NOW):
            looked.append(1)

    with time_machine.travel(NOW, tick=False):
        first.__enter__()
        looked.append(1)
        for _ in range(LIMIT - 2):
            guess()

        overtaken: list[int] = []

        def slow(cls: Any, *args: Any, **kwargs: Any) -> None:
            original(cls, *args, **kwargs)
            overtaken.append(1)
            if len(overtaken) == 1:  # A has been counted (4th), now B comes and is counted (5th) ...
                guess()
            elif len(overtaken) == 2:  # ... and before either asks the mark, the first one is done
                with _swallow():
                    first.__exit__(None, None, None)

        monkeypatch.setattr(AxesProxyHandler, "user_login_failed", classmethod(slow))
        with _swallow():
            guess()
    assert len(looked) <= LIMIT, f"{len(looked)} codes were looked at"


def _swallow() -> Any:
    return suppress(throttle.TooManyAttempts)


def of_last_year(candidate: Candidate) -> None:
    """Give the code 9876, which was good before."""
    CredentialFactory(candidate=candidate, scope="OLD", secret="9876", valid_from=NOW - timedelta(1), valid_until=NOW)


def test_a_code_of_another_time_neither_counts_nor_forgives(client: Client, candidate: Candidate) -> None:
    of_last_year(candidate)
    assert types(client, candidate, "9876") == 200
    assert not AccessAttempt.objects.exists()
    for _ in range(LIMIT - 1):
        types(client, candidate, "0000")
        types(client, candidate, "9876")
    assert AccessAttempt.objects.get().failures_since_start == LIMIT - 1
    assert types(client, candidate, "0000") == 429


def test_other_browsers_make_no_room_for_guesses(candidate: Candidate) -> None:
    CredentialFactory(
        candidate=candidate, scope="OLD", secret="9876", valid_from=NOW - timedelta(days=1), valid_until=NOW
    )
    browsers = [Client(headers={"user-agent": name}) for name in "abcdef"]
    answers = [types(browser, candidate, code) for browser in browsers for code in ("0000", "9876")]
    assert answers[: 2 * (LIMIT - 1)] == [200] * 2 * (LIMIT - 1)
    assert set(answers[2 * (LIMIT - 1) :]) == {429}
