"""manage.py purge_evidence: deletes the pictures whose day has come. Meant to run once a day."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from proctoring.services import evidence
from proctoring.services.evidence import Expired


class Command(BaseCommand):
    """Thin edge of `proctoring.services.evidence.purge`."""

    help = "Deletes expired pictures for good: snapshots, thumbnails, and reference photos, with their face templates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what has expired and, unless it is only asked, delete it and say so."""
        now = timezone.now()
        counts = evidence.expired(now)
        if not counts:
            self.stdout.write(_("没有到期的图片，无需删除。"))
            return
        self.stdout.write(_("已到期：%(what)s。") % {"what": _listed(counts)})
        if options["dry_run"]:
            self.stdout.write(_("这是试运行，没有删除任何内容。不带 --dry-run 运行即永久删除。"))
            return
        hidden = options["verbosity"] < 1 or not self.stderr.isatty()
        with tqdm(total=counts.pictures, disable=hidden, desc=_("删除到期图片")) as bar:
            deleted = evidence.purge(now, bar.update)
        self.stdout.write(self.style.SUCCESS(_("已永久删除：%(what)s。") % {"what": _listed(deleted)}))


def _listed(counts: Expired) -> str:
    """Return the counts in words, without those that are nothing."""
    words = (
        (counts.snapshots, ngettext("%(count)d张监考图片", "%(count)d张监考图片", counts.snapshots)),
        (counts.thumbnails, ngettext("%(count)d张缩略图", "%(count)d张缩略图", counts.thumbnails)),
        (counts.photos, ngettext("%(count)d张底照", "%(count)d张底照", counts.photos)),
        (counts.templates, ngettext("%(count)d个人脸模板", "%(count)d个人脸模板", counts.templates)),
    )
    return _("、").join(text % {"count": count} for count, text in words if count)
