from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProctoringConfig(AppConfig):
    """Plugs the identity gate, the photo check and the validity rule into exams."""

    name = "proctoring"
    verbose_name = _("监考")

    def ready(self) -> None:
        from proctoring import receivers  # the apps must be loaded first
        from proctoring.services import roles

        receivers.plug_in()
        post_migrate.connect(roles.make_groups, sender=self, dispatch_uid="proctoring.make_groups")
