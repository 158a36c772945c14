"""What the faces of a plan are measured with: figures, curves, look-alikes, and a button to measure anew."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exams.admin.read_only import ReadOnly
from exams.models import Plan
from proctoring import calibration_words as words
from proctoring import calibrations as known
from proctoring.admin import links
from proctoring.calibrations import PlanFaces
from proctoring.domain import thresholds
from proctoring.domain.thresholds import Base, Source
from proctoring.faces import curves
from proctoring.faces.engine import embedder_name
from proctoring.models import FaceCalibration
from proctoring.services import calibrations

MOST_PHOTOS = 1500  # measured within seconds; more are for the command
MAY_RUN = "exams.change_plan"


@admin.register(FaceCalibration)
class FaceCalibrationAdmin(ReadOnly, admin.ModelAdmin[FaceCalibration]):
    """Reached from the pages of plans and exams."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.plan_view)
        return [path("plan/<int:plan_id>/", view, name="proctoring_facecalibration_plan"), *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def plan_view(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """Show what counts for a plan, or measure it anew."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        plan = get_object_or_404(Plan, pk=plan_id)
        faces = known.faces_of(plan)
        if request.method == "POST":
            return self._measure(request, plan, faces)
        context = {**self.admin_site.each_context(request), "title": _("人脸校准"), "opts": self.opts}
        context |= _shown(request, plan, faces)
        response = TemplateResponse(request, "admin/proctoring/facecalibration/plan.html", context)
        add_never_cache_headers(response)
        return response

    def _measure(self, request: HttpRequest, plan: Plan, faces: PlanFaces) -> HttpResponse:
        if not request.user.has_perm(MAY_RUN):
            raise PermissionDenied
        if refused := _cannot_run(plan, faces):
            messages.error(request, refused)
            return redirect("admin:proctoring_facecalibration_plan", plan.pk)
        report = calibrations.report(faces.faces, (), thresholds.TARGET, cautious=False)
        if report.too_few is not None:
            messages.warning(request, words.too_few(report.too_few))
        else:
            base = calibrations.store(faces, plan, report, timezone.now(), request.user)  # type: ignore[arg-type]
            self.log_change(request, plan, words.basis(base))  # type: ignore[arg-type]
            messages.success(request, words.basis(base))
        return redirect("admin:proctoring_facecalibration_plan", plan.pk)


def _shown(request: HttpRequest, plan: Plan, faces: PlanFaces) -> dict[str, Any]:
    base = known.base_of(plan)
    calibration = known.counting_for(plan)
    figures = calibration.figures if calibration else []
    refused = _cannot_run(plan, faces)
    return {
        "plan": plan,
        "base": base,
        "told": words.basis(base),
        "from_table": words.from_the_table(embedder_name()) if base and base.source is Source.TABLE else "",
        "to_run": words.what_to_run(plan.code),
        "calibration": calibration,
        "measured_on": words.measured_on(calibration) if calibration else "",
        "is_outdated": bool(calibration and calibration.plan_id and calibration.pictures != len(faces.templates)),
        "persons": len(faces.candidates),
        "photos": len(faces.templates),
        "missing": calibrations.undescribed(plan).count(),
        "may_run": request.user.has_perm(MAY_RUN),
        "can_run": not refused,
        "cannot_run": refused,
        "targets": [words.percent(float(target)) for target in _targets(figures)],
        "rows": [_row(row, _targets(figures)) for row in figures if row["impostor"]],
        # Our own drawing: every text in it is escaped (faces/curves.py).
        "error_rates": mark_safe(words.error_rates(figures)) if any(row["genuine"] for row in figures) else "",  # noqa: S308
        "spreads": [mark_safe(picture) for _name, picture in words.spreads(figures)],  # noqa: S308
        "alike": _alike(request, faces, base),
    }


def _cannot_run(plan: Plan, faces: PlanFaces) -> str:
    if len(faces.candidates) < 2:
        return _("至少需要两名考生的底照，才能比对。")
    if len(faces.templates) > MOST_PHOTOS:
        return _("底照超过 %(most)s 张，请在服务器上运行 manage.py calibrate_faces --plan %(code)s。") % {
            "most": MOST_PHOTOS,
            "code": plan.code,
        }
    return ""


def _targets(figures: list[dict[str, Any]]) -> list[str]:
    return list(figures[0]["threshold_at"]) if figures else []


def _row(row: dict[str, Any], targets: list[str]) -> dict[str, Any]:
    return {
        "name": curves.name_of(row),
        "genuine": f"{row['genuine']:,}",
        "impostor": f"{row['impostor']:,}",
        "cells": [_cell(row, target) for target in targets],
    }


def _cell(row: dict[str, Any], target: str) -> str:
    threshold = row["threshold_at"].get(target)
    return "—" if threshold is None else f"{threshold:.3f} · {words.percent(row['fnmr_at'][target])}"


def _alike(request: HttpRequest, faces: PlanFaces, base: Base | None) -> list[dict[str, Any]]:
    """Return the pairs that are hard to tell, with both photos for those who may see them; nothing of it is stored."""
    if base is None or not request.user.has_perm("exams.view_enrolment") or len(faces.templates) > MOST_PHOTOS:
        return []
    sees = request.user.has_perm("exams.view_referencephoto")
    photo_of = {template.photo.enrolment.candidate_id: template.photo_id for template in faces.templates}

    def candidate(person: int) -> dict[str, Any]:
        photo = photo_of[faces.candidates[person]]
        picture = links.thumbnail("reference", photo, _("底照")) if sees else ""
        return {"enrolment": faces.enrolment(person), "photo": picture}

    return [
        {"distance": pair.distance, "enrolments": [candidate(pair.one), candidate(pair.other)]}
        for pair in calibrations.look_alikes(faces.faces, base.level)
    ]
