"""manage.py load_demo: the demo plan, an exam that begins in two minutes, and who can sign in."""

import secrets
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.importers import faults, package
from exams.importers.normalised import Refused
from exams.models import Enrolment, Exam, Plan, Sitting
from exams.services import plans, rosters

PLAN, OPEN, SOON = "DEMO", "DEMO-OPEN", "DEMO-SOON"
BEGINS_IN = timedelta(minutes=2)
LASTS = timedelta(hours=1)
STAFF = "admin"


class Command(BaseCommand):
    """Prepares the demo each time it starts; does nothing twice."""

    help = "Loads the demo plan if it is not there, and prints the addresses and logins of the demo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--new-password", action="store_true", help="give the staff login a new password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, move the second exam, print."""
        if not Plan.objects.filter(code=PLAN).exists():
            _import_demo()
        _move_the_exam_that_begins_soon()
        password = _staff_password(new=options["new_password"])
        self.stdout.write(_("考试网址：%(url)s/") % {"url": settings.PUBLIC_ORIGIN})
        self._print_candidate()
        self._print_staff(password)

    def _print_candidate(self) -> None:
        enrolment = _next_candidate()
        if enrolment is None:
            self.stdout.write(_("演示考生都已开始作答；删除数据库后重新启动即可重来。"))
            return
        number = enrolment.candidate.id_number
        words = {"name": enrolment.name, "number": number, "code": number[-rosters.CODE_LENGTH :]}
        self.stdout.write(_("演示考生：%(name)s，证件号 %(number)s，校验码 %(code)s") % words)

    def _print_staff(self, password: str) -> None:
        self.stdout.write(_("管理后台：%(url)s") % {"url": settings.PUBLIC_ORIGIN + reverse("admin:index")})
        if password:
            self.stdout.write(_("用户名：%(user)s") % {"user": STAFF})
            self.stdout.write(self.style.WARNING(_("密码（只显示这一次，请记下）：%(word)s") % {"word": password}))
        elif User.objects.filter(username=STAFF).exists():
            self.stdout.write(_("用户名：%(user)s，密码只在生成时显示过一次。") % {"user": STAFF})
            self.stdout.write(_("忘记密码时，请运行 python manage.py load_demo --new-password 重新生成。"))


def _import_demo() -> None:
    try:
        with package.opened(settings.BASE_DIR / "demo" / "plan") as brought:
            plans.apply(brought, now=timezone.now())
    except Refused as refused:
        raise CommandError(faults.table(refused.faults)) from refused


def _move_the_exam_that_begins_soon() -> None:
    """Let it begin two minutes from now; earlier sittings of this one demo exam go, so that it can be sat again."""
    soon = Exam.objects.filter(plan__code=PLAN, code=SOON)
    Sitting.objects.filter(enrolment__exam__in=soon).delete()
    opens_at = timezone.now().replace(microsecond=0) + BEGINS_IN
    soon.update(opens_at=opens_at, closes_at=opens_at + LASTS)


def _next_candidate() -> Enrolment | None:
    """Return somebody who has not begun the open exam."""
    waiting = Enrolment.objects.filter(exam__plan__code=PLAN, exam__code=OPEN, sitting__started_at=None)
    return waiting.select_related("candidate").order_by("account_number").first()


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
