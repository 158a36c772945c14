"""What the machine needs for the whole suite: on Debian and Ubuntu, as root, what is missing is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FONTS = "fonts-noto-cjk"  # without it a screenshot shows boxes instead of Chinese
SERVERS = {"redis-server": "redis-server", "postgres": "postgresql"}


def install_what_is_missing(*, servers: bool) -> None:
    """Install the browser and its fonts, and with `servers` PostgreSQL and Redis too."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    missing = [FONTS] if not has_package(FONTS) else []
    if not has_browser():
        missing.append("chromium")
    if servers:
        missing += [package for program, package in SERVERS.items() if not find_server(program)]
    if missing:
        print("Installing:", " ".join(missing), flush=True)
        apt("update", "--quiet")
        for package in missing:
            apt("install", "--yes", "--quiet", "--no-install-recommends", package)
    if "chromium" in missing and not has_browser():  # Ubuntu has no package of it
        subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=False)


def apt(*arguments: str) -> None:
    """Run apt-get without questions; what could not be installed shows in the tests that need it."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        print(f"apt-get {' '.join(arguments)} failed; the tests that need it will say so.", flush=True)


def has_package(name: str) -> bool:
    """Say whether a Debian package is installed."""
    query = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Status}", name], capture_output=True, text=True, check=False
    )
    return query.stdout == "install ok installed"


def has_browser() -> bool:
    """Say whether there is a Chromium that the tests can drive."""
    from tests.fixtures.reachable import chromium

    chromium.cache_clear()
    return bool(chromium())


def find_server(program: str) -> str:
    """Return the path of a server program, or nothing; Debian keeps PostgreSQL's out of PATH."""
    if found := shutil.which(program):
        return found
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
    newest = max(versions, key=lambda path: float(path.parent.parent.name), default=None)
    return str(newest) if newest else ""
