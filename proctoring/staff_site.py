"""Django's admin with our first page and our order of things: the day's work first, then what it rests on."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Headings of the navigation, each with the models under it; what is not named comes last, under its app.
ORDER = (
    (_("考务"), ("Sitting", "Incident", "IdentityCheck", "Message", "Intervention")),
    (_("考试安排"), ("Plan", "Exam", "Enrolment", "Correction", "Candidate")),
    (pgettext_lazy("heading", "成绩"), ("Result",)),
    (pgettext_lazy("heading", "题库"), ("Bank", "Question")),
    (_("留痕"), ("StateChange", "PictureViewing", "RoomViewing", "LogEntry")),
)


class StaffSite(AdminSite):
    """The back office of an exam."""

    site_title = _("考务后台")
    site_header = _("智能化考试平台 · 考务后台")
    index_title = _("今日考务")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models that this person may see, grouped by task; one app's page keeps Django's order."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        groups = [_group(str(name), [models.pop(key) for key in keys if key in models]) for name, keys in ORDER]
        for app in apps:
            app["models"] = [model for model in app["models"] if model["object_name"] in models]
        return [group for group in [*groups, *apps] if group["models"]]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the numbers that matter before everything else."""
        from proctoring.admin import overview  # this module is loaded before the models are

        return super().index(request, {**overview.first_page(request), **(extra_context or {})})


def _group(name: str, models: list[Any]) -> dict[str, Any]:
    return {"name": name, "app_label": "", "app_url": "", "has_module_perms": True, "models": models}


class StaffAdminConfig(AdminConfig):
    """Puts the site in place of Django's own."""

    default_site = "proctoring.staff_site.StaffSite"
