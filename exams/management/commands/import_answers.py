"""manage.py import_answers FILE…: takes in answer files of candidates whose devices reached the server no more."""

import os
from argparse import ArgumentParser
from collections import Counter
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exams.models import ResponseEntry
from exams.services import answer_files
from exams.services.answer_files import Opened
from exams.services.changes import for_staff
from exams.services.refusals import Refused

FROM_COMMAND_LINE = gettext_lazy("命令行，系统账户 %(account)s")


class Command(BaseCommand):
    """Thin edge of `exams.services.answer_files`."""

    help = "Imports encrypted answer files: each answer is logged, and counts as the exam's rules say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
        parser.add_argument(
            "--reason", default="", help="kept in the history of each sitting, with your system account"
        )
        parser.add_argument("--dry-run", action="store_true", help="open and compare, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the files; one that cannot be imported keeps no other from being so."""
        if not (options["dry_run"] or options["reason"].strip()):
            raise CommandError(_("请用 --reason 写明导入的原因，它会和您的系统账户一起留在记录中。"))
        failed = 0
        for path in options["files"]:
            self.stdout.write(f"{path}:")
            try:
                self._one(path, options["reason"].strip(), dry_run=options["dry_run"])
            except (OSError, Refused) as error:
                failed += 1
                self.stdout.write(f"  {error}")
        if failed:
            count = ngettext("%(count)d个文件没有导入。", "%(count)d个文件没有导入。", failed)
            raise CommandError(count % {"count": failed})

    def _one(self, path: Path, reason: str, *, dry_run: bool) -> None:
        opened = answer_files.open_file(path.read_bytes())
        self._say_whose(opened)
        if dry_run:
            self.stdout.write("  " + _("试运行，没有写入。"))
            return
        whose = for_staff(FROM_COMMAND_LINE) % {"account": _account()}
        imported = answer_files.bring_in(opened, timezone.now(), reason=f"{whose}；{reason}")  # i18n: data
        if imported.new_entries:
            self._say_what_came_of_it(imported.outcomes)
        else:
            self.stdout.write("  " + _("这个文件此前已经导入，没有新的作答。"))
        waiting = len(answer_files.waiting(opened))
        if waiting:
            text = ngettext(
                "%(count)d题未被采用，可在答卷页由人工采用。", "%(count)d题未被采用，可在答卷页由人工采用。", waiting
            )
            self.stdout.write("  " + text % {"count": waiting})

    def _say_whose(self, opened: Opened) -> None:
        enrolment = opened.sitting.enrolment
        differing = sum(line.differs for line in answer_files.compare(opened))
        self.stdout.write(f"  {enrolment.exam.name} · {enrolment.account_number}")
        text = ngettext(
            "文件含%(count)d题，其中%(differing)d题与已保存的不同。",
            "文件含%(count)d题，其中%(differing)d题与已保存的不同。",
            len(opened.newest),
        )
        self.stdout.write("  " + text % {"count": len(opened.newest), "differing": differing})
        if not opened.is_known:
            self.stdout.write("  " + _("注意：系统中没有这个页面的作答记录，请核实文件来源。"))

    def _say_what_came_of_it(self, outcomes: Counter[str]) -> None:
        for outcome, count in sorted(outcomes.items()):
            self.stdout.write(f"  {ResponseEntry.Outcome(outcome).label}: {count}")


def _account() -> str:
    """Return who runs this on the machine; in a container there may be a number only."""
    try:
        return getuser()
    except (KeyError, OSError):
        return str(os.getuid())
