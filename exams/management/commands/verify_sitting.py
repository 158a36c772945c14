"""manage.py verify_sitting ACCOUNT: says whether the answers of a sitting are what was logged when they came."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from exams.models import Sitting
from exams.services import verification
from exams.wording import finding_text


class Command(BaseCommand):
    """Thin edge of `exams.services.verification.check`."""

    help = "Recomputes the chained log of one sitting and compares its answers with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("account", help="the account number (考试账号) of the candidate")  # i18n: data

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, and end with code 1 where something was altered, removed or inserted."""
        account = options["account"].strip()
        sitting = Sitting.objects.select_related("enrolment").filter(enrolment__account_number=account).first()
        if sitting is None:
            raise CommandError(_("没有考试账号为 %(account)s 的答卷。") % {"account": account})
        report = verification.check(sitting)
        if not report.is_intact:
            raise CommandError("\n".join(finding_text(finding) for finding in report.findings))
        text = _("考试账号 %(account)s：作答日志共%(entries)d条，记录链完整，保存的作答与日志一致。")
        self.stdout.write(text % {"account": account, "entries": report.entries})
