"""Candidates for staff: read-only, masked, found by their full ID number, and unlocked when they mistyped too often."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import services
from accounts.forms import FindCandidateForm
from accounts.models import Candidate, Credential


class ReadOnly:
    """Shows and changes nothing; what it shows is written by imports."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CredentialInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What signs the candidate in, and when; the code itself is not known to anybody."""

    model = Credential
    extra = 0
    fields = ("scope", "valid_from", "valid_until")


@admin.register(Candidate)
class CandidateAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Finds by POST: an ID number in an address would stay in histories and logs."""

    list_display = ("masked_number", "id_kind", "created_at")
    list_filter = ("id_kind",)
    ordering = ("-created_at",)
    fields = ("masked_number", "id_kind", "font_size", "created_at")
    readonly_fields = ("masked_number",)
    inlines = (CredentialInline,)
    change_list_template = "accounts/admin/candidate_list.html"
    change_form_template = "accounts/admin/candidate_page.html"

    @admin.display(description=gettext_lazy("证件号"))
    def masked_number(self, candidate: Candidate) -> str:
        return candidate.masked_id

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.unlock_candidate")

    def get_urls(self) -> list[URLPattern]:
        find = path("find/", self.admin_site.admin_view(self.find), name="accounts_candidate_find")
        unlock = path("<int:pk>/unlock/", self.admin_site.admin_view(self.unlock), name="accounts_candidate_unlock")
        return [find, unlock, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"find_form": FindCandidateForm(), **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any
    ) -> HttpResponse:
        context["may_unlock"] = self.has_unlock_permission(request)
        return super().render_change_form(request, context, *args, **more)

    @method_decorator([require_POST, sensitive_post_parameters("id_number")])
    def find(self, request: HttpRequest) -> HttpResponse:
        """Go to the candidate with this number."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = FindCandidateForm(request.POST)
        candidate = services.find(form.cleaned_data["id_number"]) if form.is_valid() else None
        if candidate is None:
            self.message_user(request, _("没有找到使用该证件号的考生，请核对完整的证件号。"), messages.WARNING)
            return redirect("admin:accounts_candidate_changelist")
        return redirect("admin:accounts_candidate_change", candidate.pk)

    @method_decorator(require_POST)
    def unlock(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a candidate try again who is locked out of the login page."""
        if not self.has_unlock_permission(request):
            raise PermissionDenied
        candidate = get_object_or_404(Candidate, pk=pk)
        services.unlock(candidate)
        self.log_change(request, candidate, _("解除登录锁定"))
        self.message_user(request, _("已解除登录锁定，考生可以立即重新登录。"), messages.SUCCESS)
        return redirect("admin:accounts_candidate_change", pk)
