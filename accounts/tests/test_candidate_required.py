import json

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.middleware import CandidateMiddleware
from accounts.models import Candidate
from accounts.requests import CandidateRequest, candidate_required
from accounts.tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db


@candidate_required
def page(request: CandidateRequest, name: str = "") -> HttpResponse:
    return HttpResponse(f"{request.candidate.pk} {','.join(request.scopes)} {name}")


@candidate_required
def picture(request: CandidateRequest) -> HttpResponse:
    return HttpResponse(headers={"Cache-Control": "private, max-age=60"})


def seen_by(candidate: Candidate | None, request: HttpRequest) -> HttpRequest:
    request.session = SessionStore()
    if candidate:
        request.session["candidate_id"], request.session["scopes"] = candidate.pk, ["A", "B"]
    CandidateMiddleware(lambda request: HttpResponse())(request)
    return request


def test_a_signed_in_candidate_passes_and_nothing_is_kept(rf: RequestFactory) -> None:
    candidate = CandidateFactory()
    response = page(seen_by(candidate, rf.get("/")), name="x")
    assert response.content.decode() == f"{candidate.pk} A,B x"  # type: ignore[attr-defined]
    assert "no-store" in response["Cache-Control"]


def test_a_page_may_say_itself_how_long_it_is_kept(rf: RequestFactory) -> None:
    assert picture(seen_by(CandidateFactory(), rf.get("/")))["Cache-Control"] == "private, max-age=60"


def test_the_candidate_is_read_at_most_once_and_only_when_used(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    candidate = CandidateFactory()
    with django_assert_num_queries(0):
        request = seen_by(candidate, rf.get("/"))
    with django_assert_num_queries(1):
        page(request)
        page(request)


def test_a_stranger_is_sent_to_sign_in_and_back(rf: RequestFactory) -> None:
    response = page(seen_by(None, rf.get("/waiting/?a=1&b=2")))
    assert response["Location"] == f"{reverse('accounts:login')}?next=%2Fwaiting%2F%3Fa%3D1%26b%3D2"


def test_a_form_of_a_stranger_is_not_gone_back_to(rf: RequestFactory) -> None:
    assert page(seen_by(None, rf.post("/confirm/")))["Location"] == reverse("accounts:login")


def test_a_candidate_who_was_deleted_is_signed_out(rf: RequestFactory) -> None:
    candidate = CandidateFactory()
    request = seen_by(candidate, rf.get("/"))
    Candidate.objects.all().delete()
    assert page(request).status_code == 302


@pytest.mark.parametrize(
    "headers",
    [{"Accept": "application/json"}, {"Accept": "*/*", "Sec-Fetch-Dest": "empty"}],
)
def test_a_script_is_told_in_json(rf: RequestFactory, headers: dict[str, str]) -> None:
    response = page(seen_by(None, rf.get("/exam/status/", headers=headers)))
    assert response.status_code == 401
    assert json.loads(response.content)["error"] == "signed_out"  # type: ignore[attr-defined]


def test_posted_json_is_answered_in_json(rf: RequestFactory) -> None:
    response = page(seen_by(None, rf.post("/exam/responses/", {}, content_type="application/json")))
    assert response.status_code == 401


def test_without_a_cookie_nobody_is_signed_in_and_no_query_is_made(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        request = seen_by(None, rf.get("/"))
    assert (request.candidate, request.scopes) == (None, ())  # type: ignore[attr-defined]
