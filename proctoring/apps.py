import sys

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProctoringConfig(AppConfig):
    """Plugs the identity gate, the photo check and the validity rule into exams."""

    name = "proctoring"
    verbose_name = _("监考")

    def ready(self) -> None:
        choose_face_model()
        from proctoring import checks, receivers  # the apps must be loaded first
        from proctoring.services import roles

        receivers.plug_in()
        register(checks.every_camera_exam_has_a_threshold, Tags.security, deploy=True)
        post_migrate.connect(roles.make_groups, sender=self, dispatch_uid="proctoring.make_groups")


def choose_face_model() -> None:
    """Tell the engine which face model the settings name; end the process with a sentence where it is none."""
    from proctoring.faces import embedders
    from proctoring.faces.models import Precision

    choice = embedders.Choice(
        embedder=settings.FACE_EMBEDDER,
        precision=Precision(settings.FACE_PRECISION),
        directory=settings.DATA_DIR / "models",
        pixels=settings.FACE_EMBEDDER_PIXELS,
    )
    try:
        embedders.choose(choice)
    except embedders.WrongModel as wrong:
        sys.stderr.write(f"{wrong}\n")
        raise SystemExit(2) from None
