import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import Candidate
from accounts.tests.factories import CandidateFactory, CredentialFactory

pytestmark = pytest.mark.django_db
LIST = "admin:accounts_candidate_changelist"
FIND = "admin:accounts_candidate_find"


@pytest.fixture
def candidate() -> Candidate:
    made: Candidate = CredentialFactory(candidate=CandidateFactory(id_number="11010519491231002X")).candidate
    return made


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("warden", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def page_of(candidate: Candidate) -> str:
    return reverse("admin:accounts_candidate_change", args=[candidate.pk])


def test_staff_see_masked_numbers_only(candidate: Candidate) -> None:
    client = staff("view_candidate")
    for url in (reverse(LIST), page_of(candidate)):
        page = client.get(url).content.decode()
        assert "110*************2X" in page
        assert candidate.id_number not in page


def test_a_candidate_is_found_by_the_full_number(candidate: Candidate) -> None:
    response = staff("view_candidate").post(reverse(FIND), {"id_number": " 110105194912310０2x"})
    assert response.headers["Location"] == page_of(candidate)


def test_part_of_a_number_finds_nobody(candidate: Candidate) -> None:
    response = staff("view_candidate").post(reverse(FIND), {"id_number": "110105"}, follow=True)
    assert "没有找到" in response.content.decode()


def test_a_number_is_never_looked_for_by_an_address_that_logs_would_keep(candidate: Candidate) -> None:
    assert staff("view_candidate").get(reverse(FIND), {"id_number": candidate.id_number}).status_code == 405


def test_nobody_without_the_permission_finds_anybody(candidate: Candidate) -> None:
    assert staff().post(reverse(FIND), {"id_number": candidate.id_number}).status_code == 403


def test_nothing_is_added_changed_or_deleted_by_hand(candidate: Candidate) -> None:
    client = staff("view_candidate", "add_candidate", "change_candidate", "delete_candidate")
    assert client.get(reverse("admin:accounts_candidate_add")).status_code == 403
    assert client.post(page_of(candidate), {"id_kind": "passport"}).status_code == 403
    assert client.post(reverse("admin:accounts_candidate_delete", args=[candidate.pk])).status_code == 403


def test_unlocking_is_for_those_who_may_and_goes_on_the_record(candidate: Candidate) -> None:
    unlock = reverse("admin:accounts_candidate_unlock", args=[candidate.pk])
    Client().post(reverse("accounts:login"), {"id_number": candidate.id_number, "check_code": "0"})
    client = staff("view_candidate", "unlock_candidate")
    assert unlock in client.get(page_of(candidate)).content.decode()
    client.post(unlock)
    assert not AccessAttempt.objects.exists()
    assert LogEntry.objects.get().object_repr == "110*************2X"


def test_unlocking_is_refused_to_others(candidate: Candidate) -> None:
    client = staff("view_candidate")
    unlock = reverse("admin:accounts_candidate_unlock", args=[candidate.pk])
    assert unlock not in client.get(page_of(candidate)).content.decode()
    assert client.post(unlock).status_code == 403


def test_a_candidate_never_reaches_the_admin(candidate: Candidate, client: Client) -> None:
    client.post(reverse("accounts:login"), {"id_number": candidate.id_number, "check_code": "002X"})
    assert client.get(reverse("admin:index")).status_code == 302
