from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExamsConfig(AppConfig):
    name = "exams"
    verbose_name = _("考试")

    def ready(self) -> None:
        """Let `manage.py check --database default` look at the database's settings."""
        from exams import checks  # noqa: F401 - registers itself, once the apps are loaded
