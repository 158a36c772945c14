"""Dossiers for staff: draw one up from the page of a sitting, and read or print it as it was."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exams.models import Sitting
from proctoring.admin import dossier_content
from proctoring.domain import plot as drawing
from proctoring.domain.dossier import in_groups
from proctoring.domain.plot import Plot, Score, Span
from proctoring.models import Dossier, PictureViewing
from proctoring.services import dossiers, evidence

MAKE, VIEW = "proctoring.add_dossier", "proctoring.view_dossier"


class MakesDossiers(admin.ModelAdmin[Sitting]):
    """The two addresses below that of a sitting."""

    def get_urls(self) -> list[URLPattern]:
        wrapped = self.admin_site.admin_view
        return [
            path("<int:pk>/dossier/", wrapped(self.draw_up_view), name="exams_sitting_draw_up"),
            path("<int:pk>/dossier/<int:number>/", wrapped(self.dossier_view), name="exams_sitting_dossier"),
            path("<int:pk>/dossier/<int:number>/printed/", wrapped(self.printed_view), name="exams_sitting_printed"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def draw_up_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write down what is known now, and show it."""
        if not request.user.has_perm(MAKE):
            raise PermissionDenied
        related = ("enrolment__exam__plan", "enrolment__candidate", "result__decided_by")
        sitting = get_object_or_404(Sitting.objects.select_related(*related), pk=pk)
        now, by = timezone.now(), cast(AbstractUser, request.user)
        dossier = dossiers.draw_up(sitting, dossier_content.of(sitting, now), by=by, now=now)
        self.log_change(request, sitting, f"{dossier._meta.verbose_name} {dossier.pk}: {dossier.digest}")
        return HttpResponseRedirect(reverse("admin:exams_sitting_dossier", args=[pk, dossier.pk]))

    @method_decorator(require_GET)
    def dossier_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Show a dossier as it was drawn up, with the word on whether it still is what it was."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        dossier = get_object_or_404(Dossier.objects.select_related("made_by"), pk=number, sitting=pk)
        check = dossiers.check(dossier)
        content = with_pictures(readable(dossiers.content_of(dossier)), gone := _missing(check, "thumbnail"))
        evidence.note_dossier(PictureViewing.Kind.DOSSIER, dossier, cast(AbstractUser, request.user), timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "title": dossier._meta.verbose_name,
            "dossier": dossier,
            "digest": in_groups(dossier.digest),
            "check": check,
            "plot": plot(content),
            "gone": _missing(check, "snapshot"),
            "gone_photos": _missing(check, "reference"),
            "trail_gone": len(gone),
            "sees_pictures": request.user.has_perm("proctoring.view_snapshot"),
            "sees_photos": request.user.has_perm("exams.view_referencephoto"),
            **content,
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/exams/sitting/dossier.html", context)
        add_never_cache_headers(response)
        return response

    @method_decorator(require_POST)
    def printed_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Note that a dossier goes to a printer or into a file."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        dossier = get_object_or_404(Dossier, pk=number, sitting=pk)
        evidence.note_dossier(PictureViewing.Kind.PRINTED, dossier, cast(AbstractUser, request.user), timezone.now())
        return JsonResponse({"noted": number})


def _missing(check: dossiers.Check, kind: str) -> set[int]:
    """Return the numbers of the pictures of a kind that are not stored any more."""
    named = (name.split() for name in check.missing)
    return {int(number) for of, number in named if of == kind}


def with_pictures(content: dict[str, Any], gone: AbstractSet[int]) -> dict[str, Any]:
    """Return the content with each incident's pictures as they were taken, and what is left of the trail, by camera."""
    known = {picture["picture"]: picture for picture in content["pictures"]}
    incidents = [
        incident | {"pictures": [known[number] for number in incident["pictures"] if number in known]}
        for incident in content["incidents"]
    ]
    trail: dict[str, list[dict[str, Any]]] = {}
    for one in content.get("trail", ()):
        if one["picture"] not in gone:
            trail.setdefault(one["camera"], []).append(one)
    return content | {"incidents": incidents, "trail": list(trail.items())}


def readable(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with moments in place of their texts, for a template to show in the reader's time zone."""
    return {name: _readable(name, value) for name, value in content.items()}


def _readable(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return readable(value)
    if isinstance(value, list):
        return [_readable("", one) for one in value]
    is_moment = isinstance(value, str) and (name == "at" or name.endswith("_at"))
    return datetime.fromisoformat(value) if is_moment else value


def plot(content: Mapping[str, Any]) -> Plot:
    """Return the drawing of the distances and incidents that a dossier holds."""
    scores = [
        Score(check["at"], check["distance"], check["threshold"], check.get("rule", ""))
        for check in content["checks"]
        if check["distance"] is not None
    ]
    spans = [Span(one["began_at"], one["ended_at"], one["tone"], one["kind"]) for one in content["incidents"]]
    spans += [Span(one["began_at"], one["ended_at"], "pause", _("暂停")) for one in content["pauses"]]
    answers = [one["at"] for one in content["answered"]]
    moments = [score.at for score in scores] + [span.began_at for span in spans]
    begins = min([content["sitting"]["started_at"] or content["made_at"], *moments])
    return drawing.draw(scores, spans, answers, begins, content["sitting"]["ended_at"] or content["made_at"])
