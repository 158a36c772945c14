"""`make`, and what starts the server: what a newcomer meets first."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from examplatform import network

ROOT = Path(settings.BASE_DIR)
TARGETS = {"help", "install", "run", "test", "check", "format", "messages", "screenshots", "face-model", "clean"}
TARGETS |= {"run-production", "soak", "faults"}


def test_make_alone_lists_what_can_be_done() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE))
    assert listed == TARGETS


def test_every_requirement_is_pinned_and_each_direct_one_says_why() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    assert all(re.match(r"[\w.-]+==[\w.]+(\s+# \S.*)?$", line) for line in lines)
    assert "Django" in next(line for line in lines if "#" in line)


def test_what_needs_a_compiler_is_not_required() -> None:
    names = {line.partition("==")[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines()}
    assert not names & {"dlib", "psycopg2", "opencv-python"}


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = os.environ | {"DATA_DIR": str(tmp_path), "PORT": str(port), "HOST": "127.0.0.1"}
        environment = {name: value for name, value in environment.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        done = subprocess.run(
            [sys.executable, "-m", "examplatform"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"port {port}: Address already in use" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "port", "secure", "origin"),
    [
        ("127.0.0.1", 8000, False, "http://127.0.0.1:8000"),
        ("exam.example.org", 443, True, "https://exam.example.org"),
        ("exam.example.org", 80, False, "http://exam.example.org"),
        ("::1", 8000, False, "http://[::1]:8000"),
    ],
)
def test_the_address_of_a_server_is_one_that_can_be_opened(host: str, port: int, secure: bool, origin: str) -> None:
    assert network.origin(host, port, secure=secure) == origin


def test_ci_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()


def test_a_command_before_the_tables_are_made_says_how_to_make_them(tmp_path: Path) -> None:
    ours = {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "examplatform.settings"}
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    done = subprocess.run(
        [sys.executable, "manage.py", "import_plan", "demo", "--dry-run"],
        cwd=ROOT, env=environment | ours, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr
