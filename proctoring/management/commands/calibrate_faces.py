"""manage.py calibrate_faces (--plan CODE | --pairs CSV): how often faces are taken for each other, and thresholds."""

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from exams.models import Enrolment, Plan
from proctoring import calibration_words as words
from proctoring import calibrations as known
from proctoring import verifier
from proctoring.calibrations import PlanFaces
from proctoring.domain import thresholds
from proctoring.domain.thresholds import Base, Source
from proctoring.faces import gathering, pairs
from proctoring.faces.calibration import EVERYBODY
from proctoring.faces.engine import embedder_name
from proctoring.faces.gathering import Gathered
from proctoring.faces.pairs import Fault, Picture
from proctoring.faces.pool import VerifierPool
from proctoring.services import calibrations
from proctoring.services.calibrations import Report

TARGETS = (1e-5, 0.05)


class Command(BaseCommand):
    help = "Measures how often faces are taken for each other (FMR, FNMR) and proposes the thresholds of a plan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--plan", metavar="CODE", help="measure the reference photos of a plan")
        source.add_argument("--pairs", type=Path, metavar="CSV", help="measure pictures: columns path, person, group")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--curves", type=Path, metavar="DIR", help="draw the curves as SVG into this directory")
        parser.add_argument("--target", type=_target, default=thresholds.TARGET, help="target FMR (default 0.001)")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument("--yes", action="store_true", help="store without asking")
        parser.add_argument("--store", action="store_true", help="with --pairs: for all plans without their own")
        parser.add_argument(
            "--skip-unreadable",
            action="store_true",
            help="with --pairs: name pictures that are missing or no picture, go on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, tell, and store what the operator agrees to."""
        if options["plan"]:
            self._plan(options)
        else:
            self._pairs(options)

    # --- the photos of a plan ---

    def _plan(self, options: dict[str, Any]) -> None:
        plan = Plan.objects.filter(code=options["plan"]).first()
        if plan is None:
            raise CommandError(_("没有编号为 %(code)s 的考试计划。") % {"code": options["plan"]})
        missing = calibrations.undescribed(plan).count()
        if missing and not options["dry_run"]:
            try:
                with _bar(missing, options) as progress:
                    missing = calibrations.describe_photos(plan, progress)
            finally:
                verifier.shutdown()
        faces = known.faces_of(plan)
        if len(faces.candidates) < 2:
            raise CommandError(_("至少需要两名考生的底照，才能比对。"))
        report = calibrations.report(faces.faces, (), options["target"], cautious=False)
        self._tell(report, options, lambda row: row)
        if missing:
            self._say(options, _("%(count)s 张底照未能用所用模型描述，没有计入。") % {"count": missing})
        before = known.base_of(plan)
        level = report.proposal.level if report.proposal else before.level if before else None
        if level is not None and not options["json"]:
            self._tell_look_alikes(faces, level)
        self._store(options, report, before, Source.PLAN, plan, faces)

    def _tell_look_alikes(self, faces: PlanFaces, level: thresholds.Level) -> None:
        found = calibrations.look_alikes(faces.faces, level)
        self.stdout.write(_("相貌难以区分的考生：%(count)s 对（后台的计划页面可逐对查看）") % {"count": len(found)})
        for pair in found:
            one, other = (_masked(faces.enrolment(person)) for person in (pair.one, pair.other))
            self.stdout.write(f"  {pair.distance:.3f}  {one}  {other}")

    # --- pictures of the operator ---

    def _pairs(self, options: dict[str, Any]) -> None:
        pictures, faults = pairs.read(options["pairs"])
        faults += [fault for picture in pictures if (fault := pairs.unreadable(picture)) is not None]
        self._refuse(faults, options)
        lines = {fault.line for fault in faults}
        gathered = self._gather([picture for picture in pictures if picture.line not in lines], options)
        self._refuse(gathered.faults, options)
        if gathered.faces.count < 2:
            raise CommandError(_("至少需要两个人各一张可用的人脸图片，才能比对。"))
        report = calibrations.report(gathered.faces, gathered.groups, options["target"], cautious=True)
        self._tell(
            report, options, lambda row: row | _acquired(gathered, row["group"], len(faults) + len(gathered.faults))
        )
        if options["store"]:
            row = known.of_pairs()
            before = known.base(row) if row else thresholds.from_table(embedder_name())
            self._store(options, report, before, Source.PAIRS, None, None)

    def _gather(self, pictures: Sequence[Picture], options: dict[str, Any]) -> Gathered:
        pool = VerifierPool(settings.VERIFIER_PROCESSES, timeout=60)
        try:
            with _bar(len(pictures), options) as progress:
                return gathering.gather(pictures, pool.describe_photo_now, pool.processes, progress)
        finally:
            pool.close()

    def _refuse(self, faults: Sequence[Fault], options: dict[str, Any]) -> None:
        """Name every fault; go on only where the operator wants to do without those pictures."""
        for fault in sorted(faults, key=lambda one: one.line):
            self.stderr.write(words.fault(fault))
        skippable = all(fault.wrong.can_be_skipped for fault in faults)
        if faults and not (skippable and options["skip_unreadable"]):
            told = _("清单有 %(count)d 处错误，没有测量。") % {"count": len(faults)}
            raise CommandError(told + (_("加 --skip-unreadable 可略过这些图片。") if skippable else ""), returncode=1)

    # --- telling and storing ---

    def _tell(self, report: Report, options: dict[str, Any], more: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        rows = [more(row) for row in report.told]
        if options["curves"]:
            self._draw(report, options)
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        self.stdout.write(_("模型 %(name)s；距离越小越像。括号内为 95%% 区间。") % {"name": embedder_name()})
        for row in rows:
            self.stdout.write(_line(row))
        if report.too_few is not None:
            self.stdout.write(words.too_few(report.too_few))

    def _draw(self, report: Report, options: dict[str, Any]) -> None:
        directory: Path = options["curves"]
        figures = report.figures
        try:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "error-rates.svg").write_text(words.error_rates(figures), encoding="utf-8")
            for name, picture in words.spreads(figures):
                safe = re.sub(r"[^\w.-]+", "_", name.replace("×", "x"))
                (directory / f"distances-{safe}.svg").write_text(picture, encoding="utf-8")
        except OSError as error:
            raise CommandError(_("无法写入 %(path)s：%(why)s") % {"path": directory, "why": error.strerror}) from error
        self._say(options, _("曲线图已写入 %(path)s") % {"path": directory})

    def _store(
        self,
        options: dict[str, Any],
        report: Report,
        before: Base | None,
        source: Source,
        plan: Plan | None,
        faces: PlanFaces | None,
    ) -> None:
        after = calibrations.proposed(report, source)
        if after is None:
            self._say(options, words.basis(before))
            if before is None and plan is not None:
                self._say(options, words.what_to_run(plan.code))
            return
        self._say(options, _("现在　%(told)s") % {"told": words.basis(before)})
        self._say(options, _("改为　%(told)s") % {"told": words.basis(after)})
        if options["dry_run"]:
            self._say(options, _("这是试运行，没有保存。"))
        elif options["yes"] or self._agrees():
            calibrations.store(faces, plan, report, timezone.now(), None)
            self._say(options, self.style.SUCCESS(_("已保存，从现在起生效。")))
        else:
            self._say(options, _("没有保存。加 --yes 直接保存。"))

    def _agrees(self) -> bool:
        return sys.stdin.isatty() and input(_("保存吗？[y/N] ")).strip().lower() in {"y", "yes"}

    def _say(self, options: dict[str, Any], text: str) -> None:
        """Tell a person; with --json standard output belongs to the figures."""
        (self.stderr if options["json"] else self.stdout).write(text)


def _target(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not TARGETS[0] <= value <= TARGETS[1]:
        raise ArgumentTypeError(_("目标误识率须在 0.00001 与 0.05 之间"))
    return value


@contextmanager
def _bar(total: int, options: dict[str, Any]) -> Iterator[Callable[[int], object]]:
    hidden = options["verbosity"] < 1 or not sys.stderr.isatty()
    with tqdm(total=total, disable=hidden, unit="picture") as bar:
        yield bar.update


def _acquired(gathered: Gathered, group: str, unreadable: int) -> dict[str, Any]:
    """Return what came of the pictures of a group; those that could not be read are told for everybody."""
    names = list(gathered.failures) if group == EVERYBODY else [group]
    failed: dict[str, int] = {}
    for name in names:
        for seen, count in gathered.failures.get(name, {}).items():
            failed[seen] = failed.get(seen, 0) + count
    told: dict[str, Any] = {
        "pictures": sum(gathered.pictures[name] for name in names),
        "failed_to_acquire": sum(failed.values()),
        "failed": failed,
    }
    return told | ({"unreadable": unreadable} if group == EVERYBODY else {})


def _line(row: dict[str, Any]) -> str:
    counts = {name: f"{row[name]:,}" for name in ("genuine", "impostor")} | {"eer": words.percent(row["eer"])}
    head = _("%(group)s %(photos)s×%(frames)s：本人比对 %(genuine)s，异人比对 %(impostor)s，等错误率 %(eer)s")
    told = [head % (row | counts)]
    if row.get("pictures"):
        told.append(_("  图片 %(pictures)s 张，其中 %(failed_to_acquire)s 张未能取得人脸") % row)
    for target, threshold in row["threshold_at"].items():
        rate = words.percent(float(target))
        if threshold is None:
            told.append(_("  误识率 %(rate)s：比对数不足，不作声称") % {"rate": rate})
            continue
        figures = {
            "rate": rate,
            "threshold": f"{threshold:.3f} {_between(row['threshold_bounds_at'][target], '{:.3f}'.format)}",
            "fnmr": f"{words.percent(row['fnmr_at'][target])} {_between(row['fnmr_bounds_at'][target], words.percent)}",
        }
        told.append(_("  误识率 %(rate)s：阈值 %(threshold)s，误拒率 %(fnmr)s") % figures)
    return "\n".join(told)


def _between(bounds: Sequence[float] | None, form: Callable[[float], str]) -> str:
    return "" if bounds is None else f"({form(bounds[0])} – {form(bounds[1])})"


def _masked(enrolment: Enrolment) -> str:
    """Return a name and an account number that a terminal may show: enough to find the pair in the admin."""
    return f"{enrolment.name[:1]}{'*' * max(1, len(enrolment.name) - 1)} …{enrolment.account_number[-4:]}"
