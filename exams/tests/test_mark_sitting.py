"""marks: every question has its mark, the result is their sum, and whether it counts is said apart."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation
from django.utils.translation import gettext

from exams import seams
from exams.domain.lifecycle import Validity
from exams.models import Mark, Result, Revision, Sitting, StateChange
from exams.services import marks, sittings
from exams.tests.answers import op, send
from exams.tests.factories import CLIENT, SectionFactory, SittingFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now


def answered(*ops: dict[str, object], **exam: object) -> Sitting:
    """Return a sitting of three single-choice questions, whose key is A, with these answers, handed in."""
    sitting = SittingFactory(begun=True, **{f"exam__{name}": value for name, value in exam.items()})
    send(sitting, *ops)
    return sittings.submit(sitting, "candidate", NOW())


def test_the_points_are_the_sum_of_the_marks() -> None:
    result = answered(op(1, 1, "A"), op(2, 1, "B")).result
    assert (result.points, result.points_possible) == (Decimal(2), Decimal(6))
    assert [mark.points for mark in result.marks.all()] == [2, 0, 0]


def test_a_question_without_an_answer_has_a_mark_of_nothing() -> None:
    marks_ = answered().result.marks.all()
    assert [(mark.question, mark.points) for mark in marks_] == [(1, Decimal(0)), (2, Decimal(0)), (3, Decimal(0))]


@pytest.mark.parametrize(("pass_mark", "passed"), [(None, None), ("2.00", True), ("2.01", False)])
def test_the_pass_mark_decides_who_passes(pass_mark: str | None, passed: bool | None) -> None:
    result = answered(op(1, 1, "A"), pass_mark=pass_mark and Decimal(pass_mark)).result
    assert result.passed is passed


def test_a_practice_exam_is_marked_too() -> None:
    assert answered(op(1, 1, "A"), is_practice=True).result.points == 2


@pytest.mark.parametrize(("rule", "points"), [("all_or_nothing", 0), ("share", 1), ("half", 1)])
def test_the_rule_of_the_section_scores_several_options(rule: str, points: int) -> None:
    sitting = SittingFactory(exam__with_paper=False)
    SectionFactory(exam=sitting.enrolment.exam, kind="multiple", size=1, multiple_scoring=rule)
    sittings.begin(sitting, CLIENT, NOW())
    send(sitting, op(1, 1, "A"))
    assert sittings.submit(sitting, "candidate", NOW()).result.points == points


def test_a_question_can_be_worth_more_than_its_section_says() -> None:
    sitting = SittingFactory()
    sitting.enrolment.exam.sections.get().items.filter(position=2).update(points=Decimal("5.50"))
    sittings.begin(sitting, CLIENT, NOW())
    send(sitting, op(2, 1, "A"))
    result = sittings.submit(sitting, "candidate", NOW()).result
    assert (result.points, result.points_possible) == (Decimal("5.50"), Decimal("9.50"))


def test_marking_again_replaces_the_marks() -> None:
    sitting = answered(op(1, 1, "A"))
    Revision.objects.update(key=["B"])  # as after a correction of the key
    result = marks.mark_sitting(sitting, NOW())
    assert result.points == 0
    assert Mark.objects.count() == 3
    assert Result.objects.count() == 1


def test_without_a_paper_there_is_nothing_to_mark() -> None:
    with pytest.raises(sittings.NotBegun):
        marks.mark_sitting(SittingFactory(), NOW())


# --- validity --------------------------------------------------------------------------------------------------------


def test_a_result_without_reasons_to_review_counts(open_seams: None) -> None:
    assert answered().result.validity == Validity.VALID


def test_reasons_to_review_are_kept_in_the_source_language(open_seams: None) -> None:
    seams.validity.register(lambda sitting: gettext("考试被终止"))
    seams.validity.register(lambda sitting: "入场人脸识别未通过")
    with translation.override("en"):
        result = answered().result
    assert (result.validity, result.validity_reason) == ("pending_review", "考试被终止；入场人脸识别未通过")
    assert StateChange.objects.filter(field="validity", after="pending_review").exists()


def test_when_the_reasons_are_gone_the_result_counts(open_seams: None) -> None:
    reasons = ["入场人脸识别未通过"]
    seams.validity.register(lambda sitting: next(iter(reasons), None))
    sitting = answered()
    reasons.clear()
    result = marks.refresh_validity(sitting, NOW())
    assert result is not None
    assert (result.validity, result.validity_reason) == (Validity.VALID, "")


def test_without_a_result_there_is_nothing_to_refresh() -> None:
    assert marks.refresh_validity(SittingFactory(), NOW()) is None


def test_a_decision_by_a_person_is_never_overruled(open_seams: None, admin_user: User) -> None:
    sitting = answered()
    marks.set_validity(sitting.result, "invalid", "替考属实", by=admin_user, now=NOW())
    seams.validity.register(lambda sitting: "入场人脸识别未通过")
    result = marks.mark_sitting(sitting, NOW())
    assert (result.validity, result.validity_reason, result.decided_by) == ("invalid", "替考属实", admin_user)


def test_a_decision_is_on_record(admin_user: User) -> None:
    sitting = answered()
    marks.set_validity(sitting.result, "invalid", "替考属实", by=admin_user, now=NOW())
    change = StateChange.objects.get(sitting=sitting, field="validity", after="invalid")
    assert (change.before, change.by, change.reason) == ("valid", admin_user, "替考属实")


def test_a_decision_needs_a_reason(admin_user: User) -> None:
    with pytest.raises(sittings.ReasonMissing):
        marks.set_validity(answered().result, "invalid", " ", by=admin_user, now=NOW())
