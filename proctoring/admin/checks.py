"""Identity checks for staff: what the machine or a person decided, with the pictures side by side."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from exams.admin import columns
from exams.admin import links as rows
from exams.admin.filters import ByExam, ByPlan
from exams.admin.read_only import ReadOnly
from proctoring.admin import links, page
from proctoring.models import IdentityCheck


@admin.register(IdentityCheck)
class IdentityCheckAdmin(ReadOnly, admin.ModelAdmin[IdentityCheck]):
    moment = columns.moment("decided_at", _("判定时间"), columns.SHORT)
    list_display = ("moment", "who", "exam_link", "occasion", "verdict_badge", "meaning", "frames", "has_picture")
    list_display_links = ("moment",)
    list_filter = (
        "occasion",
        "verdict",
        ("sitting__enrolment__exam__plan", ByPlan),
        ("sitting__enrolment__exam", ByExam),
    )
    search_fields = ("sitting__enrolment__name", "sitting__enrolment__account_number")
    search_help_text = _("姓名、考试账号")
    date_hierarchy = "decided_at"
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityCheck]:
        related = ("sitting__enrolment__exam", "sitting__enrolment__candidate")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("考生"), ordering="sitting__enrolment__name")
    def who(self, check: IdentityCheck) -> SafeString:
        return links.to_sitting(check.sitting, "identity")

    @admin.display(description=_("考试科目"), ordering="sitting__enrolment__exam__name")
    def exam_link(self, check: IdentityCheck) -> SafeString:
        return rows.to_exam(check.sitting.enrolment.exam)

    @admin.display(description=_("结论"), ordering="verdict")
    def verdict_badge(self, check: IdentityCheck) -> SafeString:
        return links.state(check.verdict, check.get_verdict_display())

    @admin.display(description=_("比对结果"), ordering="distance")
    def meaning(self, check: IdentityCheck) -> str:
        return page.check_line(check).meaning or "—"

    @admin.display(description=_("图片"), boolean=True)
    def has_picture(self, check: IdentityCheck) -> bool:
        return check.snapshot_id is not None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the picture that was judged beside the reference photos."""
        number = unquote(object_id)
        if not number.isdecimal():
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        check = get_object_or_404(self.get_queryset(request).select_related("snapshot"), pk=number)
        enrolment = check.sitting.enrolment
        photos = enrolment.photos.in_force()
        context = {
            **self.admin_site.each_context(request),
            "title": _("身份核验"),
            "opts": self.opts,
            "line": page.check_line(check),
            "sitting": check.sitting,
            "enrolment": enrolment,
            "exam": enrolment.exam,
            "photos": list(photos) if request.user.has_perm("exams.view_referencephoto") else [],
            "sees_pictures": request.user.has_perm("proctoring.view_snapshot"),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/proctoring/identitycheck/page.html", context)
        add_never_cache_headers(response)
        return response
