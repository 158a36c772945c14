"""Plans, exams, enrolments and sittings that name only what matters. Times are around the present moment."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.test import Client
from django.utils import timezone

from accounts.devices import COOKIE
from accounts.tests.factories import CandidateFactory
from exams.models import Bank, Enrolment, Exam, Plan, Question, Revision, Section, SectionItem, Sitting
from exams.services import sittings

CLIENT = "page-1"
TRUE_FALSE = [{"id": "T", "text": "正确", "fixed": False}, {"id": "F", "text": "错误", "fixed": False}]
KEYS = {"single": ["A"], "multiple": ["A", "B"], "true_false": ["T"]}


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class PlanFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Plan

    code = factory.Sequence("PLAN-{}".format)
    name = "2026年度专业技能考试"
    host = "节能协会"
    certifying_body = "节能协会"
    notice = "请遵守考场纪律。"


def _new_question() -> Question:
    bank, _made = Bank.objects.get_or_create(code="BANK", defaults={"name": "题库"})
    return Question.objects.create(bank=bank, external_id=f"Q{Question.objects.count() + 1}")


class RevisionFactory(factory.django.DjangoModelFactory):
    """A question whose right options are A, or A and B, or T."""

    class Meta:
        model = Revision

    question = factory.LazyFunction(_new_question)
    number = 1
    kind = Revision.Kind.SINGLE.value
    stem = factory.Sequence("第{}题的题干".format)
    options = factory.LazyAttribute(
        lambda one: (
            TRUE_FALSE
            if one.kind == "true_false"
            else [{"id": letter, "text": f"选项{letter}", "fixed": False} for letter in "ABCD"]
        )
    )
    key = factory.LazyAttribute(lambda one: KEYS[one.kind])
    content_hash = factory.Sequence("{:064}".format)


class SectionFactory(factory.django.DjangoModelFactory):
    """A section with `size` questions of its kind, two points each."""

    class Meta:
        model = Section
        skip_postgeneration_save = True

    position = factory.LazyAttribute(lambda section: section.exam.sections.count() + 1)
    kind = Revision.Kind.SINGLE.value
    title = factory.LazyAttribute(lambda section: Revision.Kind(section.kind).label)
    points_each = Decimal("2.00")

    @factory.post_generation
    def size(self, create: bool, size: int | None, **extra: Any) -> None:
        for position in range(1, (3 if size is None else size) + 1):
            revision = RevisionFactory(kind=self.kind)
            SectionItem.objects.create(section=self, position=position, revision=revision)


class ExamFactory(factory.django.DjangoModelFactory):
    """An exam without camera that has been open for an hour: 60 minutes in a window of four hours.

    `with_paper` gives it three single-choice questions; `not_open` opens it in an hour, `over` closed it an hour ago.
    """

    class Meta:
        model = Exam
        skip_postgeneration_save = True

    class Params:
        with_paper = factory.Trait(section=factory.RelatedFactory(SectionFactory, "exam"))
        not_open = factory.Trait(opens_at=factory.LazyFunction(lambda: timezone.now() + hours(1)))
        over = factory.Trait(opens_at=factory.LazyFunction(lambda: timezone.now() - hours(5)))

    plan = factory.SubFactory(PlanFactory)
    code = factory.Sequence("EXAM-{}".format)
    name = "碳排放管理师专业技能综合考试（中级）"
    opens_at = factory.LazyFunction(lambda: timezone.now() - hours(1))
    closes_at = factory.LazyAttribute(lambda exam: exam.opens_at + hours(4))
    duration_minutes = 60
    entry_spread_seconds = 0
    face_rule = Exam.FaceRule.NONE.value
    help_contact = "010-12345678"


class EnrolmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Enrolment

    exam = factory.SubFactory(ExamFactory)
    candidate = factory.SubFactory(CandidateFactory)
    account_number = factory.Sequence("2112241199996{:06}".format)
    name = "李明"


class SittingFactory(factory.django.DjangoModelFactory):
    """A sitting with confirmed details, ready to begin; `begun=True` lets it begin now, by the page CLIENT.

    Fields of its exam are named with `exam__`: `SittingFactory(exam__duration_minutes=30)`.
    """

    class Meta:
        model = Sitting
        skip_postgeneration_save = True

    class Params:
        exam = factory.SubFactory(ExamFactory, with_paper=True)

    enrolment = factory.SubFactory(EnrolmentFactory, exam=factory.SelfAttribute("..exam"))
    confirmed_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class: type[Sitting], *args: Any, **fields: Any) -> Sitting:
        begun = fields.pop("begun", False)
        sitting: Sitting = super()._create(model_class, *args, **fields)
        return sittings.begin(sitting, CLIENT, timezone.now()) if begun else sitting


def start_of(sitting: Sitting) -> datetime:
    assert sitting.started_at is not None
    return sitting.started_at


def end_of(sitting: Sitting) -> datetime:
    assert sitting.deadline_at is not None
    return sitting.deadline_at


def overdue(sitting: Sitting, ago: timedelta = timedelta(minutes=1)) -> Sitting:
    """Let the deadline of a running sitting have passed, with nobody having noticed."""
    sitting.deadline_at = timezone.now() - ago
    sitting.save(update_fields=["deadline_at"])
    return sitting


def browser_of(sitting: Sitting, device: str = "") -> Client:
    """Return a test client that is signed in as the sitting's candidate and has chosen the sitting.

    `device` names the browser, as its cookie does.
    """
    client = Client()
    if device:
        client.cookies[COOKIE] = device
    session = client.session
    session["candidate_id"] = sitting.enrolment.candidate_id
    session["scopes"] = [sitting.enrolment.exam.plan.code]
    session["sitting_id"] = sitting.pk
    session.save()
    return client
