"""Calls for help and what was answered; the answer itself is written on the page of the sitting."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from exams.admin import columns
from exams.admin import links as rows
from exams.admin.filters import ByExam, ByPlan
from exams.admin.read_only import ReadOnly
from proctoring.admin import links
from proctoring.models import Message


class SettledFilter(admin.SimpleListFilter):
    """Calls for help by whether somebody has answered."""

    title = _("求助处理")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("待处理")), ("yes", _("已处理"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        calls = queryset.filter(direction=Message.Direction.FROM_CANDIDATE)
        if self.value() == "no":
            return calls.filter(settled_at__isnull=True)
        return calls.filter(settled_at__isnull=False) if self.value() == "yes" else queryset


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin[Message]):
    moment = columns.moment("at", _("时间"), columns.SHORT)
    by_whom = columns.staff("by", _("考务人员"))
    list_display = ("moment", "direction_badge", "who", "exam_link", "place", "text", "by_whom", "state")
    list_display_links = ("moment",)
    list_filter = (
        SettledFilter,
        "direction",
        ("sitting__enrolment__exam__plan", ByPlan),
        ("sitting__enrolment__exam", ByExam),
    )
    search_fields = ("sitting__enrolment__name", "sitting__enrolment__account_number", "text")
    search_help_text = _("姓名、考试账号、消息内容")
    date_hierarchy = "at"
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        related = ("sitting__enrolment__exam", "sitting__enrolment__candidate", "by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("方向"), ordering="direction")
    def direction_badge(self, message: Message) -> SafeString:
        called = message.direction == Message.Direction.FROM_CANDIDATE
        if message.announcement_id:
            return links.badge(message._meta.get_field("announcement").verbose_name)
        return links.badge(message.get_direction_display(), "accent" if called else "")

    @admin.display(description=_("考生"), ordering="sitting__enrolment__name")
    def who(self, message: Message) -> SafeString:
        return links.to_sitting(message.sitting, "messages")

    @admin.display(description=_("考试科目"), ordering="sitting__enrolment__exam__name")
    def exam_link(self, message: Message) -> SafeString:
        return rows.to_exam(message.sitting.enrolment.exam)

    @admin.display(description=_("考场 · 座位"))
    def place(self, message: Message) -> str:
        return links.seat(message.sitting.enrolment)

    @admin.display(description=_("状态"), ordering="settled_at")
    def state(self, message: Message) -> SafeString | str:
        if message.direction == Message.Direction.FROM_CANDIDATE:
            return links.badge(_("已处理")) if message.settled_at else links.badge(_("待处理"), "warning")
        return str(_("已读")) if message.seen_at else str(_("未读"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A message is read where it can be answered."""
        number = unquote(object_id)
        if not number.isdecimal():
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = get_object_or_404(Message, pk=number)
        return HttpResponseRedirect(links.sitting_url(message.sitting_id, "messages"))
