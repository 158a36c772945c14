"""`make faults`: plays every fault, prints fault / tries / lost / recovery time, and ends with 1 if anything was lost.

Each database has a process of its own that plays its faults one after the other; the browser's faults are pytest files.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from scripts.faults import browsers
from scripts.faults.outcome import Outcome
from scripts.faults.registry import BROWSER, BY_NUMBER, FAULTS, POSTGRESQL, SQLITE

ROOT = Path(__file__).resolve().parent.parent.parent
LINE = "{:>3}  {:<10}  {:<56}  {:>7}  {:>5}  {:>9}  {}"


def play(ground: str, numbers: list[int], *, short: bool, seed: int) -> list[Outcome]:
    """Play the faults of one database in a process of their own; what it could not play is a failure."""
    command = [sys.executable, "-m", "scripts.faults.play", ground, ",".join(map(str, numbers)), "--seed", str(seed)]
    outcomes: list[Outcome] = []
    with subprocess.Popen(
        [*command, *(["--short"] if short else [])], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                outcomes.append(Outcome(**json.loads(line)))
                show(outcomes[-1])
    played = {outcome.fault for outcome in outcomes}
    for number in numbers:
        if number not in played:
            outcomes.append(Outcome(number, ground, failures=["could not be played; see above"]))
            show(outcomes[-1])
    return outcomes


def show(outcome: Outcome) -> None:
    """Print one row as soon as it is known, and below it what did not hold."""
    recovery = "" if outcome.recovery_s is None else f"{outcome.recovery_s:.1f} s"
    verdict = "ok" if outcome.is_good else "FAILED"
    name = BY_NUMBER[outcome.fault].name
    row = LINE.format(outcome.fault, outcome.where, name, outcome.tries, outcome.lost, recovery, verdict)
    print(row, *(f"       {note}" for note in outcome.notes), sep="\n", file=sys.stderr, flush=True)
    for failure in outcome.failures:
        print(f"     ! {failure}", file=sys.stderr, flush=True)


def main() -> int:
    """Read the options, play, report."""
    parser = argparse.ArgumentParser(prog="faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="fewer tries and shorter outages")
    parser.add_argument("--only", default="", metavar="1,4", help="these faults")
    parser.add_argument("--servers-only", action="store_true", help="leave the browser's faults to pytest")
    parser.add_argument("--database", choices=[POSTGRESQL, SQLITE], help="on this one only")
    parser.add_argument("--seed", type=int, default=1, help="of what happens at random")
    parser.add_argument("--json", action="store_true", help="print one JSON object as well")
    options = parser.parse_args()
    wanted = {int(number) for number in options.only.split(",") if number} or set(BY_NUMBER)
    if unknown := wanted - set(BY_NUMBER):
        parser.error(f"no such fault: {', '.join(map(str, sorted(unknown)))}")
    began, outcomes = time.monotonic(), list[Outcome]()
    print(LINE.format("", "where", "fault", "tries", "lost", "recovery", ""), file=sys.stderr)
    for ground in (POSTGRESQL, SQLITE):
        numbers = [fault.number for fault in FAULTS if fault.number in wanted and ground in fault.grounds]
        if numbers and options.database in {None, ground}:
            outcomes += play(ground, numbers, short=options.short, seed=options.seed)
    if not options.servers_only and options.database is None:
        in_browser = [fault for fault in FAULTS if fault.number in wanted and BROWSER in fault.grounds]
        outcomes += [browsers.play(fault, show) for fault in in_browser]
    bad = sorted({outcome.fault for outcome in outcomes if not outcome.is_good})
    said = f"FAILED: {', '.join(map(str, bad))}" if bad else "nothing was lost"
    print(f"{len(outcomes)} rows in {time.monotonic() - began:.0f} s: {said}", file=sys.stderr)
    if options.json:
        print(json.dumps([asdict(outcome) | {"good": outcome.is_good} for outcome in outcomes], ensure_ascii=False))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
