"""Enrolments with their photos and corrections; the ID number is found by its whole value and shown masked."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import services as accounts
from exams.admin import links
from exams.admin.filters import ByExam, ByPlan
from exams.admin.read_only import NotMadeHere, ReadOnly
from exams.models import Consent, Correction, Enrolment, Sitting
from exams.services import sittings


class CorrectionInline(ReadOnly, admin.TabularInline[Correction, Enrolment]):
    model = Correction
    extra = 0
    can_delete = False
    fields = ("created_at", "text", "settled_at", "settler", "settlement")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("处理人"))
    def settler(self, correction: Correction) -> str:
        return str(correction.settled_by or "—")  # a name: the account itself is closed to organizers


class ConsentInline(ReadOnly, admin.TabularInline[Consent, Enrolment]):
    model = Consent
    extra = 0
    can_delete = False
    fields = ("at", "version", "given")
    readonly_fields = fields


class HasCome(admin.SimpleListFilter):
    """Who has signed in and who has not."""

    title = gettext_lazy("到场情况")
    parameter_name = "came"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", gettext_lazy("未到")), ("yes", gettext_lazy("已登录"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        known = {"no": True, "yes": False}
        value = self.value()
        return queryset.filter(sitting__isnull=known[value]) if value in known else queryset


@admin.register(Enrolment)
class EnrolmentAdmin(NotMadeHere, admin.ModelAdmin[Enrolment]):
    list_display = ("name", "account_number", "masked_id", "exam_link", "room", "seat", "extra", "sitting_link")
    list_filter = (HasCome, ("exam__plan", ByPlan), ("exam", ByExam), "sitting__state", "room")
    search_fields = ("name", "account_number", "organization")
    search_help_text = gettext_lazy("姓名、考试账号或单位")
    list_per_page = 50
    inlines = (CorrectionInline, ConsentInline)
    change_list_template = "admin/exams/enrolment/list.html"
    change_form_template = "admin/exams/enrolment/page.html"
    readonly_fields = ("exam_link", "masked_id", "account_number", "photos", "sitting_link", "created_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("exam_link", "account_number"),
                    ("name", "gender"),
                    ("masked_id", "organization"),
                    ("site", "room"),
                    "seat",
                    ("extra_minutes", "extra_reason"),
                    ("sitting_link", "created_at"),
                )
            },
        ),
        (gettext_lazy("底照"), {"fields": ("photos",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        return super().get_queryset(request).select_related("exam__plan", "candidate", "sitting")

    @admin.display(description=gettext_lazy("证件号"))
    def masked_id(self, enrolment: Enrolment) -> str:
        return enrolment.candidate.masked_id

    @admin.display(description=gettext_lazy("考试科目"), ordering="exam__name")
    def exam_link(self, enrolment: Enrolment) -> SafeString:
        return links.to_exam(enrolment.exam)

    @admin.display(description=gettext_lazy("加时"), ordering="extra_minutes")
    def extra(self, enrolment: Enrolment) -> str:
        return _("%(count)s分钟") % {"count": enrolment.extra_minutes} if enrolment.extra_minutes else "—"

    @admin.display(description=gettext_lazy("答卷"), ordering="sitting__state")
    def sitting_link(self, enrolment: Enrolment) -> SafeString | str:
        sitting = getattr(enrolment, "sitting", None)
        return links.to_row(sitting, sitting.get_state_display()) if sitting else _("未到")

    @admin.display(description=gettext_lazy("在用底照"))
    def photos(self, enrolment: Enrolment) -> SafeString | str:
        """Show the pictures in force, each through the view that writes down who looked."""
        shown = enrolment.photos.in_force().order_by("position", "pk")
        if not shown:
            return _("没有底照")
        figures = format_html_join(
            "",
            '<figure class="photo photo--small"><img src="{}" alt="{}">'
            '<figcaption class="photo__caption">{}</figcaption></figure>',
            (
                (
                    reverse("proctoring:picture", args=["reference", photo.pk]),
                    _("底照"),
                    _("%(source)s，%(until)s到期删除")
                    % {"source": photo.get_source_display(), "until": timezone.localdate(photo.expires_at)},
                )
                for photo in shown
            ),
        )
        return format_html('<div class="pictures">{}</div>', figures)

    def get_fieldsets(self, request: HttpRequest, obj: Enrolment | None = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return shown if request.user.has_perm("exams.view_referencephoto") else shown[:1]

    def save_model(self, request: HttpRequest, obj: Enrolment, form: Any, change: bool) -> None:
        """Save, and let the clock of a running sitting follow the accommodation."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            sitting = Sitting.objects.filter(enrolment=obj).first()
            if sitting is not None and "extra_minutes" in form.changed_data:
                sittings.refresh_clock(sitting, timezone.now())

    # --- found by ID number ---

    def get_urls(self) -> list[URLPattern]:
        find = self.admin_site.admin_view(self.find)
        return [path("find/", find, name="exams_enrolment_find"), *super().get_urls()]

    @method_decorator([require_POST, sensitive_post_parameters("id_number")])
    def find(self, request: HttpRequest) -> HttpResponse:
        """Go to the enrolments of the person with this number; by POST, so that no address or log keeps it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = request.POST.get("id_number", "")
        candidate = accounts.find(number) if number.strip() else None
        if candidate is None:
            self.message_user(request, _("没有找到使用该证件号的考生，请核对完整的证件号。"), messages.WARNING)
            return redirect("admin:exams_enrolment_changelist")
        mine = list(Enrolment.objects.filter(candidate=candidate).values_list("pk", flat=True)[:2])
        if len(mine) == 1:
            return redirect("admin:exams_enrolment_change", mine[0])
        return redirect(f"{reverse('admin:exams_enrolment_changelist')}?candidate__id__exact={candidate.pk}")
