"""The faults that only a real browser can show: pytest files marked `faults`, each test named for its fault."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scripts.faults.outcome import Outcome
from scripts.faults.registry import BROWSER, Fault

ROOT = Path(__file__).resolve().parent.parent.parent
COUNTED = re.compile(r"(\d+) (passed|failed|error|skipped)")
NOTHING_COLLECTED = 5


def play(fault: Fault, show: Callable[[Outcome], None]) -> Outcome:
    """Run the tests that are marked `faults` and have `fault_N` as a mark or in their name."""
    began = time.monotonic()
    chosen = ["-m", "faults", "-k", f"fault_{fault.number} or fault_{fault.number}_"]
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-rf", *chosen]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counts = {kind: int(number) for number, kind in COUNTED.findall(done.stdout)}
    outcome = Outcome(fault.number, BROWSER, tries=sum(counts.values()))
    outcome.notes.append(f"{counts.get('passed', 0)} passed in {time.monotonic() - began:.0f} s")
    if done.returncode == NOTHING_COLLECTED:
        outcome.failures.append(f"no test is marked `faults` and named fault_{fault.number}")
    elif done.returncode or counts.get("skipped"):
        outcome.failures += [
            line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR", "SKIPPED"))
        ]
        outcome.require(bool(outcome.failures), done.stdout[-500:])
    show(outcome)
    return outcome
