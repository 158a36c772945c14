"""Which measurement counts for a plan, and what the faces of its candidates are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db.models import F, Q

from exams.models import Enrolment, Exam, Plan
from proctoring.domain import thresholds
from proctoring.domain.thresholds import Base, Level, Offset, Source
from proctoring.faces.comparisons import Faces
from proctoring.faces.engine import embedder_name
from proctoring.models import FaceCalibration, FaceTemplate


def base_of(plan: Plan) -> Base | None:
    """Return what the thresholds of a plan rest on; None: a camera exam cannot tell anybody from anybody."""
    calibration = counting_for(plan)
    return thresholds.from_table(embedder_name()) if calibration is None else base(calibration)


def counting_for(plan: Plan) -> FaceCalibration | None:
    """Return the calibration that counts for a plan: its newest own, else the newest of the operator's pictures."""
    known = FaceCalibration.objects.filter(Q(plan=plan) | Q(plan=None), embedder=embedder_name())
    return known.defer("figures").order_by(F("plan").asc(nulls_last=True), "-made_at", "-pk").first()


def of_pairs() -> FaceCalibration | None:
    """Return the newest calibration with pictures of the operator."""
    return FaceCalibration.objects.filter(plan=None, embedder=embedder_name()).defer("figures").first()


def undecidable() -> list[Exam]:
    """Return the camera exams that nothing is known for, so that no check-in can begin."""
    if of_pairs() is not None or thresholds.shipped(embedder_name()) is not None:
        return []
    exams = Exam.objects.exclude(face_rule=Exam.FaceRule.NONE).select_related("plan")
    calibrated = FaceCalibration.objects.filter(embedder=embedder_name(), plan__isnull=False).values("plan")
    return list(exams.exclude(plan__in=calibrated))


def base(row: FaceCalibration) -> Base:
    """Return what a stored calibration says."""
    source = Source.PAIRS if row.plan_id is None else Source.PLAN
    offset = None
    if row.offset_whole is not None and row.offset_half is not None:
        offset = Offset(row.offset_whole, row.offset_half)
    return Base(source, row.target, Level(row.whole, row.half, row.loose), offset)


# --- the faces of a plan ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PlanFaces:
    """The described photos of a plan: each photo of a candidate once, however many exams they are enrolled in."""

    templates: Sequence[FaceTemplate]

    @cached_property
    def candidates(self) -> list[int]:
        """The numbers of the persons, in the order in which `faces` counts them."""
        return sorted({template.photo.enrolment.candidate_id for template in self.templates})

    @cached_property
    def faces(self) -> Faces:
        number = {candidate: at for at, candidate in enumerate(self.candidates)}
        vectors = [np.frombuffer(template.descriptor, "<f4") for template in self.templates]
        persons = [number[template.photo.enrolment.candidate_id] for template in self.templates]
        return Faces(np.array(vectors, np.float32), np.array(persons, np.intp))

    def enrolment(self, person: int) -> Enrolment:
        """Return an enrolment of a person."""
        return next(
            template.photo.enrolment
            for template in self.templates
            if template.photo.enrolment.candidate_id == self.candidates[person]
        )


def faces_of(plan: Plan) -> PlanFaces:
    """Gather the photos in force that the face model in use has described."""
    found = FaceTemplate.objects.in_force(embedder_name()).filter(photo__enrolment__exam__plan=plan)
    rows = found.select_related("photo__enrolment").defer("photo__data").order_by("pk")
    seen: dict[tuple[int, str], FaceTemplate] = {}
    for row in rows:
        seen.setdefault((row.photo.enrolment.candidate_id, row.photo.digest), row)
    return PlanFaces(list(seen.values()))
