"""manage.py import_plan PATH: takes in a plan package, or names everything that is wrong with it."""

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from exams import seams
from exams.importers import checks, package
from exams.importers import faults as fault_reports
from exams.importers.columns import SHEETS
from exams.importers.normalised import Fault, Refused
from exams.models import Plan
from exams.services import photos, plans
from exams.services.ledger import CREATED, UNCHANGED, UPDATED, Ledger


class Bars:
    """One progress bar for each stage of an import."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._stage = ""
        self._bar: tqdm[Any] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = tqdm(total=total, desc=stage, disable=not self._shown)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar that stands."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""


class Command(BaseCommand):
    """Thin edge of `exams.services.plans.apply`."""

    help = "Imports a plan package: a folder or zip with plan.xlsx and photos/. All of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("path", type=Path, help="folder, zip or .xlsx")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--faults", type=Path, metavar="OUT.xlsx", help="hand the workbook back with the reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, then say what was made and changed; with faults, list them and end with code 1."""
        bars = Bars(shown=options["verbosity"] > 0)
        try:
            look = partial(photos.look_at, progress=bars)
            with package.opened(options["path"], lambda done, total: bars(_("检查照片"), done, total), look) as brought:
                ledger = plans.apply(brought, now=timezone.now(), dry_run=options["dry_run"], progress=bars)
        except Refused as refused:
            bars.close()
            faults = checks.by_place(refused.faults, [sheet.title for sheet in SHEETS])
            self._report_faults(faults, options["path"], options["faults"])
        else:
            bars.close()
            self._report(ledger, dry_run=options["dry_run"])
            if not options["dry_run"]:
                for advice in seams.advice_on(Plan.objects.get(code=brought.plan.code)):
                    self.stdout.write(self.style.WARNING(advice))

    def _report_faults(self, faults: list[Fault], path: Path, out: Path | None) -> None:
        self.stdout.write(fault_reports.table(faults))
        if out:
            fault_reports.hand_back(_workbook(path), faults, out)
            self.stdout.write(_("已标出错误的工作簿：%(out)s") % {"out": out})
        text = ngettext(
            "发现 %(count)d 处错误，没有导入任何内容。请更正后重新导入。",
            "发现 %(count)d 处错误，没有导入任何内容。请更正后重新导入。",
            len(faults),
        )
        raise CommandError(text % {"count": len(faults)}, returncode=1)

    def _report(self, ledger: Ledger, *, dry_run: bool) -> None:
        for what, counts in ledger.counts.items():
            numbers = {"what": what, **{name: counts[name] for name in (CREATED, UPDATED, UNCHANGED)}}
            self.stdout.write(_("%(what)s：新增 %(created)s，更新 %(updated)s，未变 %(unchanged)s") % numbers)
        done = _("检查通过，没有发现错误；这是试运行，没有写入任何内容。") if dry_run else _("导入完成。")
        self.stdout.write(self.style.SUCCESS(done))


def _workbook(path: Path) -> bytes | None:
    try:
        return package.workbook_bytes(path)
    except Refused:
        return None
