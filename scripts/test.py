"""`make test` and `make check`: every step runs, even after one has failed; the last lines say how each went."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this file is run by its path

from scripts import machine, services  # noqa: E402

BIN = Path(sys.executable).parent
ON_CI = os.environ.get("CI") == "true"
PROCESSES = str(max(2, min(os.cpu_count() or 2, 8)))
BROWSERS = str(int(PROCESSES) + 1)  # they mostly wait
PYTEST = [str(BIN / "pytest"), "--quiet", "--numprocesses", PROCESSES]


class Steps:
    """Runs one command after the other and remembers how they ended."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, str]] = []
        self.failed = False

    def run(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        """Run a command, its output going straight through."""
        print(f"\n— {name}", flush=True)
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False)
        self.note(name, "failed" if done.returncode else "passed", began)

    def note(self, name: str, outcome: str, began: float) -> None:
        """Remember an outcome."""
        self.failed |= outcome == "failed"
        self.outcomes.append((name, f"{outcome} in {time.monotonic() - began:.0f} s"))

    def leave_out(self, name: str, reason: str) -> None:
        """Remember a step that cannot run here; on CI that is a failure."""
        self.failed |= ON_CI
        self.outcomes.append((name, f"{'failed' if ON_CI else 'skipped'}: {reason}"))

    def report(self) -> int:
        """Say how each step went."""
        print()
        for name, outcome in self.outcomes:
            print(f"{name:<34} {outcome}")
        return 1 if self.failed else 0


def check(steps: Steps) -> None:
    """Lint and types."""
    steps.run("lint of code", [str(BIN / "ruff"), "check", "--quiet", "."])
    steps.run("form of code", [str(BIN / "ruff"), "format", "--check", "--quiet", "."])
    steps.run("lint of templates", [str(BIN / "djlint"), "--lint", "--quiet", "templates"])
    steps.run("types", [str(BIN / "mypy"), "."])


def test(steps: Steps) -> None:
    """Everything that runs the code."""
    manage = [sys.executable, "-W", "error", "manage.py"]
    steps.run("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run", "--verbosity", "0"])
    steps.run("tests on SQLite", PYTEST)
    steps.run("tests in a browser", [*PYTEST, "--numprocesses", BROWSERS, "-m", "browser and not long"])
    test_on_servers(steps)


def test_on_servers(steps: Steps) -> None:
    """Run the tests that touch the database a second time, as production runs."""
    name = "tests on PostgreSQL and Redis"
    try:
        with ExitStack() as running:
            environment = services.secrets_of_one_run() | {
                "DATABASE_URL": running.enter_context(services.postgresql()),
                "REDIS_URL": running.enter_context(services.redis_server()),
            }
            steps.run(name, [*PYTEST, "-m", "database and not browser and not faults"], environment)
    except services.Unreachable as reason:
        steps.leave_out(name, f"{reason} {services.HOW_TO_GET_THEM}")


def main(task: str) -> int:
    """Run the steps of a task; data of the tests stay apart from the data of `make run`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    os.environ["DATA_DIR"] = str(Path(os.environ.get("DATA_DIR", "var")).absolute() / "test")
    steps = Steps()
    if task == "test":
        machine.install_what_is_missing(servers=ON_CI)
    check(steps)
    if task == "test":
        test(steps)
    return steps.report()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "test"))
