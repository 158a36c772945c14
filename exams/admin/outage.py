"""When the servers were away, and how many candidates were given their time back. Written by the servers alone."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exams.admin import columns
from exams.admin.read_only import ReadOnly
from exams.models import Compensation, ServerOutage
from exams.wording import staff_name


class CompensationInline(ReadOnly, admin.TabularInline[Compensation, ServerOutage]):
    model = Compensation
    extra = 0
    can_delete = False
    fields = ("candidate", "exam", "length", "moment", "given_by")
    readonly_fields = fields
    moment = columns.moment("at", gettext_lazy("时间"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Compensation]:
        return super().get_queryset(request).select_related("sitting__enrolment__exam", "by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("exams.view_serveroutage") and request.user.has_perm("exams.view_sitting")

    @admin.display(description=gettext_lazy("考生"))
    def candidate(self, one: Compensation) -> str:
        return f"{one.sitting.enrolment.name} {one.sitting.enrolment.account_number}"

    @admin.display(description=gettext_lazy("考试科目"))
    def exam(self, one: Compensation) -> str:
        return one.sitting.enrolment.exam.name

    @admin.display(description=gettext_lazy("补时"))
    def length(self, one: Compensation) -> str:
        return in_words(one.seconds)

    @admin.display(description=gettext_lazy("依据"))
    def given_by(self, one: Compensation) -> str:
        return staff_name(one.by) if one.by else _("考试规则（自动）")


@admin.register(ServerOutage)
class ServerOutageAdmin(ReadOnly, admin.ModelAdmin[ServerOutage]):
    began = columns.moment("began_at", gettext_lazy("开始"))
    ended = columns.moment("ended_at", gettext_lazy("结束"))
    list_display = ("began", "ended", "length", "given", "most")
    date_hierarchy = "began_at"
    inlines = (CompensationInline,)
    fields = ("began", "ended", "length")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServerOutage]:
        figures = {"people": Count("compensations"), "longest": Max("compensations__seconds")}
        return super().get_queryset(request).annotate(**figures)

    @admin.display(description=gettext_lazy("时长"))
    def length(self, outage: ServerOutage) -> str:
        return in_words(round((outage.ended_at - outage.began_at).total_seconds()))

    @admin.display(description=gettext_lazy("已补时"), ordering="people")
    def given(self, outage: ServerOutage) -> str:
        count = getattr(outage, "people", 0)
        return ngettext("%(count)d人", "%(count)d人", count) % {"count": count}

    @admin.display(description=gettext_lazy("每人最多"), ordering="longest")
    def most(self, outage: ServerOutage) -> str:
        seconds = getattr(outage, "longest", None)
        return in_words(seconds) if seconds else "—"


def in_words(seconds: int) -> str:
    """Return minutes and seconds."""
    minutes, rest = divmod(seconds, 60)
    parts = [ngettext("%(count)d分钟", "%(count)d分钟", minutes) % {"count": minutes}] if minutes else []
    if rest or not minutes:
        parts.append(ngettext("%(count)d秒", "%(count)d秒", rest) % {"count": rest})
    return " ".join(parts)
