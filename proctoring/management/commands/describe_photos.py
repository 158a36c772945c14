"""Describe reference photos by the face model in use. Meant to run once after the model was changed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from proctoring import queries
from proctoring.faces.engine import embedder_name
from proctoring.services import photos


class Command(BaseCommand):
    help = "Describes the reference photos in force that the face model in use has not described yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count the photos")

    def handle(self, *_args: str, **options: Any) -> None:
        waiting = queries.photos_not_described()
        count = waiting.count()
        if options["dry_run"]:
            self.stdout.write(f"{count} reference photos are not described by {embedder_name()}.")
            return
        hidden = options["verbosity"] < 1 or not self.stderr.isatty()
        for photo in tqdm(waiting.iterator(chunk_size=20), total=count, disable=hidden, unit="photo"):
            photos.prepare(photo)
        left = queries.photos_not_described().count()
        self.stdout.write(f"Described {count - left} reference photos by {embedder_name()}.")
        if left:
            self.stderr.write(f"{left} photos show no face that can be described: these candidates have no reference.")
