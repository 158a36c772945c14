"""Measure how often the continuous check accuses honest candidates, and how soon it notices an exchanged one."""

import csv
import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from proctoring import calibration_words as words
from proctoring import calibrations, verifier
from proctoring.domain import alarm_rates, matching, thresholds
from proctoring.domain.alarm_rates import Person, Swaps
from proctoring.domain.drill import Look, Rates
from proctoring.domain.incident_rules import Seen
from proctoring.domain.thresholds import Thresholds
from proctoring.faces import stage
from proctoring.faces.engine import Hint, Observation, Unreadable, embedder_name
from proctoring.verifier import VerifierFailed

SEEN = {Hint.NO_FACE: Seen.NOBODY, Hint.SEVERAL_FACES: Seen.SEVERAL, Hint.TOO_DARK: Seen.DARK}
CHECK_IN_FRAMES = 5


class Command(BaseCommand):
    help = (
        "Plays the continuous check with the pictures of a CSV file (path, person, group): honest hours and swaps. "
        "Each person needs two pictures: one is the reference photo, one is what the camera sees that day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pairs", type=Path, required=True, help="CSV with the columns path, person and group")
        parser.add_argument("--persons", type=int, default=60, help="of each group, at most (60)")
        parser.add_argument("--frames", type=int, default=24, help="staged from each picture (24)")
        parser.add_argument("--hours", type=float, default=2.0, help="that each person sits (2)")
        parser.add_argument("--threshold", type=float, default=None, help="instead of the one in force")
        parser.add_argument(
            "--seed", type=int, default=1, help="of the chance in it: the same seed plays the same exam (1)"
        )
        parser.add_argument("--json", action="store_true", help="print JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        dice = Random(options["seed"])  # noqa: S311 -- a stage, not a secret
        chosen = list(_chosen(options["pairs"], options["persons"], dice))
        limits = _limits(options["threshold"])
        hidden = options["json"] or not self.stderr.isatty()
        persons = []
        for group, pictures in tqdm(chosen, disable=hidden, unit="person"):
            person = _person(group, pictures, options["frames"], dice)
            persons += [person] if person else []
        if len(persons) < 2:
            raise CommandError("Fewer than two persons have two pictures in which a face is found.")
        rows = [
            _row(group, [one for one in persons if group in ("all", one.group)], limits, options["hours"], dice)
            for group in ["all", *sorted({person.group for person in persons})]
        ]
        report = {"threshold": limits.exam, "persons_chosen": len(chosen), "persons_used": len(persons), "groups": rows}
        self.stdout.write(json.dumps(report, indent=1) if options["json"] else _table(report))


def _limits(exam: float | None) -> Thresholds:
    """Return the thresholds of a candidate with one photo who has checked in, where the plan is not calibrated."""
    try:
        row = calibrations.of_pairs()
    except DatabaseError:  # measuring needs no database: then what is shipped counts
        row = None
    base = thresholds.from_table(embedder_name()) if row is None else calibrations.base(row)
    if base is None:
        raise CommandError(words.basis(None))
    known = base.thresholds(1, checked_in=True)
    return known if exam is None else replace(known, exam=exam)


def _chosen(path: Path, most: int, dice: Random) -> Iterable[tuple[str, list[Path]]]:
    """Yield persons with two pictures or more, at most so many of each group."""
    pictures: dict[tuple[str, str], list[Path]] = defaultdict(list)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                pictures[row.get("group") or "all persons", row["person"]].append(path.parent / row["path"])
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as a CSV file with the columns path and person: {error}.") from None
    groups: dict[str, list[list[Path]]] = defaultdict(list)
    for (group, _person_name), found in pictures.items():
        if len(found) > 1:
            groups[group].append(found)
    for group, persons in sorted(groups.items()):
        yield from ((group, found) for found in dice.sample(persons, min(most, len(persons))))


def _person(group: str, pictures: list[Path], count: int, dice: Random) -> Person | None:
    """Return what an engine sees of a person; None where a picture cannot be used, or shows them in company."""
    try:
        reports = [verifier.verifier().describe_photo_now(path.read_bytes()) for path in pictures[:-1][:3]]
        photos = [report.descriptor for report in reports if report.descriptor is not None]
        pools = [_looks(path, count, dice) for path in pictures[::-1][:4]]
    except OSError as error:
        raise CommandError(f"A picture of the list cannot be opened: {error}.") from None
    except (Unreadable, VerifierFailed):
        return None
    good = [look.descriptor for look in pools[0] if look.descriptor is not None]
    if not photos or len(good) < CHECK_IN_FRAMES:
        return None
    check_in = matching.centre(good[:CHECK_IN_FRAMES])
    return Person(group, matching.centre(photos), check_in, pools[0], [pool for pool in pools[1:] if pool])


def _looks(path: Path, count: int, dice: Random) -> list[Look]:
    """Return what the engine sees on frames that are staged from a picture, by all its workers.

    Nothing for a picture with several people: who is not alone in it is no honest candidate, and no false alarm.
    """
    frames = list(stage.frames(path.read_bytes(), count, dice))
    with ThreadPoolExecutor(4) as askers:
        looks = [_look(observation) for observation in askers.map(verifier.verifier().observe_now, frames)]
    in_company = sum(look.seen is Seen.SEVERAL for look in looks)
    return [] if 2 * in_company > len(looks) else looks


def _look(observation: Observation) -> Look:
    return Look(SEEN.get(observation.hint, Seen.UNCLEAR), observation.descriptor)


def _row(group: str, persons: list[Person], limits: Thresholds, hours: float, dice: Random) -> dict[str, Any]:
    def sat(*, changing: bool, with_check_in: bool) -> dict[str, Any]:
        rates = alarm_rates.honest_hours(persons, limits, hours, dice, changing=changing, with_check_in=with_check_in)
        return _rates(rates)

    return {
        "group": group,
        "persons": len(persons),
        "same_day": sat(changing=False, with_check_in=True),
        "other_days_too": sat(changing=True, with_check_in=True),
        "photos_only": sat(changing=False, with_check_in=False),
        "swaps": _swaps(alarm_rates.swaps(persons, limits, 5, dice)),
    }


def _rates(rates: Rates) -> dict[str, Any]:
    return {
        "candidate_hours": rates.hours,
        "alarms": {kind.value: count for kind, count in sorted(rates.alarms.items())},
        "per_ten_hours": round(rates.per_ten_hours, 3),
        "per_ten_hours_at_most": round(rates.most, 3),
    }


def _swaps(swaps: Swaps) -> dict[str, Any]:
    return {
        "played": swaps.played,
        "noticed": len(swaps.seconds),
        "within_10_s": round(swaps.within(10), 4),
        "seconds": {name: swaps.quantile(share) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))},
    }


def _table(report: dict[str, Any]) -> str:
    lines = [
        f"threshold {report['threshold']:.3f}, {report['persons_used']} of {report['persons_chosen']} persons usable",
        f"{'group':<16}{'persons':>8}{'hours':>8}  false alarms per 10 h (at most, 95 %)"
        f"{'swaps':>10}{'noticed':>9}{'≤ 10 s':>8}{'p95 s':>7}",
    ]
    return "\n".join([*lines, *map(_line, report["groups"])])


def _line(row: dict[str, Any]) -> str:
    same, other, swaps = row["same_day"], row["other_days_too"], row["swaps"]
    rate = f"{same['per_ten_hours']:.2f} ({same['per_ten_hours_at_most']:.2f})"
    rate += f"; other days too {other['per_ten_hours']:.2f}"
    p95 = "—" if swaps["seconds"]["p95"] is None else f"{swaps['seconds']['p95']:.1f}"
    figures = f"{swaps['played']:>10}{swaps['noticed']:>9}{swaps['within_10_s']:>8.1%}{p95:>7}"
    return f"{row['group']:<16}{row['persons']:>8}{same['candidate_hours']:>8.0f}  {rate:<38}{figures}"
