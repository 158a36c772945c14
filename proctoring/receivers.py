"""Plugs proctoring into the seams of exams."""

from datetime import datetime
from typing import Any

from django.utils.timezone import now as wall_clock

from accounts.models import Candidate
from accounts.services import signed_out
from exams import queries as exam_queries
from exams import seams
from exams.models import Exam, Plan, Sitting
from exams.seams import Notice
from proctoring import broadcasts, calibrations, clearance, presence
from proctoring import calibration_words as words
from proctoring.domain.thresholds import Source
from proctoring.services import announcements, identity, incidents, messages, photos

NEVER_CONNECTED = "never_connected"


def plug_in() -> None:
    """Register the gates, checks and receivers."""
    seams.gates.register(clearance.gate)
    seams.consent.register(clearance.consent_needed)
    seams.validity.register(clearance.reason_to_review)
    seams.photo_checks.register(photos.fault_of)
    seams.plan_advice.register(advise)
    seams.photo_stored.register(photos.prepare)
    seams.notices.register(hand_over_messages)
    signed_out.connect(close_sockets, dispatch_uid="proctoring.close_sockets")
    seams.sitting_changed.connect(tell_page, dispatch_uid="proctoring.tell_page")
    seams.sitting_began.connect(expect_camera, dispatch_uid="proctoring.expect_camera")
    seams.sitting_began.connect(catch_up, dispatch_uid="proctoring.catch_up")
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


def hand_over_messages(sitting: Sitting) -> list[Notice]:
    """Answer a page that asks for its messages; asking is its sign of life, and the answer their delivery."""
    presence.heard(sitting.pk, wall_clock())
    told = messages.notices(sitting)
    if told:
        messages.mark_delivered(sitting, now=wall_clock())
    return told


def catch_up(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Give whoever begins later what was announced before."""
    announcements.catch_up(sitting, now)


def close_sockets(sender: type[Candidate], candidate_id: int, **facts: Any) -> None:
    """Close the camera at once where somebody has signed out; a socket outlives its session otherwise."""
    for sitting_id in Sitting.objects.filter(enrolment__candidate_id=candidate_id).values_list("pk", flat=True):
        broadcasts.session_ended(sitting_id)


def tell_page(sender: type[Sitting], sitting: Sitting, **facts: Any) -> None:
    """Tell the candidate's page and the invigilators that something differs."""
    broadcasts.sitting_changed(sitting.pk)
    broadcasts.room_changed(sitting.enrolment.exam_id)


def expect_camera(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Note a gap from the first moment of an exam whose page has no connection for its camera; its coming ends it."""
    exam = sitting.enrolment.exam
    watched = exam.face_rule == Exam.FaceRule.CONTINUOUS and exam_queries.consent_of(sitting.enrolment) is True
    if watched and not presence.is_there(sitting.pk):
        incidents.connection_lost(sitting, at=now, cause=NEVER_CONNECTED)


def note_second_device(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Note that another page or device took the exam over: a crashed computer, or somebody else."""
    incidents.device_changed(sitting, at=now)


def close_camera(sender: type[Sitting], sitting: Sitting, now: datetime, **facts: Any) -> None:
    """Close the camera and whatever incident is still open; what served only the sitting is deleted."""
    identity.forget_face(sitting)
    incidents.close_all(sitting, ended_at=now)
    broadcasts.sitting_ended(sitting.pk)
