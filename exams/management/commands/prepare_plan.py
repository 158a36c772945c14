"""manage.py prepare_plan PLAN [--exam CODE]: draws the papers of everybody enrolled before the exam begins."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from exams.models import Exam, Plan
from exams.services import papers
from exams.services.refusals import Refused


class Command(BaseCommand):
    """Thin edge of `exams.services.papers.prepare`."""

    help = "Draws the papers of a plan ahead of the exam. May be repeated: only what is missing or outdated is drawn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("plan", help="code of the plan")
        parser.add_argument("--exam", metavar="CODE", help="only this exam of it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare each exam that has not closed; say how many papers were drawn and how many are ready."""
        now = timezone.now()
        plan = Plan.objects.filter(code=options["plan"]).first()
        if plan is None:
            raise CommandError(_("没有编号为 %(code)s 的考试计划。") % {"code": options["plan"]})
        exams = Exam.objects.filter(plan=plan).select_related("plan")
        if options["exam"]:
            exams = exams.filter(code=options["exam"])
            if not exams:
                raise CommandError(_("该计划没有编号为 %(code)s 的科目。") % {"code": options["exam"]})
        for exam in exams.filter(closes_at__gt=now):
            with tqdm(desc=exam.name, disable=options["verbosity"] < 1) as bar:

                def show(done: int, total: int, bar: "tqdm[Any]" = bar) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                try:
                    drawn = papers.prepare(exam, now, show)
                except Refused as refused:
                    text = _("%(exam)s：%(reason)s") % {"exam": exam.name, "reason": refused}
                    raise CommandError(text) from None
            ready = {"exam": exam.name, "drawn": drawn, "ready": papers.prepared_count(exam)}
            self.stdout.write(_("%(exam)s：本次抽取 %(drawn)d 份，已备 %(ready)d 份。") % ready)
