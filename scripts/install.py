"""Makes the environment that everything runs in: `python3 scripts/install.py .venv`.

Runs with whatever Python 3 the system has, to be able to say that it is too old; needs the standard library and pip.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def stop(sentence: str) -> None:
    """End with a sentence that says what to do."""
    sys.stderr.write(sentence + "\n")
    raise SystemExit(1)


def succeeds(*command: str) -> bool:
    """Say whether a command works, without its output."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def make_environment(venv: Path) -> None:
    """Make the environment if it is not there, or no longer works."""
    python = str(venv / "bin" / "python")
    if os.path.exists(python) and succeeds(python, "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"):
        return
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    if not succeeds(sys.executable, "-c", "import ensurepip"):
        command.append("--without-pip")  # Debian without python3-venv: the system's own pip can install
    if not succeeds(*command):
        stop("Python cannot make a virtual environment here. On Debian and Ubuntu: apt-get install python3-venv")


def installer(venv: Path) -> list[str]:
    """Return the pip that installs into the environment."""
    python = str(venv / "bin" / "python")
    choices = [[python, "-m", "pip"], [sys.executable, "-m", "pip", "--python", python]]
    for pip in choices:
        if succeeds(*pip, "--version"):
            return pip
    stop("pip is missing. On Debian and Ubuntu: apt-get install python3-pip python3-venv")
    return []


def main() -> None:
    """Install what requirements.txt pins, whole, and leave a stamp that make compares with it."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        stop(f"Python 3.11 or newer is needed; {sys.executable} is {found}. Name another: make PYTHON=python3.11")
    venv = Path(sys.argv[1])
    sys.stdout.write(f"Installing the packages of requirements.txt into {venv} …\n")
    sys.stdout.flush()
    make_environment(venv)
    # --no-deps: one package declares another that pip would compile; see requirements.txt.
    options = ["--no-deps", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    command = [*installer(venv), "install", *options, "--requirement", str(REQUIREMENTS)]
    if subprocess.run(command, check=False).returncode:
        stop("The packages could not be installed; pip says why above. Run make again when the cause is gone.")
    (venv / "installed").touch()


if __name__ == "__main__":
    main()
