"""Addresses of the back office that ask for numbers which no row can have."""

import pytest
from django.test import Client
from django.urls import reverse

from exams.models import Enrolment
from exams.tests.factories import EnrolmentFactory
from proctoring.tests.factories import staff

pytestmark = pytest.mark.django_db
HUGE = [pytest.param("9" * 30, id="more than 64 bits"), pytest.param("9" * 4301, id="more than Python reads")]
LIST = reverse("admin:exams_enrolment_changelist")


@pytest.fixture
def browser() -> Client:
    client = Client()
    user = staff("exams.view_enrolment", "exams.change_enrolment", "proctoring.view_identitycheck")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("number", HUGE)
def test_a_page_of_a_row_is_not_found(browser: Client, number: str) -> None:
    assert browser.get(f"{LIST}{number}/change/").status_code == 404
    assert browser.get(reverse("admin:proctoring_identitycheck_change", args=[number])).status_code == 404


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("name", ["exam", "exam__plan", "exam__id__exact", "id__in"])
def test_a_list_filtered_by_it_is_not_found(browser: Client, number: str, name: str) -> None:
    assert browser.get(LIST, {name: number}).status_code == 404
    assert browser.get(LIST, {name: f"1,{number}"}).status_code in {302, 404}  # 302: without the filter


@pytest.mark.parametrize("key", ["9" * 30, "9" * 4301, "abc"])
def test_a_row_that_cannot_be_is_not_selected(browser: Client, key: str) -> None:
    answer = browser.post(LIST, {"action": "delete_selected", "_selected_action": key})
    assert answer.status_code == 404


def test_account_numbers_of_any_length_can_be_searched_for(browser: Client) -> None:
    enrolment = EnrolmentFactory(account_number="9" * 30)
    shown = browser.get(LIST, {"q": enrolment.account_number})
    assert list(shown.context["cl"].result_list) == [enrolment]
    assert browser.get(LIST, {"exam__id__exact": enrolment.exam_id}).status_code == 200
    assert Enrolment.objects.count() == 1


def test_strangers_are_asked_to_sign_in_first() -> None:
    assert Client().get(f"{LIST}{'9' * 4301}/change/").status_code == 302
