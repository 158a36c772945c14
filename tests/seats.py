"""Exams set up for the browser tests: one candidate each, with a seat, a check code and perhaps a photo."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import BrowserContext

from accounts.tests.factories import CredentialFactory
from exams.domain.consent import VERSION
from exams.models import Enrolment, Exam, Plan, ReferencePhoto, Response, Result, Section, Sitting
from exams.tests.factories import EnrolmentFactory, ExamFactory, PlanFactory, SectionFactory, SittingFactory, browser_of
from proctoring.services import identity, roles
from proctoring.tests import scenes
from proctoring.tests.factories import described

SMALL_PAPER = ({"kind": "single", "size": 2},)
MIXED_PAPER = (
    {"kind": "single", "size": 3, "points_each": Decimal(2), "shuffle_options": True},
    {
        "kind": "multiple",
        "size": 2,
        "points_each": Decimal(3),
        "shuffle_options": True,
        "multiple_scoring": Section.MultipleScoring.SHARE.value,
    },
    {"kind": "true_false", "size": 2, "points_each": Decimal(1)},
)


@dataclass(frozen=True)
class Seat:
    """One candidate of one exam, as the database knows them now."""

    enrolment: Enrolment
    id_number: str

    @property
    def check_code(self) -> str:
        return self.id_number[-4:]

    @property
    def exam(self) -> Exam:
        return Exam.objects.get(pk=self.enrolment.exam_id)

    @property
    def sitting(self) -> Sitting:
        return Sitting.objects.select_related("enrolment__exam__plan").get(enrolment=self.enrolment)

    @property
    def result(self) -> Result:
        return Result.objects.get(sitting=self.sitting)

    @property
    def answers(self) -> dict[int, list[str]]:
        """What is stored, by question; what is empty is left out."""
        stored = Response.objects.filter(sitting=self.sitting).order_by("question")
        return {response.question: sorted(response.value) for response in stored if response.value}

    def change_exam(self, **fields: Any) -> None:
        """Change rules or times of the exam behind the page's back."""
        Exam.objects.filter(pk=self.enrolment.exam_id).update(**fields)

    def ends_in(self, seconds: float) -> datetime:
        """Let a running sitting end so many seconds from now; durations come in minutes only."""
        deadline = timezone.now() + timedelta(seconds=seconds)
        Sitting.objects.filter(enrolment=self.enrolment).update(deadline_at=deadline)
        return deadline


def seat(
    *, plan: Plan | None = None, paper: tuple[dict[str, Any], ...] = SMALL_PAPER, photo: str | None = None, **exam: Any
) -> Seat:
    """Return a seat in an exam that has been open for an hour; `photo` names a portrait, the rest is the exam's."""
    fields = {"full_screen": False, "plan": plan or PlanFactory()} | exam
    subject = ExamFactory(**fields)
    for section in paper:
        SectionFactory(exam=subject, **section)
    enrolment = EnrolmentFactory(exam=subject)
    candidate = enrolment.candidate
    CredentialFactory(candidate=candidate, scope=subject.plan.code, secret=candidate.id_number[-4:])
    if photo:
        give_photo(enrolment, photo)
    return Seat(enrolment, candidate.id_number)


def face_seat(**fields: Any) -> Seat:
    """Return a seat in an exam that watches throughout; the registered person is person_a unless `photo` differs."""
    return seat(**{"photo": "obama2", "face_rule": Exam.FaceRule.CONTINUOUS.value} | fields)


def give_photo(enrolment: Enrolment, name: str) -> ReferencePhoto:
    """Register a portrait as the reference photo, as an import would."""
    photo = ReferencePhoto.objects.create(
        enrolment=enrolment,
        data=scenes.photo(name),
        digest=name,
        reason="test",
        expires_at=timezone.now() + timedelta(days=30),
    )
    identity.store_template(photo, described(name))
    return photo


def admitted(place: Seat, context: BrowserContext, base_url: str, *, check_in: str = "passed") -> Sitting:
    """Put a candidate straight before the paper, signed in: what comes before has tests of its own."""
    sitting = SittingFactory(enrolment=place.enrolment, check_in=check_in)
    if place.exam.uses_camera:
        place.enrolment.consents.create(version=VERSION, given=True, at=timezone.now())
    session = browser_of(sitting).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": base_url}])
    return place.sitting


def invigilator(group: str = roles.INVIGILATOR, name: str = "jianwu") -> User:
    """Return a member of staff with the rights of one group."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user
