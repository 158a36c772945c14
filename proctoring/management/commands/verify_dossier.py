"""Say whether a dossier is what it was when it was drawn up."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from proctoring.domain.dossier import in_groups
from proctoring.models import Dossier, PictureViewing
from proctoring.services import dossiers, evidence


class Command(BaseCommand):
    help = "Computes the digest of a dossier and of its pictures anew, and compares it with the printed one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, help="the number of the dossier, printed on its first page")
        parser.add_argument("--digest", default="", help="the printed digest, to compare with; spaces do not matter")

    def handle(self, *args: Any, number: int, digest: str, **options: Any) -> None:
        dossier = Dossier.objects.filter(pk=number).first()
        if dossier is None:
            raise CommandError(f"There is no dossier {number}.")
        evidence.note_dossier(PictureViewing.Kind.VERIFIED, dossier, None, timezone.now())
        printed = "".join(digest.split()).lower()
        if printed and printed != dossier.digest:
            raise CommandError(f"The printed digest is not that of dossier {number}, which is {dossier.digest}.")
        check = dossiers.check(dossier)
        if not check.is_intact:
            raise CommandError(f"The stored dossier {number} was changed after it was drawn up.")
        if check.changed:
            raise CommandError(f"Pictures of dossier {number} were changed: {', '.join(check.changed)}.")
        if check.missing:
            self.stdout.write(f"Deleted since, as they have to be on their day: {', '.join(check.missing)}.")
        self.stdout.write(f"Dossier {number} of {dossier.made_at:%Y-%m-%d %H:%M:%S} UTC is what it was.")
        self.stdout.write(f"SHA-256 {in_groups(dossier.digest)}")
