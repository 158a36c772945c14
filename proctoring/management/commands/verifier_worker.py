"""manage.py verifier_worker: looks at the pictures of this and other machines until stopped."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from proctoring.faces.pool import NICENESS, cores
from proctoring.remote.mailbox import QUEUE


class Command(BaseCommand):
    """A Celery worker with the options that this task wants."""

    help = "Compares faces for all server processes that share REDIS_URL, on any number of machines, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--processes", type=int, default=0, help="default: VERIFIER_PROCESSES, else one per core")

    def handle(self, *args: Any, **options: Any) -> None:
        """Become a Celery worker of low priority."""
        if not settings.REDIS_URL:
            raise CommandError(_("请先设置REDIS_URL：识别进程从Redis领取画面。"))
        if options["processes"] < 0:
            raise CommandError(_("--processes应为正整数。"))
        processes = options["processes"] or settings.VERIFIER_PROCESSES or cores()
        settings.VERIFIER_PROCESSES = processes
        os.nice(NICENESS)
        # Threads carry letters; the processes that look at pictures are the pool's own. One picture waits per thread.
        own = ["--pool", "threads", "--concurrency", str(processes), "--queues", QUEUE, "--loglevel", "WARNING"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        import_string(settings.CELERY_APP).worker_main(["--quiet", "worker", *own, *quiet])
