from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from redis import RedisError

from accounts import services, throttle
from accounts.models import Candidate
from accounts.services import LockedOut, Refused
from accounts.tests.factories import CredentialFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 1, 9, tzinfo=UTC)
LIMIT = settings.AXES_FAILURE_LIMIT


@pytest.fixture
def candidate() -> Candidate:
    made: Candidate = CredentialFactory(secret="1234").candidate
    return made


def attempt(client: Client, candidate: Candidate, code: str, **extra: str) -> int:
    data = {"id_number": candidate.id_number, "check_code": code}
    return client.post(reverse("accounts:login"), data, **extra).status_code  # type: ignore[arg-type]


def guess(request: HttpRequest, candidate: Candidate, now: datetime) -> int:
    with throttle.attempt(request, throttle.key_of(candidate.id_number), now=now) as wrong:
        pass
    return wrong.remaining


def lock(client: Client, candidate: Candidate) -> None:
    for _ in range(LIMIT):
        attempt(client, candidate, "0000")


def axes_tables() -> str:
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            if table.startswith("axes_"):
                cursor.execute(f"SELECT * FROM {table}")
                rows += cursor.fetchall()
    return repr(rows)


def test_the_last_attempt_of_the_limit_locks(client: Client, candidate: Candidate) -> None:
    assert [attempt(client, candidate, "0000") for _ in range(LIMIT)] == [200] * (LIMIT - 1) + [429]


def test_a_locked_candidate_is_not_let_in_even_with_the_right_code(client: Client, candidate: Candidate) -> None:
    lock(client, candidate)
    assert attempt(client, candidate, "1234") == 429


def test_the_last_attempt_may_be_the_right_one(client: Client, candidate: Candidate) -> None:
    for _ in range(LIMIT - 1):
        attempt(client, candidate, "0000")
    assert attempt(client, candidate, "1234") == 302


def test_signing_in_clears_the_count(client: Client, candidate: Candidate) -> None:
    attempt(client, candidate, "0000")
    attempt(client, candidate, "1234")
    assert not AccessAttempt.objects.exists()


def test_others_behind_the_same_address_are_not_locked(client: Client, candidate: Candidate) -> None:
    lock(client, candidate)
    assert attempt(client, CredentialFactory(secret="1234").candidate, "1234") == 302


def test_the_same_candidate_can_go_to_another_address(client: Client, candidate: Candidate) -> None:
    lock(client, candidate)
    assert attempt(client, candidate, "1234", REMOTE_ADDR="10.0.0.9") == 302


def test_another_browser_of_the_same_address_stays_locked(client: Client, candidate: Candidate) -> None:
    lock(client, candidate)
    assert attempt(Client(), candidate, "1234", HTTP_USER_AGENT="another") == 429


def test_a_forwarding_header_does_not_make_a_new_address(client: Client, candidate: Candidate) -> None:
    lock(client, candidate)
    assert attempt(client, candidate, "1234", HTTP_X_FORWARDED_FOR="203.0.113.7") == 429


def test_an_unknown_id_is_locked_like_a_known_one(client: Client) -> None:
    data = {"id_number": "11010519491231002X", "check_code": "0000"}
    codes = [client.post(reverse("accounts:login"), data).status_code for _ in range(LIMIT + 1)]
    assert codes == [200] * (LIMIT - 1) + [429, 429]


def test_trying_while_locked_does_not_make_it_longer(rf: RequestFactory, candidate: Candidate) -> None:
    request = rf.post("/login/")
    minutes = []
    for minute in (0, 0, 0, 0, 0, 5, 14):
        now = NOW + timedelta(minutes=minute)
        with time_machine.travel(now, tick=False), pytest.raises((LockedOut, Refused)) as refused:
            services.sign_in(request, candidate.id_number, "0000", now=now)
        minutes.append(getattr(refused.value, "minutes", None))
    assert minutes == [None, None, None, None, 15, 10, 1]


def test_the_lock_ends_by_itself(rf: RequestFactory, candidate: Candidate) -> None:
    request = rf.post("/login/")
    with time_machine.travel(NOW, tick=False):
        for _ in range(LIMIT):
            guess(request, candidate, NOW)
    later = NOW + timedelta(minutes=15, seconds=1)
    with time_machine.travel(later, tick=False):
        assert guess(request, candidate, later) == LIMIT - 1


def test_guesses_sent_side_by_side_get_no_more_than_the_limit(rf: RequestFactory, candidate: Candidate) -> None:
    """The first one is still being looked at; each of the others is counted before that, with the first one."""
    request, key = rf.post("/login/"), throttle.key_of(candidate.id_number)
    with time_machine.travel(NOW, tick=False):
        with throttle.attempt(request, key, now=NOW) as first:
            assert [guess(request, candidate, NOW) for _ in range(LIMIT - 1)] == [3, 2, 1, 0]
            with pytest.raises(throttle.TooManyAttempts):
                guess(request, candidate, NOW)
            first.is_right = True
        assert AccessAttempt.objects.get().failures_since_start == LIMIT
        with pytest.raises(LockedOut):
            services.sign_in(request, candidate.id_number, "1234", now=NOW)


def test_who_is_right_at_once_costs_axes_no_writing(
    client: Client, candidate: Candidate, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(9):
        assert attempt(client, candidate, "1234") == 302
    assert not AccessAttempt.objects.exists()


def test_without_the_cache_each_is_counted_first(
    client: Client, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for act in ("add", "get", "set", "delete"):
        monkeypatch.setattr(cache, act, Mock(side_effect=RedisError))
    for _ in range(LIMIT - 1):
        attempt(client, candidate, "0000")
    assert attempt(client, candidate, "1234") == 302
    assert not AccessAttempt.objects.exists()


def test_staff_can_unlock_a_candidate_everywhere(client: Client, candidate: Candidate) -> None:
    lock(client, candidate)
    services.unlock(candidate)
    assert attempt(client, candidate, "1234") == 302


def test_axes_keeps_no_id_and_no_check_code(client: Client, candidate: Candidate) -> None:
    data = {"id_number": candidate.id_number, "check_code": "secret-code", "next": f"/?q={candidate.id_number}"}
    client.post(f"{reverse('accounts:login')}?next=/?q={candidate.id_number}", data)
    assert AccessAttempt.objects.count() == 1
    assert candidate.id_number not in axes_tables()
    assert "secret-code" not in axes_tables()


def test_axes_keeps_no_id_that_was_typed_into_the_staff_login(client: Client, candidate: Candidate) -> None:
    data = {"username": candidate.id_number, "password": "secret-code", "next": f"/admin/?q={candidate.id_number}"}
    client.post(f"{reverse('admin:login')}?next=/admin/?q={candidate.id_number}", data)
    assert AccessAttempt.objects.count() == 1
    assert candidate.id_number not in axes_tables()
    assert "secret-code" not in axes_tables()


def test_a_member_of_staff_is_locked_out_with_the_minutes_to_wait(client: Client) -> None:
    User.objects.create_user("warden", password="right-password", is_staff=True)
    data = {"username": "warden", "password": "wrong"}
    for _ in range(LIMIT):
        response = client.post(reverse("admin:login"), data)
    assert response.status_code == 429
    assert "请在15分钟后再试" in response.content.decode()
    assert client.post(reverse("admin:login"), data | {"password": "right-password"}).status_code == 429


def test_a_member_of_staff_who_signs_in_is_counted_from_zero_again(client: Client) -> None:
    User.objects.create_user("warden", password="right-password", is_staff=True)
    client.post(reverse("admin:login"), {"username": "warden", "password": "wrong"})
    client.post(reverse("admin:login"), {"username": "warden", "password": "right-password"})
    assert not AccessAttempt.objects.exists()
    assert AccessLog.objects.get().username == "warden"


@pytest.mark.parametrize(
    ("remote", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("", None),
    ],
)
def test_addresses_are_counted_as_their_holders_have_them(rf: RequestFactory, remote: str, counted: str | None) -> None:
    request: HttpRequest = rf.get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert throttle.client_address(request) == counted
