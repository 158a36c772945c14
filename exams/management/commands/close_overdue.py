"""manage.py close_overdue: closes the sittings whose deadline has passed, once or again and again."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exams import sweeper


class Command(BaseCommand):
    """Thin edge of `exams.sweeper`."""

    help = "Closes and marks every sitting whose deadline has passed. Any number may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on until stopped, with this pause")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep once and say how many were closed, or sweep until interrupted."""
        every = options["every"]
        if every is None:
            closed = sweeper.sweep()
            self.stdout.write(ngettext("已收卷%(closed)d份。", "已收卷%(closed)d份。", closed) % {"closed": closed})
        elif every <= 0:
            raise CommandError(_("--every 应为大于0的秒数。"))
        else:
            self._go_on(every)

    def _go_on(self, every: float) -> None:
        try:
            asyncio.run(sweeper.run(every))
        except KeyboardInterrupt:
            self.stdout.write(_("已停止。"))
