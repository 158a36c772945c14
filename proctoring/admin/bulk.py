"""The same act for many sittings: a page in between asks for the reason, each sitting is decided on for itself."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exams.models import Sitting
from exams.services.changes import for_staff
from proctoring.admin.acts import ACTS, Act, Kind
from proctoring.services import interventions

MOST = 1000
NAMED = 10  # refusals that are told one by one


class ActsOnMany:
    """The bulk actions of the list of sittings."""

    admin_site: Any
    opts: Any
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    def has_intervene_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("proctoring.intervene")

    @admin.action(description=gettext_lazy("暂停所选考试"), permissions=["intervene"])
    def pause_many(self, request: HttpRequest, queryset: QuerySet[Sitting]) -> HttpResponse | None:
        return self._many(request, queryset, ACTS[Kind.PAUSE.value], "pause_many")

    @admin.action(description=gettext_lazy("恢复所选考试"), permissions=["intervene"])
    def resume_many(self, request: HttpRequest, queryset: QuerySet[Sitting]) -> HttpResponse | None:
        return self._many(request, queryset, ACTS[Kind.RESUME.value], "resume_many")

    @admin.action(description=gettext_lazy("为所选考试延长时间"), permissions=["intervene"])
    def extend_many(self, request: HttpRequest, queryset: QuerySet[Sitting]) -> HttpResponse | None:
        return self._many(request, queryset, ACTS[Kind.EXTEND.value], "extend_many")

    @admin.action(description=gettext_lazy("向所选考生发送消息"), permissions=["intervene"])
    def message_many(self, request: HttpRequest, queryset: QuerySet[Sitting]) -> HttpResponse | None:
        return self._many(request, queryset, ACTS[Kind.MESSAGE.value], "message_many")

    def _many(self, request: HttpRequest, queryset: QuerySet[Sitting], act: Act, action: str) -> HttpResponse | None:
        chosen = list(queryset.select_related("enrolment__exam")[:MOST])
        form = act.form(request.POST if "apply" in request.POST else None, auto_id="many_%s")
        if form.is_bound and form.is_valid():
            self._do(request, chosen, act, form.words())  # type: ignore[attr-defined]
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "act": act,
            "action": action,
            "form": form,
            "chosen": chosen,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/exams/sitting/bulk.html", context)

    def _do(self, request: HttpRequest, chosen: list[Sitting], act: Act, words: dict[str, Any]) -> None:
        done, refused = interventions.for_each(chosen, act.run, by=request.user, now=timezone.now(), **words)
        left_out = {sitting.pk for sitting, _reason in refused}
        reason = words.get("reason") or words.get("text", "")
        for sitting in chosen:
            if sitting.pk not in left_out:
                self.log_change(request, sitting, f"{for_staff(act.kind.label)}: {reason}")
        if done:
            told = ngettext("已对%(count)d份答卷执行：%(act)s。", "已对%(count)d份答卷执行：%(act)s。", done)
            self.message_user(request, told % {"count": done, "act": act.label}, messages.SUCCESS)
        for sitting, why in refused[:NAMED]:
            self.message_user(request, _("%(who)s：%(why)s") % {"who": sitting.enrolment, "why": why}, messages.WARNING)
        if more := len(refused) - NAMED if len(refused) > NAMED else 0:
            told = ngettext("另有%(count)d份答卷未执行。", "另有%(count)d份答卷未执行。", more)
            self.message_user(request, told % {"count": more}, messages.WARNING)
