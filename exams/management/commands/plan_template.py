"""manage.py plan_template OUT.xlsx: the empty plan workbook."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from exams.importers import template


class Command(BaseCommand):
    """Thin edge of `exams.importers.template.build`."""

    help = "Writes the empty plan workbook, with drop-downs, one example row and explanations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("out", type=Path, metavar="OUT.xlsx")
        parser.add_argument("--force", action="store_true", help="overwrite a file that is there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, unless that would overwrite one."""
        out: Path = options["out"]
        if out.exists() and not options["force"]:
            raise CommandError(_("文件 %(out)s 已存在。要覆盖它，请加上 --force。") % {"out": out})
        try:
            out.write_bytes(template.build())
        except OSError as error:
            raise CommandError(_("无法写入 %(out)s：%(error)s") % {"out": out, "error": error.strerror}) from error
        self.stdout.write(_("已写入模板：%(out)s。填写说明见其中的“说明”表。") % {"out": out})
