"""Each group has what its task needs, and nothing else."""

import pytest
from django.contrib.auth.models import Group, Permission

from proctoring.services import roles

pytestmark = pytest.mark.django_db


def labels(group: str) -> set[str]:
    permissions = Group.objects.get(name=group).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in permissions}


@pytest.mark.parametrize("group", [roles.ORGANIZER, roles.INVIGILATOR])
def test_every_permission_of_a_group_exists(group: str) -> None:
    assert labels(group) == roles.PERMISSIONS[group]


def test_an_organizer_stops_nobody() -> None:
    assert "proctoring.intervene" not in labels(roles.ORGANIZER)


def test_an_invigilator_knows_neither_answers_nor_points() -> None:
    secrets = {"exams.view_revision", "exams.view_question", "exams.view_result", "exams.view_mark"}
    assert not secrets & labels(roles.INVIGILATOR)
    assert "exams.export_result" not in labels(roles.INVIGILATOR)


@pytest.mark.parametrize("group", [roles.ORGANIZER, roles.INVIGILATOR])
def test_neither_manages_users_nor_deletes_anything(group: str) -> None:
    assert not {label for label in labels(group) if label.startswith(("auth.", "admin.")) or ".delete_" in label}


def test_a_permission_given_by_hand_to_a_group_goes_with_the_next_migration() -> None:
    group = Group.objects.get(name=roles.INVIGILATOR)
    group.permissions.add(Permission.objects.get(codename="view_revision"))
    roles.make_groups()
    assert labels(roles.INVIGILATOR) == roles.PERMISSIONS[roles.INVIGILATOR]
