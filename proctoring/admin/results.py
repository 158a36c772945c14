"""Results with their points and whether they count; the decision itself is made on the page of the sitting."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from exams import queries
from exams.admin import downloads
from exams.admin import links as rows
from exams.admin.filters import ByExam, ByPlan, FirstPictureOfResult, Practice
from exams.admin.read_only import ReadOnly
from exams.models import Enrolment, Exam, ReferencePhoto, Result
from exams.services.changes import for_reader
from proctoring.admin import links, words


@admin.register(Result)
class ResultAdmin(ReadOnly, admin.ModelAdmin[Result]):
    list_display = (
        "who",
        "exam_link",
        "place",
        "score",
        "pass_badge",
        "validity_badge",
        "why",
        "first_picture",
        "decision",
    )
    list_display_links = ("who",)
    list_filter = (
        Practice,
        "validity",
        "passed",
        FirstPictureOfResult,
        ("sitting__enrolment__exam__plan", ByPlan),
        ("sitting__enrolment__exam", ByExam),
        "sitting__enrolment__room",
    )
    search_fields = (
        "sitting__enrolment__name",
        "sitting__enrolment__account_number",
        "sitting__enrolment__organization",
    )
    search_help_text = _("姓名、考试账号、单位")
    ordering = ("sitting__enrolment__exam", "sitting__enrolment__account_number")
    list_per_page = 100
    all_rows = f"{Practice.parameter_name}=all"  # what the link beside the search asks for
    change_list_template = "admin/exams/result/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Result]:
        related = ("sitting__enrolment__exam__plan", "sitting__enrolment__candidate", "decided_by")
        results = super().get_queryset(request).select_related(*related)
        return results.prefetch_related(queries.first_pictures("sitting__enrolment__"))

    @admin.display(description=_("考生"), ordering="sitting__enrolment__name")
    def who(self, result: Result) -> SafeString:
        return links.candidate(result.sitting.enrolment)

    @admin.display(description=_("考试科目"), ordering="sitting__enrolment__exam__name")
    def exam_link(self, result: Result) -> SafeString:
        return rows.to_exam(result.sitting.enrolment.exam)

    @admin.display(description=_("考场 · 座位"), ordering="sitting__enrolment__room")
    def place(self, result: Result) -> str:
        return links.seat(result.sitting.enrolment)

    @admin.display(description=_("得分"), ordering="points")
    def score(self, result: Result) -> SafeString:
        return format_html(
            '<strong class="numeric">{}</strong> <span class="muted numeric">/ {}</span>',
            result.points.normalize().__format__("f"),
            result.points_possible.normalize().__format__("f"),
        )

    @admin.display(description=_("是否及格"), ordering="passed")
    def pass_badge(self, result: Result) -> SafeString | str:
        if result.passed is None:  # the exam has no pass mark
            return "—"
        return links.badge(_("及格"), "success") if result.passed else links.badge(_("不及格"))

    @admin.display(description=_("有效性"), ordering="validity")
    def validity_badge(self, result: Result) -> SafeString:
        return links.state(result.validity, words.validity(result))

    @admin.display(description=_("有效性说明"), ordering="validity_reason")
    def why(self, result: Result) -> str:
        return for_reader(result.validity_reason)

    @admin.display(description=_("首次采集的底照"))
    def first_picture(self, result: Result) -> SafeString | str:
        """How it stands with the comparison; where it waits, the way to it."""
        found = queries.first_picture(result.sitting.enrolment)
        if found is None:
            return "—"
        badge = links.badge(found.label, words.COMPARISON_TONES[found])
        waits = found == ReferencePhoto.Comparison.WAITING
        return (
            format_html('<a href="{}">{}</a>', links.sitting_url(result.sitting_id, "identity"), badge)
            if waits
            else badge
        )

    @admin.display(description=_("裁定"), ordering="decided_at")
    def decision(self, result: Result) -> str:
        if result.decided_at is None:
            return "—"
        return f"{result.decided_by or '—'} {timezone.localtime(result.decided_at):%m-%d %H:%M}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A result is looked at on the page of its sitting, where everything that bears on it stands."""
        number = unquote(object_id)
        if not number.isdecimal():
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        result = get_object_or_404(Result, pk=number)
        return HttpResponseRedirect(links.sitting_url(result.sitting_id, "result"))

    # --- download ---

    def has_export_permission(self, request: HttpRequest) -> bool:
        return downloads.may(request)

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/<str:form>/", export, name="exams_result_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_export": downloads.may(request), "query": request.GET.urlencode()}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    @method_decorator(require_GET)
    def export_view(self, request: HttpRequest, form: str) -> HttpResponse:
        """Hand out the results that the list shows, with the same search and filters."""
        if not (self.has_view_permission(request) and downloads.may(request)):
            raise PermissionDenied
        chosen = self.get_changelist_instance(request).get_queryset(request)
        enrolments = Enrolment.objects.filter(sitting__result__in=chosen.order_by().values("pk"))
        response = downloads.results(enrolments, form, "results")
        for exam in Exam.objects.filter(enrolments__in=enrolments.order_by().values("pk")).distinct():
            self.log_change(request, exam, downloads.logged(form))  # type: ignore[arg-type]
        return response
