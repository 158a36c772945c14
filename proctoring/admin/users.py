"""Staff accounts: a name, a password, and what the person is. Everything else follows from the role."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, SetUnusablePasswordMixin, UserCreationForm
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.wording import staff_name
from proctoring.admin import links
from proctoring.services import roles

SUPERUSER = gettext_lazy("系统管理员")

admin.site.unregister(Group)  # a group is its role: what it may do is made by `migrate` (services/roles.py)
admin.site.unregister(User)


class RoleField(forms.ModelMultipleChoiceField[Group]):
    """The groups that are roles, by the names that people read."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Group) -> str:
        return str(roles.NAMES[obj.name])


class StaffForm(forms.ModelForm[User]):
    """What an account is; that it may sign in to the back office follows from its roles."""

    groups = RoleField(
        queryset=Group.objects.filter(name__in=roles.NAMES).order_by("-name"),
        label=gettext_lazy("角色"),
        required=False,
        help_text=gettext_lazy("组织者负责考前准备和成绩，考务人员负责考试当天的监考处置。可以同时选择。"),
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = ("username", "first_name", "is_active", "is_superuser")
        labels = {
            "username": gettext_lazy("登录名"),
            "first_name": gettext_lazy("姓名"),
            "is_active": gettext_lazy("启用"),
            "is_superuser": SUPERUSER,
        }
        help_texts = {
            "username": gettext_lazy("登录后台时使用，可用字母、数字和 @ . + - _。"),
            "first_name": gettext_lazy("显示在处置记录旁。"),
            "is_active": gettext_lazy("取消后不能再登录。账号不删除，以保留处置记录。"),
            "is_superuser": gettext_lazy("拥有全部权限，并管理工作人员账号。请只给确有需要的人。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.instance.pk is not None
        self.others = list(self.instance.groups.exclude(name__in=roles.NAMES)) if saved else []
        if self.others:
            known = {"names": _("、").join(group.name for group in self.others)}
            also = format_lazy(
                "{} {}", self.fields["groups"].help_text, _("另属用户组：%(names)s，此处不改动。") % known
            )
            self.fields["groups"].help_text = also

    def clean_groups(self) -> list[Group]:
        """Keep the groups that are no roles: somebody else gave them."""
        return [*self.cleaned_data["groups"], *self.others]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        has_role = bool(given.get("groups")) or given.get("is_superuser", self.instance.is_superuser)
        if given.get("is_active", self.instance.is_active) and not has_role:
            self.add_error("groups", _("请至少选择一个角色，否则无法登录后台。暂不使用的账号请取消“启用”。"))
        self.instance.is_staff = has_role
        return given


class NewStaffForm(StaffForm, UserCreationForm[User]):
    """The same with a first password, which the person changes after signing in."""

    class Meta(StaffForm.Meta):
        fields = ("username", "first_name", "is_superuser")


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Django's, with its warning in the language of the page: Django joins the two once, when it starts."""

    usable_password_help_text = format_lazy(  # type: ignore[assignment]
        '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
        SetUnusablePasswordMixin.usable_password_help_text,
        gettext_lazy("停用后，该账号现有的密码将丢失。"),
    )


class ByRole(admin.SimpleListFilter):
    """Accounts by what they are."""

    title = gettext_lazy("角色")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*roles.NAMES.items(), ("superuser", SUPERUSER)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        chosen = self.value()
        if chosen == "superuser":
            return queryset.filter(is_superuser=True)
        return queryset.filter(groups__name=chosen) if chosen in roles.NAMES else queryset


@admin.register(User)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]
    """Made and changed by superusers. Accounts are switched off, never deleted: what they did stays on record."""

    form = StaffForm
    add_form = NewStaffForm
    change_password_form = NewPasswordForm
    add_form_template = None
    list_display = ("sign_in_name", "full_name", "roles", "enabled", "last_sign_in")
    list_display_links = ("sign_in_name",)
    list_filter = (ByRole, "is_active")
    search_fields = ("username", "first_name", "last_name")
    search_help_text = gettext_lazy("登录名或姓名")
    ordering = ("username",)
    filter_horizontal = ()
    change_list_template = "admin/auth/user/list.html"
    change_form_template = "admin/auth/user/page.html"
    fieldsets = (
        (None, {"fields": ("username", "first_name")}),
        (gettext_lazy("权限"), {"fields": ("groups", "is_active", "is_superuser", "last_sign_in")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "password1", "password2")}),
        (gettext_lazy("权限"), {"fields": ("groups", "is_superuser")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any
    ) -> HttpResponse:
        user = context.get("original")
        context["page_name"] = staff_name(user) if user else _("新建工作人员账号")
        return super().render_change_form(request, context, *args, **more)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody locks themselves out of the accounts."""
        own = ("is_active", "is_superuser") if obj is not None and obj.pk == request.user.pk else ()
        return ("last_sign_in", *own)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    @admin.display(description=gettext_lazy("登录名"), ordering="username")
    def sign_in_name(self, user: User) -> str:
        return user.get_username()

    @admin.display(description=gettext_lazy("姓名"), ordering="first_name")
    def full_name(self, user: User) -> str:
        return staff_name(user) if user.get_full_name() else "—"

    @admin.display(description=gettext_lazy("启用"), boolean=True, ordering="is_active")
    def enabled(self, user: User) -> bool:
        return user.is_active

    @admin.display(description=gettext_lazy("角色"))
    def roles(self, user: User) -> SafeString | str:
        names = [str(roles.NAMES[group.name]) for group in user.groups.all() if group.name in roles.NAMES]
        names += [str(SUPERUSER)] if user.is_superuser else []
        return format_html_join(" ", "{}", ((links.badge(name),) for name in names)) or "—"

    @admin.display(description=gettext_lazy("最近登录"), ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        return timezone.localtime(user.last_login).strftime("%Y-%m-%d %H:%M") if user.last_login else "—"
