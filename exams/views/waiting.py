"""The one document for waiting and answering, and the page of those who came too late."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.forms import LoginForm
from accounts.requests import CandidateRequest
from exams import queries
from exams.domain.flow import Step
from exams.models import Sitting
from exams.services import phone_links
from exams.views import companion
from exams.views.way import INDICATOR, context, page_of


@require_safe
@page_of(Step.TOO_EARLY, Step.WAITING, Step.PAPER)
def waiting(request: CandidateRequest, sitting: Sitting, now: datetime) -> HttpResponse:
    """Show what stands before the paper; the script of the page does the rest."""
    place = queries.place(sitting, now)
    phase = _phase(place.step, sitting, now)
    camera = place.step is not Step.TOO_EARLY and queries.is_watched(sitting)
    has_phone = camera and sitting.enrolment.exam.uses_second_camera
    page = context(
        sitting,
        phase=phase,
        step_shown=INDICATOR[place.step],
        camera=camera,
        config=_config(sitting, phase, camera=camera),
        font_size=request.candidate.font_size,
        second_camera=has_phone,
        companion_code=companion.code(sitting, now) if has_phone else "",  # drawing one is dear; others ask for it
        unreachable=phone_links.unreachable(),
        sign_in_form=LoginForm(auto_id="again_%s"),
    )
    return render(request, "exams/waiting.html", page)


@require_safe
@page_of(Step.MISSED)
def missed(request: CandidateRequest, sitting: Sitting, now: datetime) -> HttpResponse:
    """Say that it is too late, and whom to ask."""
    last_entry = queries.facts(sitting).last_entry(now)
    return render(request, "exams/missed.html", context(sitting, last_entry=last_entry))


def _phase(step: Step, sitting: Sitting, now: datetime) -> str:
    """Return what the page is: too_early, waiting, late (the exam is open, this sitting not begun) or resume."""
    if step is Step.TOO_EARLY:
        return "too_early"
    if step is Step.PAPER:
        return "resume"
    return "waiting" if now < sitting.enrolment.exam.opens_at else "late"


def _config(sitting: Sitting, phase: str, *, camera: bool) -> dict[str, Any]:
    """Return what the script needs to know. `target` is what the countdown counts to."""
    exam = sitting.enrolment.exam
    targets = {
        "too_early": exam.check_in_opens_at,
        "waiting": exam.opens_at,
        "late": None,
        "resume": sitting.deadline_at,
    }
    target = targets[phase]
    return {
        "sitting": sitting.pk,
        "exam": exam.code,
        "answer_file": _("作答") + f"-{sitting.enrolment.account_number}",
        "phase": phase,
        "steps": [Step.TOO_EARLY] if phase == "too_early" else [Step.WAITING, Step.PAPER],
        "server_now": timezone.now().isoformat(),
        "timezone": exam.plan.timezone,
        "target": target.isoformat() if target else None,
        "spread_ms": round(queries.entry_spread(sitting).total_seconds() * 1000),
        "full_screen": exam.full_screen,
        "camera": camera,
        "second_camera": camera and exam.uses_second_camera,
        "urls": _urls(),
    }


def _urls() -> dict[str, str]:
    return {
        "begin": reverse("exams:begin"),
        "come_back": reverse("exams:come_back"),
        "sign_in": reverse("accounts:login"),
        "sign_out": reverse("accounts:leave"),
        "service_worker": reverse("exams:service_worker"),
        "status": reverse("exams:status"),
        "responses": reverse("exams:responses"),
        "hand_in": reverse("exams:hand_in"),
        "font_size": reverse("exams:font_size"),
        "next": reverse("exams:next_step"),
        "finished": reverse("exams:finished"),
        "events": reverse("proctoring:events"),
        "help": reverse("proctoring:help"),
        "message_seen": reverse("proctoring:message_seen", args=[0]),
        "socket": "/ws/sitting/",
        "companion": reverse("exams:companion_code"),
        "second_camera": reverse("proctoring:second_camera_state"),
        "second_camera_release": reverse("proctoring:second_camera_release"),
    }
