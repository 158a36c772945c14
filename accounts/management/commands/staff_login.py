"""manage.py staff_login: where staff sign in, and the first login where nobody can."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.urls import reverse
from django.utils.translation import gettext as _

STAFF = "admin"


class Command(BaseCommand):
    """Makes no second login, and never a password that was chosen beforehand."""

    help = "Prints where staff sign in; makes a login with a new password where there is no staff yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--new-password", action="store_true", help=f"give the login {STAFF} a new password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing, then print."""
        password = _staff_password(new=options["new_password"])
        self.stdout.write(_("管理后台：%(url)s") % {"url": settings.PUBLIC_ORIGIN + reverse("admin:index")})
        if password:
            self.stdout.write(_("用户名：%(user)s") % {"user": STAFF})
            self.stdout.write(self.style.WARNING(_("密码（只显示这一次，请记下）：%(word)s") % {"word": password}))
        elif User.objects.filter(username=STAFF).exists():
            self.stdout.write(_("用户名：%(user)s，密码只在生成时显示过一次。") % {"user": STAFF})
            self.stdout.write(_("忘记密码时，请运行 .venv/bin/python manage.py staff_login --new-password 重新生成。"))


def _staff_password(*, new: bool) -> str:
    """Return the new password of the staff login, or nothing where it keeps the one it has."""
    user = User.objects.filter(username=STAFF).first()
    if not new and (user or User.objects.filter(is_staff=True).exists()):
        return ""
    password = secrets.token_urlsafe(12)
    user = user or User(username=STAFF)
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()
    user.groups.add(*Group.objects.all())
    return password
