"""What the sockets and pages of proctoring read, gathered in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db.models import QuerySet

from accounts.prepared import Prepared
from exams import queries as exam_queries
from exams.domain.flow import Step
from exams.domain.lifecycle import CheckIn, State
from exams.models import Enrolment, Exam, Plan, ReferencePhoto, Sitting
from proctoring import calibrations, verifier
from proctoring.domain import matching, thresholds
from proctoring.domain.check_in import Rules
from proctoring.domain.incident_rules import Kind
from proctoring.domain.matching import Descriptor
from proctoring.domain.second_camera import Phone
from proctoring.domain.thresholds import Thresholds
from proctoring.faces.engine import embedder_name
from proctoring.models import CheckInTemplate, FaceTemplate, Incident
from proctoring.services import second_camera


@dataclass(frozen=True, slots=True, eq=False)
class CameraFacts:
    """Everything a socket must know of its sitting, so that no frame needs the database."""

    sitting_id: int
    exam_id: int
    state: State
    check_in: CheckIn
    attempts: int
    failures: int
    face_rule: str
    adopts: bool
    asks_to_turn: bool
    consented: bool
    device: str | None  # the browser that asks
    is_elsewhere: bool  # another one has passed the check-in
    is_in_turn: bool  # the candidate belongs on the check-in page: not days before the exam, not after the last entry
    thresholds: Thresholds | None  # of this candidate; None: nothing is known about the face model in use
    references: tuple[Descriptor, ...]  # of the photos
    accepted: Descriptor | None  # of the face that passed check-in
    open_incidents: dict[Kind, tuple[datetime, bool]]
    second_camera: str  # the exam's rule
    phone: Phone

    @property
    def attempts_left(self) -> int:
        return max(1 if self.check_in is CheckIn.UNCHECKED else 0, self.attempts - self.failures)

    @property
    def may_check_in(self) -> bool:
        """Tell whether the machine may look at who is there: with consent, and while it is its turn."""
        return self.consented and self.uses_camera and self.is_in_turn and self.check_in is CheckIn.UNCHECKED

    @property
    def uses_camera(self) -> bool:
        return self.face_rule != Exam.FaceRule.NONE

    @property
    def can_decide(self) -> bool:
        """Tell whether there is a threshold at all; without one only people decide who somebody is."""
        return self.thresholds is not None

    @property
    def check_in_rules(self) -> Rules:
        """What the frames of an attempt are measured with; without thresholds nobody passes."""
        known = self.thresholds
        return Rules(known.check_in, known.steady) if known is not None else Rules(threshold=0.0, steady=0.0)

    @property
    def threshold(self) -> float:
        """How near the last frames in the exam must be to one of the known faces."""
        return self.thresholds.exam if self.thresholds is not None else 0.0

    @property
    def another(self) -> float:
        """How far a frame is from those before it when it shows another face."""
        return self.thresholds.another if self.thresholds is not None else 0.0

    @property
    def may_watch(self) -> bool:
        """Tell whether the camera of this device stays on during the exam."""
        return not self.is_elsewhere and self.consented and self.face_rule == Exam.FaceRule.CONTINUOUS

    @property
    def known_faces(self) -> tuple[Descriptor, ...]:
        """What a face in the exam is compared with, the nearest counts: the photos' mean, and the face at check-in."""
        if not self.can_decide:
            return ()
        photos = (matching.centre(self.references),) if self.references else ()
        return photos if self.accepted is None else (*photos, self.accepted)

    @property
    def is_watched(self) -> bool:
        """Tell whether what the camera shows can become an incident now."""
        return self.may_watch and self.state is State.IN_PROGRESS

    def decided(self, sitting: Sitting) -> "CameraFacts":
        """Return the facts after a decision on a sitting that this socket has just made."""
        elsewhere = is_elsewhere(sitting)
        check_in = CheckIn.UNCHECKED if elsewhere else CheckIn(sitting.check_in)
        return replace(self, check_in=check_in, is_elsewhere=elsewhere, failures=sitting.check_in_failures)


def camera_facts(sitting: Sitting, now: datetime) -> CameraFacts:
    """Gather the facts of a sitting that was read with its enrolment and exam."""
    enrolment, exam, elsewhere = sitting.enrolment, sitting.enrolment.exam, is_elsewhere(sitting)
    known, accepted = templates(enrolment), _accepted(sitting)
    return CameraFacts(
        sitting_id=sitting.pk,
        exam_id=exam.pk,
        state=State(sitting.state),
        check_in=CheckIn.UNCHECKED if elsewhere else CheckIn(sitting.check_in),
        attempts=exam.check_in_attempts,
        failures=sitting.check_in_failures,
        face_rule=exam.face_rule,
        adopts=exam.without_reference == Exam.WithoutReference.ADOPT and not _has_photo(enrolment),
        asks_to_turn=exam.asks_to_turn,
        consented=exam_queries.consent_of(enrolment) is True,
        device=sitting.asking_device,
        is_elsewhere=elsewhere,
        is_in_turn=exam_queries.place(sitting, now).step is Step.CHECK_IN,
        thresholds=thresholds_of(exam.plan, known, checked_in=accepted is not None),
        references=tuple(unpacked(template.descriptor) for template in known),
        accepted=accepted,
        open_incidents=_open_incidents(sitting),
        second_camera=exam.second_camera,
        phone=second_camera.phone_of(sitting.pk) if exam.uses_second_camera else Phone(),
    )


def is_elsewhere(sitting: Sitting) -> bool:
    """Tell whether somebody asks from another device than the one whose check-in has passed."""
    bound, asking = sitting.device, sitting.asking_device
    return sitting.check_in == CheckIn.PASSED and bool(bound) and asking is not None and asking != bound


def references(enrolment: Enrolment) -> tuple[Descriptor, ...]:
    """Return the descriptors of the photos in force, of the face model in use."""
    return tuple(unpacked(template.descriptor) for template in templates(enrolment))


def thresholds_of(plan: Plan, of: Sequence[FaceTemplate], *, checked_in: bool = False) -> Thresholds | None:
    """Return what a candidate with these templates is measured with; None where nothing is known about the model."""
    base = calibrations.base_of(plan)
    if base is None:
        return None
    crowding = thresholds.crowding_of([template.crowding for template in of])
    return base.thresholds(len(of), checked_in=checked_in, crowding=crowding)


def packed(descriptor: Descriptor) -> bytes:
    """Return a descriptor as it is stored: little-endian float32."""
    return np.asarray(descriptor, dtype="<f4").tobytes()


def unpacked(stored: bytes) -> Descriptor:
    """Return a descriptor as it was stored."""
    return np.frombuffer(stored, dtype="<f4").astype(np.float64)


def has_reference(enrolment: Enrolment) -> bool:
    """Tell whether there is anything to compare a candidate with."""
    return _HAS_TEMPLATE.first(enrolment.pk, embedder_name()) is not None


_HAS_TEMPLATE = Prepared(
    lambda enrolment, embedder: (
        FaceTemplate.objects.in_force(embedder).filter(photo__enrolment_id=enrolment).values_list("pk")[:1]
    )
)


def _has_photo(enrolment: Enrolment) -> bool:
    """Tell whether a photo is in force, described or not: then no other face takes its place."""
    return ReferencePhoto.objects.in_force().filter(enrolment=enrolment).exists()


def templates(enrolment: Enrolment) -> list[FaceTemplate]:
    """Return what the face model in use made of the photos in force."""
    found = FaceTemplate.objects.in_force(embedder_name()).filter(photo__enrolment=enrolment)
    return list(found.order_by("photo__position", "pk"))


def photos_not_described() -> QuerySet[ReferencePhoto]:
    """Return the photos in force without a descriptor of the face model in use."""
    described = FaceTemplate.objects.filter(embedder=embedder_name()).values("photo")
    return ReferencePhoto.objects.in_force().exclude(pk__in=described).order_by("pk")


def _accepted(sitting: Sitting) -> Descriptor | None:
    """Return the face at check-in, once a strict threshold or a person has accepted it."""
    if sitting.check_in != CheckIn.PASSED:
        return None
    template = CheckInTemplate.objects.filter(sitting=sitting, embedder=embedder_name()).first()
    return unpacked(template.descriptor) if template else None


def _open_incidents(sitting: Sitting) -> dict[Kind, tuple[datetime, bool]]:
    kinds = [kind.value for kind in Kind]
    known = Incident.objects.filter(sitting=sitting, ended_at__isnull=True, kind__in=kinds)
    return {Kind(row.kind): (row.began_at, bool(row.detail.get("confirmed"))) for row in known}


def verifier_is_missed(now: datetime) -> bool:
    """Tell whether nobody looks at pictures while an exam with a camera is open: an alarm for staff."""
    if not verifier.verifier().health().is_down:
        return False
    exams = Exam.objects.filter(opens_at__lte=now, closes_at__gt=now)
    return exams.exclude(face_rule=Exam.FaceRule.NONE).exists()
