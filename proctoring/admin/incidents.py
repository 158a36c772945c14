"""Incidents for staff: the list, and one at a time with its pictures beside the reference photo."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exams.admin import columns
from exams.admin import links as rows
from exams.admin.filters import ByExam, ByPlan
from exams.admin.read_only import ReadOnly
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from proctoring.admin import acts, links, page, words
from proctoring.models import Incident
from proctoring.services import reviews


class AwaitsSecond(admin.SimpleListFilter):
    """Incidents of which one person has said what they were, and a second one must."""

    title = gettext_lazy("复审")
    parameter_name = "second"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("awaited", gettext_lazy("待复审"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.value() != "awaited":
            return queryset
        wanted = queryset.filter(severity=Incident.Severity.SERIOUS, sitting__enrolment__exam__second_review=True)
        still_open = Incident.Review.OPEN
        return wanted.filter(second_review=still_open).exclude(review=still_open)


class ByReview(admin.SimpleListFilter):
    """Incidents by what became of them; what is for information only waits for nobody."""

    title = gettext_lazy("处理状态")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, label) for value, label in Incident.Review.choices] + [("none", gettext_lazy("无需处理"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        still_open = queryset.filter(review=Incident.Review.OPEN)
        match self.value():
            case Incident.Review.OPEN.value:
                return queryset.filter(Incident.WAITS)
            case "none":
                return still_open.exclude(Incident.WAITS)
            case None:
                return queryset
            case reviewed:
                return queryset.filter(review=reviewed)


@admin.register(Incident)
class IncidentAdmin(ReadOnly, admin.ModelAdmin[Incident]):
    began = columns.moment("began_at", gettext_lazy("开始"), columns.SHORT)
    list_display = ("kind_name", "severity_badge", "who", "began", "lasted", "review_badge", "pictures", "exam_link")
    list_display_links = ("kind_name",)
    list_filter = (
        ByReview,
        AwaitsSecond,
        "severity",
        "kind",
        ("sitting__enrolment__exam__plan", ByPlan),
        ("sitting__enrolment__exam", ByExam),
    )
    search_fields = ("sitting__enrolment__name", "sitting__enrolment__account_number")
    search_help_text = gettext_lazy("姓名、考试账号")
    date_hierarchy = "began_at"
    list_per_page = 50
    actions = ("dismiss_many",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        related = ("sitting__enrolment__exam", "sitting__enrolment__candidate", "reviewed_by")
        return super().get_queryset(request).select_related(*related).prefetch_related(page.with_pictures())

    @admin.display(description=gettext_lazy("类型"), ordering="kind")
    def kind_name(self, incident: Incident) -> str:
        return str(incident.get_kind_display())

    @admin.display(description=gettext_lazy("程度"), ordering="severity")
    def severity_badge(self, incident: Incident) -> SafeString:
        return links.state(incident.severity, incident.get_severity_display())

    @admin.display(description=gettext_lazy("考生"), ordering="sitting__enrolment__name")
    def who(self, incident: Incident) -> SafeString:
        return links.to_sitting(incident.sitting, "incidents")

    @admin.display(description=gettext_lazy("考试科目"), ordering="sitting__enrolment__exam__name")
    def exam_link(self, incident: Incident) -> SafeString:
        return rows.to_exam(incident.sitting.enrolment.exam)

    @admin.display(description=gettext_lazy("持续"))
    def lasted(self, incident: Incident) -> str:
        return page.incident_line(incident, timezone.now()).lasted or "—"

    @admin.display(description=gettext_lazy("图片"))
    def pictures(self, incident: Incident) -> int | str:
        return len(incident.snapshots.all()) or "—"

    @admin.display(description=gettext_lazy("处理状态"), ordering="review")
    def review_badge(self, incident: Incident) -> SafeString:
        return links.badge(incident.review_name, words.review_tone(incident))

    # --- one ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show an incident with everything that helps to judge it."""
        number = unquote(object_id)
        if not number.isdecimal():
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        incident = get_object_or_404(self.get_queryset(request), pk=number)
        photos = incident.sitting.enrolment.photos.in_force()
        context = {
            **self.admin_site.each_context(request),
            "title": incident.get_kind_display(),
            "opts": self.opts,
            "line": page.incident_line(incident, timezone.now()),
            "sitting": incident.sitting,
            "enrolment": incident.sitting.enrolment,
            "exam": incident.sitting.enrolment.exam,
            "photos": list(photos) if request.user.has_perm("exams.view_referencephoto") else [],
            "sees_pictures": request.user.has_perm("proctoring.view_snapshot"),
            "offers": acts.offers(request, incident.sitting, [acts.Kind.REVIEW_INCIDENT, acts.Kind.REVIEW_AGAIN]),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/proctoring/incident/page.html", context)
        add_never_cache_headers(response)
        return response

    # --- many ---

    def has_intervene_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("proctoring.intervene")

    @admin.action(description=gettext_lazy("排除所选异常"), permissions=["intervene"])
    def dismiss_many(self, request: HttpRequest, queryset: QuerySet[Incident]) -> HttpResponse | None:
        """Dismiss several at once; confirming is done one by one, with the pictures in sight."""
        chosen = list(queryset.select_related("sitting__enrolment"))
        act = acts.ACTS[acts.Kind.REVIEW_INCIDENT.value]
        posted = (
            {**request.POST.dict(), "outcome": Incident.Review.DISMISSED.value} if "apply" in request.POST else None
        )
        form = act.form(posted, auto_id="many_%s")
        if form.is_bound and form.is_valid():
            self._dismiss(request, chosen, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("排除所选异常"),
            "opts": self.opts,
            "act": act,
            "action": "dismiss_many",
            "form": form,
            "chosen": chosen,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/proctoring/incident/bulk.html", context)

    def _dismiss(self, request: HttpRequest, chosen: list[Incident], reason: str) -> None:
        done = 0
        for incident in chosen:
            try:
                reviews.review_incident(
                    incident,
                    outcome=Incident.Review.DISMISSED,
                    by=cast(AbstractUser, request.user),
                    reason=reason,
                    now=timezone.now(),
                )
            except Refused as refused:
                self.message_user(request, f"{incident}: {refused}", messages.WARNING)
                continue
            done += 1
            logged = f"{for_staff(words.review_name(incident))}: {reason}"
            self.log_change(request, incident.sitting, logged)  # type: ignore[arg-type]
        told = ngettext("已排除%(count)d项异常。", "已排除%(count)d项异常。", done) % {"count": done}
        self.message_user(request, told, messages.SUCCESS if done else messages.WARNING)
