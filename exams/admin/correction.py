"""What candidates say is wrong with their details: an organizer mends it, and writes down what was done."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from exams.admin import columns, links
from exams.admin.filters import ByExam, ByPlan
from exams.admin.read_only import NotMadeHere
from exams.models import Correction


class BySettled(admin.SimpleListFilter):
    """What still waits, and what is done."""

    title = _("处理状态")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("待处理")), ("yes", _("已处理"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Correction]) -> QuerySet[Correction]:
        known = {"no": True, "yes": False}
        value = self.value()
        return queryset.filter(settled_at__isnull=known[value]) if value in known else queryset


class SettleForm(forms.ModelForm[Correction]):
    """What was done about it; without a word it is not settled."""

    class Meta:
        model = Correction
        fields = ("settlement",)
        help_texts = {
            "settlement": _(
                "写明如何处理的，例如“已核对证件，姓名已更正”。保存后记为已处理；清空并保存则恢复为待处理。"
            )
        }
        widgets = {"settlement": forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"})}


@admin.register(Correction)
class CorrectionAdmin(NotMadeHere, admin.ModelAdmin[Correction]):
    """What waits comes first; the details as they stand are beside what the candidate says."""

    form = SettleForm
    said_at = columns.moment("created_at", _("提交时间"), columns.SHORT)
    list_display = ("who", "exam_link", "text", "said_at", "state", "settlement", "settled_by")
    list_display_links = ("text",)
    list_filter = (BySettled, ("enrolment__exam__plan", ByPlan), ("enrolment__exam", ByExam))
    search_fields = ("enrolment__name", "enrolment__account_number", "text")
    search_help_text = _("姓名、考试账号或说明内容")
    readonly_fields = ("enrolment_link", "details", "text", "created_at", "settled_at", "settler")
    fields = ("enrolment_link", "text", "created_at", "details", "settlement", ("settled_at", "settler"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Correction]:
        corrections = super().get_queryset(request).select_related("enrolment__exam", "enrolment__candidate")
        return corrections.select_related("settled_by")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("settled_at").desc(nulls_first=True), "created_at")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any
    ) -> HttpResponse:
        correction = context.get("original")
        context["page_name"] = correction.enrolment if correction else ""
        return super().render_change_form(request, context, *args, **more)

    @admin.display(description=_("考生"), ordering="enrolment__name")
    def who(self, correction: Correction) -> SafeString:
        enrolment = correction.enrolment
        return format_html(
            '{}<span class="beneath">{}</span>', links.to_row(enrolment, enrolment.name), enrolment.account_number
        )

    @admin.display(description=_("考试科目"), ordering="enrolment__exam__name")
    def exam_link(self, correction: Correction) -> SafeString:
        return links.to_exam(correction.enrolment.exam)

    @admin.display(description=_("处理人"))
    def settler(self, correction: Correction) -> str:
        """A name: Django would link to the account, which is closed to organizers."""
        return str(correction.settled_by or "—")

    @admin.display(description=_("状态"), ordering="settled_at")
    def state(self, correction: Correction) -> SafeString:
        waits = correction.settled_at is None
        tone, name = (" badge--warning", _("待处理")) if waits else ("", _("已处理"))
        return format_html('<span class="badge{}">{}</span>', tone, name)

    @admin.display(description=_("考生"))
    def enrolment_link(self, correction: Correction) -> SafeString:
        return format_html("{} · {}", links.to_row(correction.enrolment), links.to_row(correction.enrolment.exam))

    @admin.display(description=_("现有信息"))
    def details(self, correction: Correction) -> SafeString:
        """The details that the candidate was shown, as they stand now, with the way to mend them."""
        enrolment = correction.enrolment
        told = (
            (_("姓名"), enrolment.name),
            (_("证件号"), enrolment.candidate.masked_id),
            (_("性别"), enrolment.gender or "—"),
            (_("单位"), enrolment.organization or "—"),
            (_("考点"), enrolment.site or "—"),
            (_("考场"), enrolment.room or "—"),
            (_("座位"), enrolment.seat or "—"),
        )
        facts = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", told)
        return format_html('<dl class="facts">{}</dl><p>{}</p>', facts, links.to_row(enrolment, _("去修改报考信息")))

    def save_model(self, request: HttpRequest, obj: Correction, form: object, change: bool) -> None:
        obj.settled_at = timezone.now() if obj.settlement else None
        obj.settled_by_id = request.user.pk if obj.settlement else None
        super().save_model(request, obj, form, change)
