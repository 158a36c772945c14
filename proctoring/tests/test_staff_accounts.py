"""Superusers make the accounts of staff: a name, a password, a role. The rest follows."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from proctoring.services import roles
from proctoring.tests import staff

pytestmark = pytest.mark.django_db
PASSWORD = "kaowu-2026-geheim"
ADD, LIST = reverse("admin:auth_user_add"), reverse("admin:auth_user_changelist")


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", password=PASSWORD)


@pytest.fixture
def client(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def group(name: str) -> int:
    return Group.objects.get(name=name).pk


def add(client: Client, *roles_of: str, **fields: Any) -> Any:
    words = {"username": "zhang.san", "first_name": "张三", "password1": PASSWORD, "password2": PASSWORD}
    return client.post(ADD, {**words, "groups": [group(name) for name in roles_of], **fields})


def change(client: Client, user: User, *roles_of: str, **fields: Any) -> Any:
    words = {"username": user.username, "first_name": "张三", "is_active": "on"}
    url = reverse("admin:auth_user_change", args=[user.pk])
    return client.post(url, {**words, "groups": [group(name) for name in roles_of], **fields})


@pytest.mark.parametrize("chosen", [(roles.ORGANIZER,), (roles.INVIGILATOR,), (roles.ORGANIZER, roles.INVIGILATOR)])
def test_an_account_with_a_role_may_sign_in(client: Client, chosen: tuple[str, ...]) -> None:
    assert add(client, *chosen).status_code == 302
    made = User.objects.get(username="zhang.san")
    assert set(made.groups.values_list("name", flat=True)) == set(chosen)
    assert (made.is_staff, made.is_superuser, made.first_name) == (True, False, "张三")
    browser = Client()
    words = {"username": "zhang.san", "password": PASSWORD, "next": reverse("admin:index")}
    answer = browser.post(reverse("admin:login"), words, follow=True)
    assert "今日考务" in answer.content.decode()


def test_an_account_without_a_role_is_refused_in_words(client: Client) -> None:
    assert "请至少选择一个角色" in add(client).content.decode()
    assert not User.objects.filter(username="zhang.san").exists()


def test_an_administrator_needs_no_other_role(client: Client) -> None:
    assert add(client, is_superuser="on").status_code == 302
    assert User.objects.get(username="zhang.san").is_staff


def test_a_weak_or_mistyped_password_is_refused(client: Client) -> None:
    assert add(client, roles.ORGANIZER, password2="something else").status_code == 200
    assert add(client, roles.ORGANIZER, password1="12345678", password2="12345678").status_code == 200
    assert not User.objects.filter(username="zhang.san").exists()


def test_a_role_is_changed_and_the_change_is_logged(client: Client) -> None:
    add(client, roles.INVIGILATOR)
    made = User.objects.get(username="zhang.san")
    assert change(client, made, roles.ORGANIZER).status_code == 302
    assert list(made.groups.values_list("name", flat=True)) == [roles.ORGANIZER]
    assert "角色" in LogEntry.objects.order_by("-pk")[0].get_change_message()


def test_an_account_is_switched_off_and_never_deleted(client: Client) -> None:
    add(client, roles.INVIGILATOR)
    made = User.objects.get(username="zhang.san")
    assert change(client, made, is_active="").status_code == 302
    made.refresh_from_db()
    assert (made.is_active, made.is_staff) == (False, False)
    assert client.post(reverse("admin:auth_user_delete", args=[made.pk]), {"post": "yes"}).status_code == 403


def test_a_password_is_set_anew(client: Client) -> None:
    add(client, roles.INVIGILATOR)
    made = User.objects.get(username="zhang.san")
    url = reverse("admin:auth_user_password_change", args=[made.pk])
    assert url in client.get(reverse("admin:auth_user_change", args=[made.pk])).content.decode()
    answer = client.post(url, {"password1": "another-2026", "password2": "another-2026", "usable_password": "true"})
    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.check_password("another-2026")


def test_nobody_locks_themselves_out(client: Client, boss: User) -> None:
    assert change(client, boss).status_code == 302
    boss.refresh_from_db()
    assert (boss.is_active, boss.is_superuser, boss.is_staff) == (True, True, True)


def test_no_permission_and_no_group_is_named_by_its_code(client: Client) -> None:
    add(client, roles.INVIGILATOR)
    made = User.objects.get(username="zhang.san")
    client.get(LIST)  # which takes the message that it was added
    client.cookies["django_language"] = "en"
    password = reverse("admin:auth_user_password_change", args=[made.pk])
    for url in (ADD, LIST, reverse("admin:auth_user_change", args=[made.pk]), password):
        shown = client.get(url).content.decode()
        chinese = set(re.findall("[一-鿿]+", shown))
        assert chinese <= {"简体中文", "张三"}
        assert "Can add" not in shown
        assert "user_permissions" not in shown
    client.cookies["django_language"] = "zh-hans"
    assert "Invigilator</label>" not in client.get(ADD).content.decode()
    assert "考务人员" in client.get(LIST).content.decode()


def test_accounts_are_filtered_by_role(client: Client) -> None:
    add(client, roles.INVIGILATOR)
    assert "zhang.san" in client.get(LIST, {"role": roles.INVIGILATOR}).content.decode()
    assert "zhang.san" not in client.get(LIST, {"role": roles.ORGANIZER}).content.decode()
    assert "zhang.san" not in client.get(LIST, {"role": "superuser"}).content.decode()


def test_organizers_and_invigilators_make_no_accounts() -> None:
    for somebody in (staff.organizer(), staff.invigilator()):
        assert add(somebody, roles.ORGANIZER).status_code == 403
        assert LIST not in somebody.get(reverse("admin:index")).content.decode()


def test_a_group_that_is_no_role_outlives_every_change_and_is_named(client: Client) -> None:
    add(client, roles.INVIGILATOR)
    made = User.objects.get(username="zhang.san")
    made.groups.add(Group.objects.create(name="Auditors"))
    assert "另属用户组：Auditors" in client.get(reverse("admin:auth_user_change", args=[made.pk])).content.decode()
    assert change(client, made, roles.ORGANIZER).status_code == 302
    assert set(made.groups.values_list("name", flat=True)) == {roles.ORGANIZER, "Auditors"}
