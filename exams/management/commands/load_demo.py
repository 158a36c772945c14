"""manage.py load_demo: the demo plan, an exam that begins in two minutes, and who can sign in."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.importers import faults, package
from exams.importers.normalised import Refused
from exams.models import Enrolment, Exam, Plan, Sitting
from exams.services import plans, rosters

PLAN, OPEN, SOON = "DEMO", "DEMO-OPEN", "DEMO-SOON"
BEGINS_IN = timedelta(minutes=2)
LASTS = timedelta(hours=1)


class Command(BaseCommand):
    """Prepares the demo each time it starts; does nothing twice."""

    help = "Loads the demo plan if it is not there, and prints the addresses and logins of the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, move the second exam, print."""
        if not Plan.objects.filter(code=PLAN).exists():
            _import_demo()
        _move_the_exam_that_begins_soon()
        self.stdout.write(_("考试网址：%(url)s/") % {"url": settings.PUBLIC_ORIGIN})
        self._print_candidate()
        call_command("staff_login", stdout=self.stdout, no_color=options["no_color"])

    def _print_candidate(self) -> None:
        enrolment = _next_candidate()
        if enrolment is None:
            self.stdout.write(_("演示考生都已开始作答；删除数据库后重新启动即可重来。"))
            return
        number = enrolment.candidate.id_number
        words = {"name": enrolment.name, "number": number, "code": number[-rosters.CODE_LENGTH :]}
        self.stdout.write(_("演示考生：%(name)s，证件号 %(number)s，校验码 %(code)s") % words)


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
