"""After a test that commits the database is as the migrations leave it, whatever the test did."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import TransactionTestCase

from exams.tests.factories import SittingFactory
from tests.fixtures import emptying

pytestmark = pytest.mark.django_db(transaction=True)


class Case(TransactionTestCase):
    """What pytest-django makes of a test that commits."""

    __test__ = False

    def runTest(self) -> None:  # noqa: N802 -- unittest's name
        pass


def end_of_a_test() -> None:
    getattr(Case(), emptying.TEARDOWN)()


def test_what_a_test_has_committed_is_gone_and_what_was_made_once_is_not() -> None:
    made = emptying.made_once()
    end_of_a_test()
    staff = get_user_model().objects.create(username="invigilator")
    staff.groups.add(Group.objects.earliest("pk"))
    sitting = SittingFactory.create()
    end_of_a_test()
    assert not get_user_model().objects.exists()
    assert not type(sitting).objects.exists()
    assert all(emptying.made_once())
    assert [len(rows) for rows in emptying.made_once()] == [len(rows) for rows in made]


def test_what_is_made_once_and_was_deleted_is_made_again() -> None:
    end_of_a_test()
    groups = set(Group.objects.values_list("name", flat=True))
    Group.objects.all().delete()
    end_of_a_test()
    assert set(Group.objects.values_list("name", flat=True)) == groups != set()
