"""Several invigilators in one room: who handles whom, for how long, and what the others are asked."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.models import Sitting
from exams.tests.factories import SittingFactory, minutes
from proctoring.models import Claim
from proctoring.services import claims

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitting() -> Sitting:
    sitting: Sitting = SittingFactory(begun=True)
    return sitting


@pytest.fixture
def zhang() -> User:
    return User.objects.create_user("zhang", first_name="张老师")


@pytest.fixture
def li() -> User:
    return User.objects.create_user("li")


def test_one_handles_a_candidate_and_the_other_is_told_who(sitting: Sitting, zhang: User, li: User) -> None:
    now = timezone.now()
    claims.claim(sitting, by=zhang, now=now)
    with pytest.raises(claims.Handled, match="张老师"):
        claims.claim(sitting, by=li, now=now)
    assert claims.of_another(sitting, zhang, now) is None
    assert claims.of_another(sitting, li, now).by == zhang  # type: ignore[union-attr]


def test_claiming_again_changes_nothing(sitting: Sitting, zhang: User) -> None:
    now = timezone.now()
    first = claims.claim(sitting, by=zhang, now=now)
    assert claims.claim(sitting, by=zhang, now=now + timedelta(seconds=30)) == first
    assert Claim.objects.count() == 1


def test_who_says_so_takes_over_and_both_claims_are_on_record(sitting: Sitting, zhang: User, li: User) -> None:
    now = timezone.now()
    claims.claim(sitting, by=zhang, now=now)
    claims.claim(sitting, by=li, now=now + minutes(1), despite=True)
    assert [(one.by, one.ended_at is None) for one in Claim.objects.order_by("pk")] == [(zhang, False), (li, True)]


def test_a_claim_ends_by_hand(sitting: Sitting, zhang: User, li: User) -> None:
    now = timezone.now()
    claims.claim(sitting, by=zhang, now=now)
    assert not claims.release(sitting, by=li, now=now)
    assert claims.release(sitting, by=zhang, now=now)
    assert claims.current(sitting, now) is None


def test_a_claim_of_which_nothing_is_heard_ends_by_itself(sitting: Sitting, zhang: User, li: User) -> None:
    now = timezone.now()
    claims.claim(sitting, by=zhang, now=now)
    later = now + claims.SILENCE
    assert claims.current(sitting, later) is None
    assert claims.claim(sitting, by=li, now=later).by_id == li.pk


def test_a_sign_of_life_keeps_it_up_but_not_that_of_somebody_else(sitting: Sitting, zhang: User, li: User) -> None:
    now = timezone.now()
    claims.claim(sitting, by=zhang, now=now)
    claims.keep_up(sitting, by=li, now=now + minutes(4))
    assert claims.current(sitting, now + minutes(6)) is None
    claims.keep_up(sitting, by=zhang, now=now + minutes(4))
    assert claims.current(sitting, now + minutes(6)) is not None
