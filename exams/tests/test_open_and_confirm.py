"""sittings.open_for and confirm: the first steps of the way."""

import pytest
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, SittingFactory, minutes

pytestmark = pytest.mark.django_db


def test_an_enrolment_has_one_sitting_however_often_it_is_opened() -> None:
    enrolment = EnrolmentFactory()
    first, second = (sittings.open_for(enrolment, timezone.now()) for _time in range(2))
    assert first == second
    assert Sitting.objects.count() == 1


def test_the_first_confirmation_counts() -> None:
    now = timezone.now()
    sitting = sittings.confirm(SittingFactory(confirmed_at=None), now)
    assert sittings.confirm(sitting, now + minutes(5)).confirmed_at == now
