"""What stands of an incident after one or two people have judged it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.domain.lifecycle import Review
from exams.models import Exam, Result
from exams.services import sittings
from proctoring.domain.reviewing import Standing, standing
from proctoring.models import Incident, Intervention
from proctoring.services import incidents, interventions, reviews
from proctoring.tests.factories import passed_sitting, staff

NOW = timezone.now()

OPEN, CONFIRMED, DISMISSED = Review.OPEN, Review.CONFIRMED, Review.DISMISSED


@pytest.mark.parametrize("review", Review)
def test_one_review_stands_where_the_exam_wants_no_second(review: Review) -> None:
    assert standing(review, OPEN, wants_second=False) == review.value
    assert standing(review, CONFIRMED, wants_second=False) == review.value  # the rule was changed meanwhile


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (OPEN, OPEN, Standing.OPEN),
        (DISMISSED, OPEN, Standing.AWAITING_SECOND),
        (CONFIRMED, OPEN, Standing.AWAITING_SECOND),
        (DISMISSED, DISMISSED, Standing.DISMISSED),
        (CONFIRMED, CONFIRMED, Standing.CONFIRMED),
        (DISMISSED, CONFIRMED, Standing.DISPUTED),
        (CONFIRMED, DISMISSED, Standing.DISPUTED),
    ],
)
def test_two_must_agree_where_it_does(first: Review, second: Review, stands: Standing) -> None:
    assert standing(first, second, wants_second=True) is stands


# --- on the record ---------------------------------------------------------------------------------------------------


@pytest.fixture
def incident() -> Incident:
    """A stranger who lasted, in an exam that wants two people; the paper is handed in."""
    sitting = passed_sitting(exam__second_review=True)
    incident = incidents.open_or_extend(
        sitting, Incident.Kind.NOT_THE_PERSON, severity="serious", began_at=NOW, detail={"confirmed": True}
    )
    sittings.submit(sitting, "candidate", NOW)
    return incident


def validity(incident: Incident) -> tuple[str, str]:
    result = Result.objects.get(sitting=incident.sitting)
    return result.validity, result.validity_reason


def words(by: User) -> dict[str, Any]:
    return {"by": by, "reason": "看过图片", "now": NOW}


@pytest.mark.django_db
def test_a_result_waits_until_the_second_person_agrees(incident: Incident) -> None:
    reviews.review_incident(incident, outcome="dismissed", **words(staff()))
    assert validity(incident) == ("pending_review", "身份异常待第二人复审")
    reviews.review_again(incident, outcome="dismissed", **words(staff()))
    assert validity(incident)[0] == "valid"
    kinds = set(Intervention.objects.values_list("kind", flat=True))
    assert kinds == {"review_incident", "review_again"}


@pytest.mark.django_db
def test_two_who_differ_leave_it_to_a_decision(incident: Incident) -> None:
    reviews.review_incident(incident, outcome="dismissed", **words(staff()))
    reviews.review_again(incident, outcome="confirmed", **words(staff()))
    assert validity(incident) == ("pending_review", "身份异常的两次审核意见不一致，待裁定")


@pytest.mark.django_db
def test_nobody_is_their_own_second_person(incident: Incident) -> None:
    by = staff()
    reviews.review_incident(incident, outcome="dismissed", **words(by))
    with pytest.raises(reviews.SamePerson):
        reviews.review_again(incident, outcome="dismissed", **words(by))


@pytest.mark.django_db
def test_a_second_review_needs_a_first_and_an_exam_that_wants_it(incident: Incident) -> None:
    with pytest.raises(reviews.NoSecondReview):
        reviews.review_again(incident, outcome="dismissed", **words(staff()))
    reviews.review_incident(incident, outcome="dismissed", **words(staff()))
    Exam.objects.update(second_review=False)
    with pytest.raises(reviews.NoSecondReview):
        reviews.review_again(incident, outcome="dismissed", **words(staff()))


@pytest.mark.django_db
def test_a_first_review_that_changes_asks_for_a_second_again(incident: Incident) -> None:
    reviews.review_incident(incident, outcome="dismissed", **words(staff()))
    reviews.review_again(incident, outcome="dismissed", **words(staff()))
    reviews.review_incident(incident, outcome="confirmed", **words(staff()))
    assert Incident.objects.get(pk=incident.pk).standing is Standing.AWAITING_SECOND
    assert validity(incident)[0] == "pending_review"


@pytest.mark.django_db
def test_what_has_been_judged_anew_meanwhile_is_not_judged_as_it_was(incident: Incident) -> None:
    reviews.review_incident(incident, outcome="confirmed", **words(staff()))
    with pytest.raises(interventions.NothingToDo):
        reviews.review_again(incident, outcome="dismissed", seen="dismissed", **words(staff()))


@pytest.mark.django_db
def test_a_stranger_whom_a_person_confirms_holds_the_result_back_however_short_it_was() -> None:
    sitting, by = passed_sitting(), staff()
    short = incidents.open_or_extend(sitting, Incident.Kind.NOT_THE_PERSON, severity="serious", began_at=NOW)
    sittings.submit(sitting, "candidate", NOW)
    assert validity(short)[0] == "valid"
    reviews.review_incident(short, outcome=CONFIRMED, by=by, reason="不是本人", now=NOW)
    assert validity(short)[0] == "pending_review"
    reviews.review_incident(short, outcome=DISMISSED, by=by, reason="看错了", now=NOW)
    assert validity(short)[0] == "valid"
