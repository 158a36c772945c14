"""Delete the pictures whose day has come. Meant to run once a day."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from proctoring.services import evidence


class Command(BaseCommand):
    help = "Deletes expired pictures: snapshots, thumbnails, and reference photos with their face templates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would be deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            self._report("Would delete", evidence.expired(now))
            return
        counts = evidence.expired(now)
        hidden = options["verbosity"] < 1 or not self.stderr.isatty()
        with tqdm(total=counts.snapshots + counts.thumbnails + counts.photos, disable=hidden, unit="picture") as bar:
            self._report("Deleted", evidence.purge(now, bar.update))

    def _report(self, verb: str, counts: evidence.Expired) -> None:
        self.stdout.write(
            f"{verb} {counts.snapshots} snapshots, {counts.thumbnails} thumbnails and {counts.photos} reference photos "
            f"with {counts.templates} face templates."
        )
