"""The exam of a soak, in a database made for it: so many candidates with a photo, and frames of the person on it."""

from datetime import timedelta

from django.utils import timezone

from accounts.tests.factories import CredentialFactory
from exams.models import Exam, ReferencePhoto
from exams.tests.factories import EnrolmentFactory, ExamFactory, PlanFactory, SectionFactory
from proctoring.services import identity
from scripts.rehearsal import pictures
from scripts.rehearsal.candidate import Ticket

QUESTIONS = 20


def prepare(candidates: int, minutes: float) -> list[Ticket]:
    """Set up one exam that watches throughout, long enough, and return who may sit it."""
    exam = ExamFactory(
        plan=PlanFactory(notice=""),
        duration_minutes=int(minutes) + 120,
        face_rule=Exam.FaceRule.CONTINUOUS.value,
        full_screen=False,
    )
    SectionFactory(exam=exam, size=QUESTIONS)
    picture, descriptor = pictures.photo(), pictures.descriptor()
    tickets = []
    for _ in range(candidates):
        enrolment = EnrolmentFactory(exam=exam)
        number = enrolment.candidate.id_number
        CredentialFactory(candidate=enrolment.candidate, scope=exam.plan.code, secret=number[-4:])
        photo = ReferencePhoto.objects.create(
            enrolment=enrolment,
            data=picture,
            digest="soak",
            reason="soak",
            expires_at=timezone.now() + timedelta(days=1),
        )
        identity.store_template(photo, descriptor)
        tickets.append(Ticket(number, number[-4:]))
    return tickets
