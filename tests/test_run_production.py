"""`make run-production`: everything of an exam day, from nothing to a page, and a clean end."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from proctoring.remote.mailbox import Mailbox
from scripts import machine, services

STARTS_WITHIN = 120  # seconds: databases, migrations and models, on a machine busy with other tests


def wait_for(text: str, log: Path, process: "subprocess.Popen[bytes]", times: int = 1) -> str:
    """Return the output once it says so."""
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience and process.poll() is None:
        if len(re.findall(text, told := log.read_text())) >= times:
            return told
        time.sleep(0.1)
    raise AssertionError(f"{text} was not said:\n{log.read_text()}")


def until_workers(mailbox: Mailbox, count: int) -> None:
    patience = time.monotonic() + STARTS_WITHIN
    while mailbox.at_work() != count:
        assert time.monotonic() < patience
        time.sleep(0.1)


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_servers_and_workers_start_outlive_a_death_and_end(tmp_path: Path) -> None:
    if not (machine.find_server("postgres") and machine.find_server("redis-server")):
        pytest.skip(services.HOW_TO_GET_THEM)
    port, log = services.free_port(), tmp_path / "output"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "scripts/production.py", "--servers", "2", "--workers", "1", "--processes", "1"],
            cwd=settings.BASE_DIR,
            env=kept | {"DATA_DIR": str(tmp_path / "data"), "PORT": str(port), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        told = wait_for(r"Redis: (\S+)", log, process)
        assert f"http://127.0.0.1:{port}/admin/" in told
        mailbox = Mailbox(re.findall(r"Redis: (\S+)", told)[0])
        until_workers(mailbox, 1)
        style = re.findall(r'href="(/static/\S+\.css)"', page(f"http://127.0.0.1:{port}/"))[0]
        assert "--" in page(f"http://127.0.0.1:{port}{style}"), "static files, under names that carry their hash"
        for name in ("worker 1", "server 2"):
            os.kill(int(re.findall(rf"{name}: process (\d+)", log.read_text())[0]), signal.SIGKILL)
            wait_for(rf"{name}: process", log, process, times=2)
        until_workers(mailbox, 1)
        assert page(f"http://127.0.0.1:{port}/")
        mailbox.close()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    told = log.read_text()
    assert "Traceback" not in told
    for pid in re.findall(r"process (\d+)", told):
        assert not os.path.exists(f"/proc/{pid}")
