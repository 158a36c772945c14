"""Django's admin with our first page and our order of things: the day's work first, then what it rests on."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import SEARCH_VAR
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Headings of the navigation, each with the models under it; what is not named comes last, under its app.
ORDER = (
    (_("考务"), ("Sitting", "Incident", "IdentityCheck", "Message", "Intervention")),
    (_("考试安排"), ("Plan", "Exam", "Enrolment", "Correction", "Candidate")),
    (pgettext_lazy("heading", "成绩"), ("Result",)),
    (pgettext_lazy("heading", "题库"), ("Bank", "Question")),
    (_("留痕"), ("StateChange", "ServerOutage", "PictureViewing", "RoomViewing", "LogEntry")),
    (_("系统"), ("User",)),
)


LARGEST_KEY = 2**63 - 1  # of a row of any table
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class StaffSite(AdminSite):
    """The back office of an exam."""

    site_title = _("考务后台")
    site_header = _("智能化考试平台 · 考务后台")
    index_title = _("今日考务")
    empty_value_display = "—"  # in every list and on every page where there is nothing to say

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Let staff in, and answer "not found" where an address asks for a number that no row can have."""
        return super().admin_view(_with_numbers_that_can_be(view), cacheable)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models that this person may see, grouped by task; one app's page keeps Django's order."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        if "User" in models:
            models["User"]["name"] = _("工作人员账号")
        groups = [_group(str(name), [models.pop(key) for key in keys if key in models]) for name, keys in ORDER]
        for app in apps:
            app["models"] = [model for model in app["models"] if model["object_name"] in models]
        return [group for group in [*groups, *apps] if group["models"]]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Say on every page where nobody looks at pictures though an exam runs."""
        from proctoring import queries  # this module is loaded before the models are

        context = super().each_context(request)
        if context["has_permission"]:
            context["verifier_is_missed"] = queries.verifier_is_missed(timezone.now())
        return context

    def get_urls(self) -> list[Any]:
        """Add what the alarm of every page asks for."""
        return [path("verifier/", self.admin_view(self.verifier_view), name="verifier"), *super().get_urls()]

    def verifier_view(self, request: HttpRequest) -> JsonResponse:
        """Tell a page of staff whether nobody looks at pictures though an exam runs."""
        from proctoring import queries

        missed = queries.verifier_is_missed(timezone.now())
        return JsonResponse({"missed": missed})  # `admin_view` says no-store

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the numbers that matter before everything else."""
        from proctoring.admin import overview  # this module is loaded before the models are

        return super().index(request, {**overview.first_page(request), **(extra_context or {})})


def _with_numbers_that_can_be(view: View) -> View:
    """Refuse what Python (4300 digits) or the database (64 bits) would stumble over, deep inside Django's admin."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked_for = (*map(str, args), *map(str, kwargs.values()), *_in_query(request))
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if any(map(_is_too_large, [*asked_for, *selected])) or not all(map(str.isdecimal, selected)):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View", guarded)


def _in_query(request: HttpRequest) -> Iterator[str]:
    """Yield what a list is filtered by; what is searched for is a text, however many digits it has."""
    for name, values in request.GET.lists():
        if name != SEARCH_VAR:
            yield from (part for value in values for part in value.split(","))


def _is_too_large(text: str) -> bool:
    digits = text.strip()
    return digits.isdecimal() and (len(digits) > len(str(LARGEST_KEY)) or int(digits) > LARGEST_KEY)


def _group(name: str, models: list[Any]) -> dict[str, Any]:
    return {"name": name, "app_label": "", "app_url": "", "has_module_perms": True, "models": models}


class StaffAdminConfig(AdminConfig):
    """Puts the site in place of Django's own."""

    default_site = "proctoring.staff_site.StaffSite"
