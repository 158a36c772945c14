"""Plans and exams: what was imported, and the rules an organizer may still change before the exam."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from exams.admin import columns, downloads, links
from exams.admin.filters import ByPlan
from exams.admin.read_only import NotMadeHere, ReadOnly
from exams.models import Enrolment, Exam, Plan, PlannedPause, Result, Section, Sitting
from exams.services import papers, planned_pauses
from exams.services.changes import for_staff
from exams.services.refusals import Refused

ROOM = "admin:exams_sitting_room"  # the room is proctoring's page


class ExamInline(ReadOnly, admin.TabularInline[Exam, Plan]):
    model = Exam
    extra = 0
    fields = ("link", "code", "opens_at", "closes_at", "duration_minutes", "face_rule", "is_practice")
    readonly_fields = fields
    verbose_name_plural = pgettext_lazy("models", "考试科目")
    can_delete = False

    @admin.display(description=_("考试科目"))
    def link(self, exam: Exam) -> SafeString:
        return links.to_row(exam)


@admin.register(Plan)
class PlanAdmin(NotMadeHere, admin.ModelAdmin[Plan]):
    """Plans are imported: manage.py import_plan."""

    imported = columns.moment("imported_at", _("导入时间"))
    list_display = ("name", "code", "host", "certifying_body", "exams", "enrolments", "imported")
    search_fields = ("name", "code", "host")
    search_help_text = _("计划名称、编号或主办单位")
    readonly_fields = ("code", "timezone", "check_code_kind", "imported_at")
    fields = ("name", "code", ("host", "certifying_body"), ("check_code_kind", "timezone"), "notice", "imported_at")
    inlines = (ExamInline,)
    change_form_template = "admin/exams/plan/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        counts = {
            "exam_count": Count("exams", distinct=True),
            "enrolment_count": Count("exams__enrolments", distinct=True),
        }
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description=pgettext_lazy("models", "考试科目"), ordering="exam_count")
    def exams(self, plan: Plan) -> SafeString:
        return links.to_list(Exam, getattr(plan, "exam_count", 0), plan__id__exact=plan.pk)

    @admin.display(description=pgettext_lazy("models", "报考"), ordering="enrolment_count")
    def enrolments(self, plan: Plan) -> SafeString:
        return links.to_list(Enrolment, getattr(plan, "enrolment_count", 0), exam__plan__id__exact=plan.pk)


class SectionInline(ReadOnly, admin.TabularInline[Section, Exam]):
    model = Section
    extra = 0
    can_delete = False
    fields = (
        "position",
        "kind",
        "title",
        "points_each",
        "draw",
        "shuffle_questions",
        "shuffle_options",
        "multiple_scoring",
    )
    readonly_fields = fields


class PlannedPauseForm(forms.ModelForm[PlannedPause]):
    """Says in place what a plan cannot be, by the same rule as the room."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.instance.pk is None:
            asked = {name: cleaned[name] for name in ("begins_at", "minutes", "room", "reason")}
            made = PlannedPause(exam=cleaned.get("exam") or self.instance.exam, **asked)
            if fault := planned_pauses.fault_of(made, timezone.now()):
                raise forms.ValidationError(fault)
        return cleaned


class PlannedPauseInline(admin.TabularInline[PlannedPause, Exam]):
    """Pauses for everybody: planned and given up here, or in the room."""

    model = PlannedPause
    form = PlannedPauseForm
    extra = 0
    fields = ("begins_at", "minutes", "room", "reason", "made_by", "stage")
    readonly_fields = ("made_by", "stage")
    can_delete = False

    @admin.display(description=_("状态"))
    def stage(self, planned: PlannedPause) -> SafeString | str:
        """Say how it stands, with the button that gives it up."""
        if planned.pk is None:
            return "—"
        if planned.cancelled_at is not None:
            return str(_("已取消"))
        if planned.finished_at is not None or planned.ends_at <= timezone.now():
            return str(_("已结束"))
        url = reverse("admin:exams_exam_cancel_pause", args=[planned.exam_id, planned.pk])
        button = '<button class="button button--small" type="submit" formnovalidate formaction="{}">{}</button>'
        return format_html(button, url, _("取消"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a plan is given up, and another one made


@admin.register(Exam)
class ExamAdmin(NotMadeHere, admin.ModelAdmin[Exam]):
    list_display = (
        "name",
        "room",
        "window",
        "enrolments",
        "sittings",
        "results",
        "duration_minutes",
        "code",
        "plan_link",
    )
    list_filter = (("plan", ByPlan), "is_practice", "face_rule")
    search_fields = ("name", "code", "plan__name", "plan__code")
    search_help_text = _("科目名称、编号，或计划名称、编号")
    date_hierarchy = "opens_at"
    inlines = (SectionInline, PlannedPauseInline)
    change_form_template = "admin/exams/exam/page.html"
    fieldsets = (
        (None, {"fields": ("plan", ("name", "code"), "is_practice", "help_contact", "prepared")}),
        (
            _("时间"),
            {
                "fields": (
                    ("opens_at", "closes_at"),
                    ("duration_minutes", "check_in_opens_minutes"),
                    ("late_entry_minutes", "earliest_hand_in_minutes"),
                    "entry_spread_seconds",
                )
            },
        ),
        (
            _("身份核验"),
            {
                "fields": (
                    ("face_rule", "check_in_attempts"),
                    ("after_failed_check_in", "without_reference"),
                    ("asks_to_turn", "second_camera"),
                    "second_review",
                )
            },
        ),
        (
            _("考场规则"),
            {
                "fields": (
                    "full_screen",
                    ("switch_limit", "after_switch_limit"),
                    ("late_responses", "late_grace_seconds"),
                    ("outage_rule", "outage_most_minutes"),
                )
            },
        ),
        (_("成绩"), {"fields": ("pass_mark",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exam]:
        counts = {
            "enrolment_count": Count("enrolments", distinct=True),
            "sitting_count": Count("enrolments__sitting", distinct=True),
            "result_count": Count("enrolments__sitting__result", distinct=True),
        }
        return super().get_queryset(request).select_related("plan").annotate(**counts)

    def get_readonly_fields(self, request: HttpRequest, obj: Exam | None = None) -> tuple[str, ...]:
        """Once somebody sits the exam its rules stand; the contact may change, and what an outage gives back."""
        fixed = ("plan", "code", "prepared")
        if obj is None or not _has_begun(obj):
            return fixed
        free = {"id", "help_contact", "outage_rule", "outage_most_minutes"}
        return (*(field.name for field in Exam._meta.fields if field.editable and field.name not in free), "prepared")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Note who plans a pause, and when."""
        for one in formset.save(commit=False):
            if isinstance(one, PlannedPause) and one.pk is None:
                one.made_at, one.made_by_id = timezone.now(), request.user.pk
            one.save()
        planned_pauses.forget(form.instance)

    @admin.display(description=_("考试计划"), ordering="plan__name")
    def plan_link(self, exam: Exam) -> SafeString:
        return links.to_row(exam.plan)

    @admin.display(description=_("已备试卷"))
    def prepared(self, exam: Exam) -> str:
        """Tell how many papers are drawn ahead, and when the others are."""
        ready = {"ready": papers.prepared_count(exam), "all": exam.enrolments.count()}
        if exam.opens_at <= timezone.now():
            return gettext("%(ready)d / %(all)d 份；其余在考生进入时抽取") % ready
        return gettext("%(ready)d / %(all)d 份；其余在开考前15分钟自动抽取") % ready

    @admin.display(description=_("考试时间"), ordering="opens_at")
    def window(self, exam: Exam) -> SafeString:
        opens, closes = timezone.localtime(exam.opens_at), timezone.localtime(exam.closes_at)
        begin, end = opens.strftime("%Y-%m-%d %H:%M"), closes.strftime("%Y-%m-%d %H:%M")
        if opens.date() == closes.date():
            end = closes.strftime("%H:%M")
        return format_html("<time>{}</time>&nbsp;– <time>{}</time>", begin, end)

    @admin.display(description=pgettext_lazy("models", "报考"), ordering="enrolment_count")
    def enrolments(self, exam: Exam) -> SafeString:
        return links.to_list(Enrolment, getattr(exam, "enrolment_count", 0), exam__id__exact=exam.pk)

    @admin.display(description=pgettext_lazy("models", "答卷"), ordering="sitting_count")
    def sittings(self, exam: Exam) -> SafeString:
        return links.to_list(Sitting, getattr(exam, "sitting_count", 0), enrolment__exam__id__exact=exam.pk)

    @admin.display(description=pgettext_lazy("models", "成绩"), ordering="result_count")
    def results(self, exam: Exam) -> SafeString:
        count = getattr(exam, "result_count", 0)
        return links.to_list(Result, count, sitting__enrolment__exam__id__exact=exam.pk)

    @admin.display(description=_("考务概览"))
    def room(self, exam: Exam) -> SafeString:
        return format_html('<a class="keep" href="{}">{}</a>', reverse(ROOM, args=[exam.pk]), _("进入概览"))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Leave out the links that would lead to a closed door."""
        seen = {"results": "exams.view_result", "sittings": "exams.view_sitting", "room": "exams.view_sitting"}
        return tuple(name for name in self.list_display if name not in seen or request.user.has_perm(seen[str(name)]))

    # --- one exam ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"may_export": downloads.may(request), "may_watch": request.user.has_perm("exams.view_sitting")}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any
    ) -> HttpResponse:
        exam = context.get("original")
        context["has_begun"] = exam is not None and _has_begun(exam)
        return super().render_change_form(request, context, *args, **more)

    def get_urls(self) -> list[URLPattern]:
        export, cancel = (self.admin_site.admin_view(view) for view in (self.export_view, self.cancel_pause_view))
        return [
            path("<int:pk>/export/<str:form>/", export, name="exams_exam_export"),
            path("<int:pk>/pauses/<int:number>/cancel/", cancel, name="exams_exam_cancel_pause"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def cancel_pause_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Give a planned pause up; whoever sweeps lets everybody go on whom it holds already."""
        if not request.user.has_perm("exams.add_plannedpause"):
            raise PermissionDenied
        planned = get_object_or_404(PlannedPause.objects.select_related("exam"), pk=number, exam=pk)
        try:
            planned_pauses.cancel(planned, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except Refused as refused:
            self.message_user(request, str(refused), messages.WARNING)
        else:
            self.log_change(request, planned.exam, f"{for_staff(planned_pauses.CANCELLED)}: {planned}")
            self.message_user(request, planned_pauses.CANCELLED, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:exams_exam_change", args=[pk]))

    @method_decorator(require_GET)
    def export_view(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """Hand out the results of everybody enrolled, those who did not come included."""
        if not downloads.may(request):
            raise PermissionDenied
        exam = get_object_or_404(Exam, pk=pk)
        response = downloads.results(Enrolment.objects.filter(exam=exam), form, "results")
        self.log_change(request, exam, downloads.logged(form))
        return response


def _has_begun(exam: Exam) -> bool:
    return Sitting.objects.filter(enrolment__exam=exam, started_at__isnull=False).exists()
