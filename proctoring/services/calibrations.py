"""Measures the faces of a plan, or of pictures that the operator brings, and keeps what their thresholds rest on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from exams.models import Plan, ReferencePhoto
from proctoring import calibrations, queries
from proctoring.calibrations import PlanFaces
from proctoring.domain.thresholds import Base, Level, Source
from proctoring.faces import proposals
from proctoring.faces.calibration import TARGETS, Measured, measure
from proctoring.faces.comparisons import Faces
from proctoring.faces.engine import embedder_name
from proctoring.faces.proposals import Pair, Proposal
from proctoring.models import FaceCalibration, FaceTemplate
from proctoring.services import photos

Progress = Callable[[int], object]
LOOK_ALIKES = 50


@dataclass(frozen=True, eq=False)
class Report:
    """What a measurement says: error rates by group and shape and, where the number allows it, thresholds."""

    faces: Faces
    rows: Sequence[Measured]
    normalised: Sequence[Measured]  # the same with a threshold of its own for each person; empty where persons lack
    proposal: Proposal | None
    too_few: proposals.TooFew | None

    @property
    def figures(self) -> list[dict[str, Any]]:
        """The rows as they are stored with a calibration."""
        return [as_json(row, with_curve=True) for row in self.rows]

    @property
    def told(self) -> list[dict[str, Any]]:
        """The rows as `--json` prints them."""
        own = {(row.group, row.shape): as_json(row) for row in self.normalised}
        return [as_json(row) | {"normalised": own.get((row.group, row.shape))} for row in self.rows]


def report(faces: Faces, groups: Sequence[str], target: float, *, cautious: bool) -> Report:
    """Measure described faces; `cautious` where the thresholds are for other people than those measured."""
    targets = sorted({*TARGETS, target}, reverse=True)
    rows = measure(faces, groups, targets=targets)
    enough = faces.count >= proposals.LEAST_PERSONS
    normalised = measure(faces, groups, targets=targets, normalised=True) if enough else []
    try:
        return Report(faces, rows, normalised, proposals.propose(faces, groups, target, cautious=cautious), None)
    except proposals.TooFew as too_few:
        return Report(faces, rows, normalised, None, too_few)


def describe_photos(plan: Plan, progress: Progress) -> int:
    """Describe the photos that the face model in use has not seen; return how many it cannot use."""
    for pk in list(undescribed(plan).values_list("pk", flat=True)):
        photos.prepare(ReferencePhoto.objects.get(pk=pk))
        progress(1)
    return undescribed(plan).count()


def undescribed(plan: Plan) -> QuerySet[ReferencePhoto]:
    """Return the photos of a plan that the face model in use has not described."""
    return queries.photos_not_described().filter(enrolment__exam__plan=plan)


@transaction.atomic
def store(plan: PlanFaces | None, of: Plan | None, report: Report, now: datetime, by: AbstractBaseUser | None) -> Base:
    """Keep the proposal for a plan, with how crowded each candidate's surroundings are; or for all other plans."""
    proposal = report.proposal
    if proposal is None:
        raise ValueError("nothing was proposed")
    row = FaceCalibration.objects.create(
        plan=of,
        embedder=embedder_name(),
        target=proposal.target,
        whole=proposal.level.whole,
        half=proposal.level.half,
        loose=proposal.level.loose,
        offset_whole=proposal.offset.whole if proposal.offset else None,
        offset_half=proposal.offset.half if proposal.offset else None,
        group=proposal.group,
        persons=proposal.persons,
        pictures=len(report.faces.vectors),
        impostor=proposal.impostor,
        figures=report.figures,
        made_at=now,
        made_by_id=by.pk if by is not None else None,
    )
    if plan is not None and of is not None:
        _note_crowding(plan, of)
    return calibrations.base(row)


def _note_crowding(faces: PlanFaces, plan: Plan) -> None:
    """Write beside each template how near the nearest others are; the same photo in another exam gets the same."""
    near = proposals.crowding(faces.faces)
    known = {
        (template.photo.enrolment.candidate_id, template.photo.digest): float(value)
        for template, value in zip(faces.templates, near, strict=True)
    }
    rows = FaceTemplate.objects.in_force(embedder_name()).filter(photo__enrolment__exam__plan=plan)
    changed = []
    for row in rows.select_related("photo__enrolment").defer("photo__data", "descriptor"):
        row.crowding = known.get((row.photo.enrolment.candidate_id, row.photo.digest))
        changed.append(row)
    FaceTemplate.objects.bulk_update(changed, ["crowding"], batch_size=500)


def proposed(report: Report, source: Source) -> Base | None:
    """Return what would count if the proposal were stored."""
    found = report.proposal
    return None if found is None else Base(source, found.target, found.level, found.offset)


def look_alikes(faces: Faces, level: Level) -> list[Pair]:
    """Return the candidates whose photos are nearer to each other than a threshold allows, nearest first."""
    return proposals.look_alikes(faces, level.whole, LOOK_ALIKES)


# --- for other programs ----------------------------------------------------------------------------------------------


def as_json(row: Measured, *, with_curve: bool = False) -> dict[str, Any]:
    """Return a row as `--json` prints it; None where the number of comparisons does not allow the claim."""
    told: dict[str, Any] = {
        "group": row.group,
        "photos": row.shape.photos,
        "frames": row.shape.frames,
        "persons": row.persons,
        "genuine": row.genuine,
        "impostor": row.impostor,
        "least_claim": row.least_claim,
        "eer": row.eer,
        "fnmr_at": _each(row, lambda point: point.fnmr),
        "fnmr_bounds_at": _each(row, lambda point: point.fnmr_bounds),
        "threshold_at": _each(row, lambda point: point.threshold),
        "threshold_bounds_at": _each(row, lambda point: point.threshold_bounds),
        "fmr_at_common_threshold": {_text(target): rate for target, rate in row.fmr_at_common.items()},
    }
    if with_curve and row.curve is not None:
        told["curve"] = {name: getattr(row.curve, name) for name in ("fmr", "fnmr", "edges", "genuine", "impostor")}
    return told


def _each(row: Measured, tell: Callable[[Any], Any]) -> Mapping[str, Any]:
    return {_text(target): None if point is None else tell(point) for target, point in row.at.items()}


def _text(target: float) -> str:
    """Return 0.0001 as that, where Python would say 1e-4 from there on."""
    return f"{target:.10f}".rstrip("0")
