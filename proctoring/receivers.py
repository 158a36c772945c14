"""Plugs proctoring into the seams of exams."""

from datetime import datetime
from typing import Any

from exams import seams
from exams.models import Exam, Plan, Sitting
from proctoring import broadcasts, calibrations, clearance, presence, queries
from proctoring import calibration_words as words
from proctoring.domain.thresholds import Source
from proctoring.models import Incident
from proctoring.services import identity, incidents, messages, photos

NEVER_CONNECTED = "never_connected"


def plug_in() -> None:
    """Register the gates, checks and receivers."""
    seams.gates.register(clearance.gate)
    seams.consent.register(clearance.consent_needed)
    seams.validity.register(clearance.reason_to_review)
    seams.photo_checks.register(photos.fault_of)
    seams.plan_advice.register(advise)
    seams.photo_stored.register(photos.prepare)
    seams.notices.register(messages.notices)
    seams.sitting_changed.connect(tell_page, dispatch_uid="proctoring.tell_page")
    seams.sitting_began.connect(expect_camera, dispatch_uid="proctoring.expect_camera")
    seams.sitting_taken_over.connect(note_second_device, dispatch_uid="proctoring.note_second_device")
    seams.sitting_ended.connect(close_camera, dispatch_uid="proctoring.close_camera")


def advise(plan: Plan) -> str | None:
    """Say after an import what the face check of a plan rests on, and what to run where that is not its photos."""
    if not any(exam.uses_camera for exam in plan.exams.all()):
        return None
    base = calibrations.base_of(plan)
    if base is not None and base.source is Source.PLAN:
        return None
    advice = words.what_to_run(plan.code) if base is None else words.should_run(plan.code)
    return f"{words.basis(base)}{advice}"


def tell_page(sender: type[Sitting], sitting: Sitting, **facts: Any) -> None:
    """Tell the candidate's page and the invigilators that something differs."""
    broadcasts.sitting_changed(sitting.pk)
    broadcasts.room_changed(sitting.enrolment.exam_id)


def expect_camera(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Note a gap from the first moment of an exam whose page has no connection for its camera; its coming ends it."""
    exam = sitting.enrolment.exam
    watched = exam.face_rule == Exam.FaceRule.CONTINUOUS and queries.consented(sitting.enrolment) is True
    if watched and not presence.is_there(sitting.pk):
        incidents.connection_lost(sitting, at=now, cause=NEVER_CONNECTED)


def note_second_device(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Note that another page or device took the exam over: a crashed computer, or somebody else."""
    incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity=Incident.Severity.INFO, at=now)


def close_camera(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Close the camera and whatever incident is still open; what served only the sitting is deleted."""
    identity.forget_face(sitting)
    incidents.close_all(sitting, ended_at=now)
    broadcasts.sitting_ended(sitting.pk)
