from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Candidate
from accounts.tests.factories import CandidateFactory, CredentialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def login_url() -> str:
    return reverse("accounts:login")


@pytest.fixture
def candidate() -> Candidate:
    made: Candidate = CredentialFactory(secret="1234").candidate
    return made


def test_the_login_page_asks_for_both_and_is_not_kept_by_browsers(client: Client, login_url: str) -> None:
    response = client.get(login_url)
    page = response.content.decode()
    assert "考生标识" in page
    assert "校验码" in page
    assert "no-store" in response["Cache-Control"]


def test_signing_in_goes_on_to_the_next_step(client: Client, login_url: str, candidate: Candidate) -> None:
    response = client.post(login_url, {"id_number": candidate.id_number, "check_code": "1234"})
    assert response.headers["Location"] == reverse(settings.SIGNED_IN_URL)


@pytest.mark.parametrize(
    ("wanted", "goes_there"),
    [
        ("/waiting/?a=1", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("javascript:alert(1)", False),
        ("waiting", False),
    ],
)
def test_only_a_local_path_is_gone_back_to(
    client: Client, login_url: str, candidate: Candidate, wanted: str, goes_there: bool
) -> None:
    data = {"id_number": candidate.id_number, "check_code": "1234", "next": wanted}
    location = client.post(login_url, data).headers["Location"]
    assert location == (wanted if goes_there else reverse(settings.SIGNED_IN_URL))


def test_the_way_back_survives_a_wrong_code(client: Client, login_url: str, candidate: Candidate) -> None:
    response = client.post(login_url, {"id_number": candidate.id_number, "check_code": "0", "next": "/waiting/"})
    assert '<input type="hidden" name="next" value="/waiting/">' in response.content.decode()


def test_a_wrong_code_is_answered_once_with_focus_and_without_the_code(
    client: Client, login_url: str, candidate: Candidate
) -> None:
    page = client.post(login_url, {"id_number": candidate.id_number, "check_code": "wrong-code"}).content.decode()
    assert page.count("考生标识或校验码不正确") == 1
    assert 'role="alert" tabindex="-1" autofocus' in page
    assert "wrong-code" not in page


def test_what_is_missing_is_said_beside_its_field_and_counts_as_no_attempt(client: Client, login_url: str) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        response = client.post(login_url, {"id_number": " \u200b ", "check_code": ""})
    page = response.content.decode()
    assert response.status_code == 200
    assert "请输入考生标识。" in page
    assert "请输入校验码。" in page


def test_the_last_attempts_are_announced(client: Client, login_url: str, candidate: Candidate) -> None:
    pages = [
        client.post(login_url, {"id_number": candidate.id_number, "check_code": "0"}).content.decode() for _ in range(4)
    ]
    assert ["还可尝试" in page for page in pages] == [False, False, True, True]
    assert "还可尝试1次" in pages[-1]


def test_a_locked_out_candidate_is_told_how_long(client: Client, login_url: str, candidate: Candidate) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = client.post(login_url, {"id_number": candidate.id_number, "check_code": "0"})
    assert "请在15分钟后再试" in response.content.decode()
    assert response.headers["Retry-After"] == "900"


def test_whoever_is_signed_in_sees_only_their_masked_number(client: Client, login_url: str) -> None:
    candidate = CandidateFactory(id_number="11010519491231002X")
    CredentialFactory(candidate=candidate)
    client.post(login_url, {"id_number": candidate.id_number, "check_code": "002X"})
    page = client.get(login_url).content.decode()
    assert "110*************2X" in page
    assert candidate.id_number not in page
    assert reverse(settings.SIGNED_IN_URL) in page


def test_leaving_signs_out_and_goes_to_the_last_page(client: Client, login_url: str, candidate: Candidate) -> None:
    client.post(login_url, {"id_number": candidate.id_number, "check_code": "1234"})
    response = client.post(reverse("accounts:leave"))
    assert response.headers["Location"] == reverse(settings.SIGNED_OUT_URL)
    assert "candidate_id" not in client.session


def test_the_next_person_can_be_let_in_from_the_login_page(
    client: Client, login_url: str, candidate: Candidate
) -> None:
    client.post(login_url, {"id_number": candidate.id_number, "check_code": "1234"})
    response = client.post(reverse("accounts:leave"), {"next": login_url})
    assert response.headers["Location"] == login_url
    assert "您已登录" not in client.get(login_url).content.decode()


def test_leaving_takes_a_deliberate_click(client: Client) -> None:
    assert client.get(reverse("accounts:leave")).status_code == 405


def test_a_form_from_another_site_signs_nobody_out(candidate: Candidate) -> None:
    assert Client(enforce_csrf_checks=True).post(reverse("accounts:leave")).status_code == 403


def test_the_page_speaks_english_on_request(client: Client, login_url: str) -> None:
    assert '<html lang="en">' in client.get(login_url, headers={"Accept-Language": "en"}).content.decode()


def test_a_code_given_by_the_organizer_signs_in_whatever_its_case(client: Client, login_url: str) -> None:
    candidate = CredentialFactory(secret="Blue-Whale 7").candidate
    response = client.post(login_url, {"id_number": candidate.id_number, "check_code": "bluewhale7"})
    assert response.status_code == 302
    assert services.find(candidate.id_number) == candidate


# --- a script that posts the form: the open paper, when a session has run out ----------------------------------------


def post_by_script(client: Client, url: str, **fields: str) -> Any:
    return client.post(url, fields, headers={"Accept": "application/json"})


def test_a_script_that_signs_in_is_told_so_and_a_new_csrf_token_comes_along(
    client: Client, login_url: str, candidate: Candidate
) -> None:
    response = post_by_script(client, login_url, id_number=candidate.id_number, check_code="1234")
    assert response.json() == {"next": reverse(settings.SIGNED_IN_URL)}
    assert client.session["candidate_id"] == candidate.pk
    assert response.cookies["csrftoken"].value


def test_a_script_is_refused_in_the_words_of_the_page_and_by_the_same_limit(
    client: Client, login_url: str, candidate: Candidate
) -> None:
    refused = [
        post_by_script(client, login_url, id_number=candidate.id_number, check_code="0000")
        for _attempt in range(settings.AXES_FAILURE_LIMIT + 1)
    ]
    assert refused[0].status_code == 422
    assert refused[0].json()["message"] == "考生标识或校验码不正确，请核对后重新输入。"
    assert refused[-1].status_code == 429
    assert refused[-1]["Retry-After"]
    assert post_by_script(client, login_url, id_number="").json()["message"] == "请补全登录信息。"


def test_a_script_that_signs_out_is_told_where_to_go(client: Client, login_url: str, candidate: Candidate) -> None:
    post_by_script(client, login_url, id_number=candidate.id_number, check_code="1234")
    assert post_by_script(client, reverse("accounts:leave")).json() == {"next": reverse(settings.SIGNED_OUT_URL)}
    assert "candidate_id" not in client.session
