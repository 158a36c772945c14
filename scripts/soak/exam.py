"""The exam of a soak, in a database made for it: so many candidates with a photo, and frames of the person on it."""

import random
from datetime import timedelta

import numpy as np
from django.utils import timezone

from accounts.tests.factories import CredentialFactory
from exams.models import Exam, ReferencePhoto
from exams.tests.factories import EnrolmentFactory, ExamFactory, PlanFactory, SectionFactory
from proctoring.faces import engine
from proctoring.services import identity
from proctoring.tests import scenes
from scripts.soak.candidate import Ticket

QUESTIONS = 20
FRAMES = 32


def prepare(candidates: int, minutes: float) -> list[Ticket]:
    """Set up one exam that watches throughout, long enough, and return who may sit it."""
    exam = ExamFactory(
        plan=PlanFactory(notice=""),
        duration_minutes=int(minutes) + 120,
        face_rule=Exam.FaceRule.CONTINUOUS.value,
        full_screen=False,
    )
    SectionFactory(exam=exam, size=QUESTIONS)
    descriptor = engine.describe_photo(scenes.photo("obama")).descriptor
    assert descriptor is not None
    tickets = []
    for _ in range(candidates):
        enrolment = EnrolmentFactory(exam=exam)
        number = enrolment.candidate.id_number
        CredentialFactory(candidate=enrolment.candidate, scope=exam.plan.code, secret=number[-4:])
        photo = ReferencePhoto.objects.create(
            enrolment=enrolment,
            data=scenes.photo("obama"),
            digest="soak",
            reason="soak",
            expires_at=timezone.now() + timedelta(days=1),
        )
        identity.store_template(photo, descriptor)
        tickets.append(Ticket(number, number[-4:]))
    return tickets


def frames() -> list[bytes]:
    """Return what a camera shows: one person who moves a little, with the noise of a real sensor."""
    chance, made = np.random.default_rng(1), []
    for index in range(FRAMES):
        picture = scenes.scene("obama", tall=240 + index % 5 * 10, shift=random.Random(index).randint(-60, 60))
        noisy = np.clip(picture + chance.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        made.append(scenes.jpeg(noisy))
    return made
