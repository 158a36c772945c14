"""manage.py verify_plan PLAN: verifies every sitting of a plan, and names those that were tampered with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from exams.models import Plan, Sitting
from exams.services import verification
from exams.wording import finding_text


class Command(BaseCommand):
    """Thin edge of `exams.services.verification.check`."""

    help = "Recomputes the chained logs of all sittings of a plan and compares their answers with them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("plan", help="the code of the plan (计划编号)")  # i18n: data

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify all, and end with code 1 where something was altered, removed or inserted."""
        plan = Plan.objects.filter(code=options["plan"].strip()).first()
        if plan is None:
            raise CommandError(_("没有编号为 %(code)s 的考试计划。") % {"code": options["plan"]})
        sittings = Sitting.objects.filter(enrolment__exam__plan=plan).select_related("enrolment").order_by("pk")
        entries, faults = 0, []
        hidden = True if options["verbosity"] == 0 else None  # None: where nobody watches
        for sitting in tqdm(sittings.iterator(chunk_size=100), total=sittings.count(), disable=hidden, unit="sitting"):
            report = verification.check(sitting)
            entries += report.entries
            faults += [f"{sitting.enrolment.account_number}: {finding_text(finding)}" for finding in report.findings]
        if faults:
            raise CommandError("\n".join(faults))
        text = _("计划 %(code)s：共%(sittings)d份答卷、%(entries)d条作答日志，记录链完整，保存的作答与日志一致。")
        self.stdout.write(text % {"code": plan.code, "sittings": sittings.count(), "entries": entries})
