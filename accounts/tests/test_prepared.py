"""A prepared query gives what the query itself gives, with whatever values."""

import pytest
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from accounts.models import Credential
from accounts.prepared import Prepared
from accounts.tests.factories import CandidateFactory, CredentialFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

OF_SCOPES = Prepared(
    lambda candidate, scopes: (
        Credential.objects.filter(candidate_id=candidate, scope__in=scopes)
        .select_related("candidate")
        .annotate(answer=Value(42))
        .order_by("scope")
    )
)


def test_it_finds_the_same_rows_with_all_that_belongs_to_them() -> None:
    candidate, other = CandidateFactory(), CandidateFactory()
    for scope in ("A", "B", "C"):
        CredentialFactory(candidate=candidate, scope=scope)
    CredentialFactory(candidate=other, scope="A")
    for owner, scopes in ((candidate, ["A", "C"]), (other, ["A"]), (candidate, ["B", "X"])):
        known = list(Credential.objects.filter(candidate=owner, scope__in=scopes).order_by("scope"))
        with CaptureQueriesContext(connection) as queries:
            found = OF_SCOPES.all(owner.pk, scopes)
            assert [each.candidate.id_number for each in found] == [owner.id_number] * len(known)
        assert len(queries) == 1
        assert found == known
        assert [vars(each)["valid_from"] for each in found] == [each.valid_from for each in known]
        assert {vars(each)["answer"] for each in found} == {42}


def test_one_of_nothing_is_nothing() -> None:
    assert OF_SCOPES.all(1, []) == []
    assert OF_SCOPES.first(1, []) is None


def test_a_value_that_the_query_changes_is_refused_when_it_is_put_together() -> None:
    changed: Prepared[Credential] = Prepared(lambda scope: Credential.objects.filter(scope__startswith=scope))
    with pytest.raises(ValueError, match="as it was given"):
        changed.all("A")


def test_numbers_can_stand_for_in_too() -> None:
    of_numbers: Prepared[Credential] = Prepared(
        lambda numbers: Credential.objects.filter(pk__in=numbers).order_by("pk")
    )
    made = [CredentialFactory() for _ in range(3)]
    assert of_numbers.all([made[2].pk, made[0].pk]) == [made[0], made[2]]
    assert of_numbers.all([made[1].pk]) == [made[1]]


def test_rows_of_values_stay_rows() -> None:
    scopes = Prepared(
        lambda candidate: Credential.objects.filter(candidate_id=candidate).values_list("scope", "valid_from")
    )
    one = CredentialFactory(scope="A")
    CredentialFactory(scope="A")
    for _ in range(3):  # plainly, then planned
        assert scopes.all(one.candidate_id) == [("A", one.valid_from)]
    assert scopes.first(0) is None
