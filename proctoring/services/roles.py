"""Who may do what: the two groups of staff, and nothing beyond their task. Users are managed by superusers.

An organizer prepares an exam and settles what comes of it; an invigilator runs the day. Neither needs the other's
means: whoever can stop a candidate does not know the answers or the points, and whoever knows them stops nobody.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

ORGANIZER = "Organizer"
INVIGILATOR = "Invigilator"
NAMES = {ORGANIZER: _("组织者"), INVIGILATOR: _("考务人员")}  # as people read them

BOTH = (
    "accounts.view_candidate accounts.unlock_candidate "
    "exams.view_plan exams.view_exam exams.view_section exams.view_enrolment exams.view_referencephoto "
    "exams.view_consent exams.view_sitting exams.view_response exams.view_statechange "
    "exams.view_serveroutage exams.view_plannedpause "
    "proctoring.view_identitycheck proctoring.view_incident proctoring.view_intervention proctoring.view_message "
    "proctoring.view_snapshot proctoring.view_facecalibration "
    "proctoring.replace_photo proctoring.accept_late proctoring.decide_validity "
    "proctoring.view_dossier proctoring.add_dossier"
)
PERMISSIONS: Mapping[str, frozenset[str]] = {
    ORGANIZER: frozenset(
        f"{BOTH} accounts.view_credential "
        "exams.change_plan exams.change_exam exams.add_plannedpause "
        "exams.change_enrolment exams.view_correction exams.change_correction "
        "exams.view_bank exams.view_question exams.view_revision "
        "exams.view_result exams.view_mark exams.export_result "
        "proctoring.view_pictureviewing proctoring.view_roomviewing".split()
    ),
    INVIGILATOR: frozenset(f"{BOTH} proctoring.watch_room proctoring.intervene".split()),
}


def make_groups(using: str = "default", **signal: Any) -> None:
    """Give the groups exactly their permissions, after every migration; their members stay."""
    for name, labels in PERMISSIONS.items():
        group, _made = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(_permissions(using, labels))


def _permissions(using: str, labels: frozenset[str]) -> list[Permission]:
    wanted = Q()
    for label in labels:
        app, codename = label.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.using(using).filter(wanted))
