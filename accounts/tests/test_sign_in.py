from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user, login
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.services import NotNow, Refused
from accounts.tests.factories import CandidateFactory, CredentialFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNKNOWN = "11010519491231002X"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    request = rf.post("/login/")
    request.session, request.user = SessionStore(), AnonymousUser()
    return request


def test_id_and_check_code_sign_in_and_open_their_scope(request_: HttpRequest) -> None:
    candidate = CredentialFactory(scope="A").candidate
    signed_in = services.sign_in(request_, candidate.id_number, candidate.id_number[-4:], now=NOW)
    assert (signed_in.candidate, signed_in.scopes) == (candidate, ("A",))


def test_slips_of_the_keyboard_are_forgiven(request_: HttpRequest) -> None:
    candidate = CandidateFactory(id_number="11010519491231002X")
    CredentialFactory(candidate=candidate)
    assert services.sign_in(request_, "110105 19491231 ００２x", "００２x ", now=NOW).candidate == candidate


def test_one_check_code_opens_every_scope_it_was_given_for(request_: HttpRequest) -> None:
    candidate = CandidateFactory()
    for scope, secret in [("B", "1234"), ("A", "1234"), ("C", "other")]:
        CredentialFactory(candidate=candidate, scope=scope, secret=secret)
    assert services.sign_in(request_, candidate.id_number, "1234", now=NOW).scopes == ("A", "B")


def test_a_wrong_code_and_an_unknown_id_read_the_same(request_: HttpRequest) -> None:
    known = CredentialFactory(secret="1234").candidate
    with pytest.raises(Refused) as wrong_code:
        services.sign_in(request_, known.id_number, "0000", now=NOW)
    with pytest.raises(Refused) as unknown_id:
        services.sign_in(request_, UNKNOWN, "1234", now=NOW)
    assert str(wrong_code.value) == str(unknown_id.value)
    assert wrong_code.value.remaining == unknown_id.value.remaining


def test_a_wrong_code_and_an_unknown_id_cost_the_same_queries(request_: HttpRequest) -> None:
    known = CredentialFactory(secret="1234").candidate
    counts = []
    for number in (known.id_number, UNKNOWN):
        with CaptureQueriesContext(connection) as queries, pytest.raises(Refused):
            services.sign_in(request_, number, "0000", now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_nobody_signs_in_with_somebody_elses_code(request_: HttpRequest) -> None:
    CredentialFactory(secret="1234")
    other = CredentialFactory(secret="5678").candidate
    with pytest.raises(Refused):
        services.sign_in(request_, other.id_number, "1234", now=NOW)


def test_an_empty_code_opens_nothing(request_: HttpRequest) -> None:
    with pytest.raises(Refused):
        services.sign_in(request_, UNKNOWN, "", now=NOW)


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [(NOW + HOUR, NOW + 2 * HOUR, "2030-01-01 18:00"), (NOW - HOUR, NOW, "已结束")],
)
def test_the_right_code_at_the_wrong_time_says_so(
    request_: HttpRequest, opens: datetime, closes: datetime, words: str
) -> None:
    candidate = CredentialFactory(secret="1234", valid_from=opens, valid_until=closes).candidate
    with pytest.raises(NotNow, match=words):
        services.sign_in(request_, candidate.id_number, "1234", now=NOW)
    assert "candidate_id" not in request_.session


def test_the_wrong_code_at_the_wrong_time_says_nothing_of_the_time(request_: HttpRequest) -> None:
    candidate = CredentialFactory(secret="1234", valid_from=NOW + HOUR).candidate
    with pytest.raises(Refused):
        services.sign_in(request_, candidate.id_number, "0000", now=NOW)


def test_signing_in_gives_the_session_a_new_key(request_: HttpRequest) -> None:
    candidate = CredentialFactory(secret="1234").candidate
    request_.session["language"] = "en"
    request_.session.save()
    before = request_.session.session_key
    services.sign_in(request_, candidate.id_number, "1234", now=NOW)
    assert request_.session.session_key != before
    assert request_.session["language"] == "en"


def test_another_candidates_session_is_emptied_first(request_: HttpRequest) -> None:
    for name in ("first", "second"):
        candidate = CredentialFactory(secret="1234").candidate
        services.sign_in(request_, candidate.id_number, "1234", now=NOW)
        assert "mine" not in request_.session
        request_.session["mine"] = name
    assert request_.session["candidate_id"] == candidate.pk


def test_a_staff_user_of_the_same_browser_stays_signed_in(request_: HttpRequest) -> None:
    user = User.objects.create(username="staff", is_staff=True)
    login(request_, user, backend="django.contrib.auth.backends.ModelBackend")
    for _ in range(2):
        candidate = CredentialFactory(secret="1234").candidate
        services.sign_in(request_, candidate.id_number, "1234", now=NOW)
        assert get_user(request_) == user
    services.sign_out(request_)
    assert get_user(request_) == user
    assert "candidate_id" not in request_.session


def test_signing_out_leaves_nothing_of_the_candidate(request_: HttpRequest) -> None:
    candidate = CredentialFactory(secret="1234").candidate
    services.sign_in(request_, candidate.id_number, "1234", now=NOW)
    request_.session["mine"] = 1
    services.sign_out(request_)
    assert request_.session.is_empty()
