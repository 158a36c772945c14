"""manage.py verify_sitting ACCOUNT: says whether the answers of a sitting are what was logged when they came."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from exams.domain.receipts import normalise
from exams.models import Receipt, Sitting
from exams.services import verification
from exams.wording import finding_text


class Command(BaseCommand):
    """Thin edge of `exams.services.verification.check`."""

    help = "Recomputes the chained log of one sitting and compares its answers with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        given = "the account number (考试账号) of the candidate, or the code of a receipt"  # i18n: data
        parser.add_argument("account", help=given)
        parser.add_argument("--receipt", metavar="CODE", default="", help="a receipt to compare with the log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, and end with code 1 where something was altered, removed or inserted."""
        sitting = self._sitting(options["account"].strip())
        report = verification.check(sitting)
        if not report.is_intact:
            raise CommandError("\n".join(finding_text(finding) for finding in report.findings))
        text = _("考试账号 %(account)s：作答日志共%(entries)d条，记录链完整，保存的作答与日志一致。")
        self.stdout.write(text % {"account": sitting.enrolment.account_number, "entries": report.entries})
        if options["receipt"]:
            self._compare(sitting, options["receipt"], report.entries)

    def _sitting(self, given: str) -> Sitting:
        sittings = Sitting.objects.select_related("enrolment")
        sitting = sittings.filter(enrolment__account_number=given).first()
        if sitting is None:
            of_receipt = Receipt.objects.filter(code=normalise(given)).values("sitting")
            sitting = sittings.filter(pk__in=of_receipt).first()
        if sitting is None:
            raise CommandError(_("没有考试账号或回执编号为 %(given)s 的答卷。") % {"given": given})
        return sitting

    def _compare(self, sitting: Sitting, typed: str, entries: int) -> None:
        length = verification.proves(sitting, typed)
        if length is None:
            raise CommandError(_("回执 %(code)s 与这份答卷的作答日志不符。") % {"code": typed})
        self.stdout.write(_("回执 %(code)s 与交卷时的前%(length)d条日志相符。") % {"code": typed, "length": length})
        if length < entries:
            text = _("交卷后又追加了%(more)d条记录（迟到或由人工采纳的作答），回执对交卷时的内容仍然有效。")
            self.stdout.write(text % {"more": entries - length})
