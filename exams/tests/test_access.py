"""access: candidates reach their own sitting and no other one."""

from typing import cast

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from accounts.requests import CandidateRequest
from accounts.tests.factories import CandidateFactory
from exams import access
from exams.models import Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory, hours

pytestmark = pytest.mark.django_db


def request_of(sitting: Sitting, **session: object) -> CandidateRequest:
    """Return a request as the middleware leaves it, of the sitting's candidate unless told otherwise."""
    request = cast(CandidateRequest, RequestFactory().get("/"))
    own = {
        "candidate_id": sitting.enrolment.candidate_id,
        "scopes": [sitting.enrolment.exam.plan.code],
        "sitting_id": sitting.pk,
    }
    request.session = cast(SessionBase, SessionStore())
    request.session.update(own | session)
    request.candidate = sitting.enrolment.candidate
    request.scopes = tuple(request.session["scopes"])
    return request


READERS = [access.sitting_of, access.timed_sitting_of, access.answering_sitting_of]


@pytest.mark.parametrize("read", READERS)
def test_candidates_reach_their_own_sitting(read: object) -> None:
    sitting = SittingFactory(begun=True)
    assert read(request_of(sitting)) == sitting  # type: ignore[operator]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("wrong", [{"sitting_id": None}, {"scopes": []}, {"scopes": ["OTHER"]}, {"candidate_id": None}])
def test_what_the_session_does_not_open_is_not_reached(read: object, wrong: dict[str, object]) -> None:
    with pytest.raises(access.NoSitting):
        read(request_of(SittingFactory(), **wrong))  # type: ignore[operator]


@pytest.mark.parametrize("read", READERS)
def test_the_sitting_of_another_candidate_is_not_reached(read: object) -> None:
    sitting = SittingFactory()
    with pytest.raises(access.NoSitting):
        read(request_of(sitting, candidate_id=CandidateFactory().pk))  # type: ignore[operator]


def test_a_socket_reaches_what_its_session_opens() -> None:
    sitting = SittingFactory()
    session = request_of(sitting).session
    assert access.sitting_of_session(session, {}) == sitting
    session["scopes"] = []
    assert access.sitting_of_session(session, {}) is None


def test_a_timed_sitting_knows_when_it_was_read() -> None:
    sitting = access.timed_sitting_of(request_of(SittingFactory()))
    assert abs(access.moment_of(sitting) - timezone.now()) < hours(0.01)


def test_candidates_see_their_enrolments_in_the_plans_that_their_code_opened() -> None:
    sitting = SittingFactory()
    EnrolmentFactory(candidate=sitting.enrolment.candidate)  # in another plan
    assert access.enrolments_of(request_of(sitting), timezone.now()) == [sitting.enrolment]


def test_the_enrolments_of_others_are_not_listed() -> None:
    sitting = SittingFactory()
    EnrolmentFactory(exam=sitting.enrolment.exam)
    assert access.enrolments_of(request_of(sitting), timezone.now()) == [sitting.enrolment]


def test_enrolments_come_in_the_order_of_their_exams() -> None:
    sitting = SittingFactory()
    earlier = ExamFactory(plan=sitting.enrolment.exam.plan, opens_at=timezone.now() - hours(3))
    first = EnrolmentFactory(candidate=sitting.enrolment.candidate, exam=earlier)
    assert access.enrolments_of(request_of(sitting), timezone.now()) == [first, sitting.enrolment]


def test_an_exam_is_listed_until_a_day_after_its_close() -> None:
    sitting = SittingFactory()
    closes_at = sitting.enrolment.exam.closes_at
    assert access.enrolments_of(request_of(sitting), closes_at + hours(23))
    assert not access.enrolments_of(request_of(sitting), closes_at + hours(25))


def test_a_sitting_that_still_lasts_is_listed_however_late_it_is() -> None:
    sitting = sittings.pause(SittingFactory(begun=True), "停电", timezone.now())
    assert access.enrolments_of(request_of(sitting), sitting.enrolment.exam.closes_at + hours(99))


def test_staff_with_the_permission_reach_any_sitting() -> None:
    sitting = SittingFactory()
    user = User.objects.create_user("invigilator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_sitting"))
    assert access.staff_sitting(User.objects.get(pk=user.pk), sitting.pk) == sitting


@pytest.mark.parametrize(
    "who", [{"is_staff": True}, {"is_superuser": True}, {"is_superuser": True, "is_active": False}]
)
def test_other_users_reach_none(who: dict[str, bool]) -> None:
    user = User.objects.create_user("somebody", **who)  # type: ignore[arg-type]
    with pytest.raises(access.NoSitting):
        access.staff_sitting(user, SittingFactory().pk)


def test_nobody_reaches_none() -> None:
    with pytest.raises(access.NoSitting):
        access.staff_sitting(AnonymousUser(), SittingFactory().pk)
