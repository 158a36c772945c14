"""What the face check of a plan rests on, on the admin's pages of plans and exams."""

from typing import Any

from django import template

from exams.models import Exam, Plan
from proctoring import calibration_words as words
from proctoring import calibrations
from proctoring.domain.thresholds import Source
from proctoring.faces.engine import embedder_name

register = template.Library()


@register.inclusion_tag("admin/proctoring/_face_basis.html", takes_context=True)
def face_basis(context: dict[str, Any], plan: Plan, exam: Exam | None = None) -> dict[str, Any]:
    """Say which thresholds the camera exams of a plan (or one of them) use; nothing where no camera is used."""
    exams = [exam] if exam is not None else list(plan.exams.all())
    base = calibrations.base_of(plan)
    return {
        "plan": plan,
        "uses_camera": any(one.uses_camera for one in exams),
        "base": base,
        "told": words.basis(base),
        "more": words.from_the_table(embedder_name()) if base and base.source is Source.TABLE else "",
        "to_run": words.what_to_run(plan.code),
        "may_look": context["request"].user.has_perm("proctoring.view_facecalibration"),
    }
