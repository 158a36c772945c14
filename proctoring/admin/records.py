"""The record: what staff did and changed, and who looked at whose pictures. Read, never written here."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from exams.admin import columns
from exams.admin import links as rows
from exams.admin.filters import ByExam, ByPlan
from exams.admin.read_only import ReadOnly
from exams.services.changes import for_reader
from proctoring.admin import links
from proctoring.models import Intervention, PictureViewing, RoomViewing


@admin.register(Intervention)
class InterventionAdmin(ReadOnly, admin.ModelAdmin[Intervention]):
    moment = columns.moment("at", _("时间"))
    by_whom = columns.staff("by", _("考务人员"))
    list_display = ("moment", "kind_name", "who", "exam_link", "why", "by_whom")
    list_display_links = None
    list_filter = ("kind", "by", ("sitting__enrolment__exam__plan", ByPlan), ("sitting__enrolment__exam", ByExam))
    search_fields = ("sitting__enrolment__name", "sitting__enrolment__account_number", "reason")
    search_help_text = _("姓名、考试账号、原因")
    date_hierarchy = "at"
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intervention]:
        return super().get_queryset(request).select_related("sitting__enrolment__exam", "by")

    @admin.display(description=_("处置"), ordering="kind")
    def kind_name(self, done: Intervention) -> str:
        return str(done.get_kind_display())

    @admin.display(description=_("考生"), ordering="sitting__enrolment__name")
    def who(self, done: Intervention) -> SafeString:
        return links.to_sitting(done.sitting, "history")

    @admin.display(description=_("考试科目"), ordering="sitting__enrolment__exam__name")
    def exam_link(self, done: Intervention) -> SafeString:
        return rows.to_exam(done.sitting.enrolment.exam)

    @admin.display(description=_("原因"), ordering="reason")
    def why(self, done: Intervention) -> str:
        return for_reader(done.reason)


@admin.register(PictureViewing)
class PictureViewingAdmin(ReadOnly, admin.ModelAdmin[PictureViewing]):
    moment = columns.moment("at", _("查看时间"))
    by_whom = columns.staff("by", _("查看人"))
    list_display = ("moment", "by_whom", "kind", "picture", "enrolment_link")
    list_display_links = None
    list_filter = ("kind", "by", ("enrolment__exam", ByExam))
    search_fields = ("enrolment__name", "enrolment__account_number", "by__username")
    search_help_text = _("姓名、考试账号、查看人")
    date_hierarchy = "at"
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[PictureViewing]:
        return super().get_queryset(request).select_related("enrolment", "by")

    @admin.display(description=_("考生"), ordering="enrolment__name")
    def enrolment_link(self, viewing: PictureViewing) -> SafeString:
        return rows.to_row(viewing.enrolment, links.candidate(viewing.enrolment))


@admin.register(RoomViewing)
class RoomViewingAdmin(ReadOnly, admin.ModelAdmin[RoomViewing]):
    began = columns.moment("began_at", _("开始"))
    ended = columns.moment("ended_at", _("结束"))
    by_whom = columns.staff("by", _("查看人"))
    list_display = ("began", "ended", "by_whom", "exam_link")
    list_display_links = None
    list_filter = ("by", "exam__plan", "exam")
    date_hierarchy = "began_at"
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoomViewing]:
        return super().get_queryset(request).select_related("exam", "by")

    @admin.display(description=_("考试科目"), ordering="exam__name")
    def exam_link(self, viewing: RoomViewing) -> SafeString:
        return rows.to_row(viewing.exam)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly, admin.ModelAdmin[LogEntry]):
    """What was changed in the back office, by hand or by an act; for superusers, who answer for it."""

    moment = columns.moment("action_time", _("时间"))
    list_display = ("moment", "user", "content_type", "object_repr", "change")
    list_display_links = None
    list_filter = ("user", "content_type", "action_flag")
    search_fields = ("object_repr", "change_message", "user__username")
    search_help_text = _("对象、变更内容或操作人")
    date_hierarchy = "action_time"
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return super().get_queryset(request).select_related("user", "content_type")

    @admin.display(description=_("变更"))
    def change(self, entry: LogEntry) -> str:
        return for_reader(entry.get_change_message())
