"""manage.py close_overdue: closes the sittings whose deadline has passed, again and again, or once."""

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exams import sweeper


class Command(BaseCommand):
    """Thin edge of `exams.sweeper`."""

    help = "Closes and marks every sitting whose deadline has passed, until stopped. Any number may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--once", action="store_true", help="close what is overdue now, say how many, and end")
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            default=sweeper.EVERY_SECONDS,
            help="the pause between two sweeps (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep once and say how many were closed, or sweep until told to end."""
        if options["once"]:
            closed = sweeper.sweep()
            self.stdout.write(ngettext("已收卷%(closed)d份。", "已收卷%(closed)d份。", closed) % {"closed": closed})
            return
        if options["every"] <= 0:
            raise CommandError(_("--every 应为大于0的秒数。"))
        asyncio.run(self._go_on(options["every"]))
        self.stdout.write(_("已停止。"))

    async def _go_on(self, every: float) -> None:
        """Sweep until a service manager (SIGTERM) or the keyboard ends it; a sweep under way is finished."""
        end = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, end.set)
        self.stdout.write(_("正在自动收卷，按 Ctrl-C 停止。"))
        self.stdout.flush()
        await sweeper.run(every, end=end)
