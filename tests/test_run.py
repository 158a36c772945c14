"""`make run`, from an empty directory to a page over https and a clean end."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

STARTS_WITHIN = 90  # seconds: the first start migrates and loads the demo plan, on a machine busy with other tests


@contextmanager
def running(data: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    knobs = {"DATA_DIR": str(data), "PORT": str(port), "TLS": "self-signed", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "examplatform"],
        cwd=settings.BASE_DIR,
        env=kept | knobs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:  # closes its output
        try:
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for_page(process: "subprocess.Popen[str]", url: str, certificate: Path) -> str:
    """Return the page once the server answers; the certificate must be the one that was made."""
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience and process.poll() is None:
        try:
            trusted = ssl.create_default_context(cafile=str(certificate))
            with urllib.request.urlopen(url, context=trusted, timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.2)
    process.kill()
    output = process.stdout.read() if process.stdout else ""
    raise AssertionError(f"The server did not answer:\n{output}")


def test_a_first_start_prints_the_way_in_and_a_second_one_is_quick(tmp_path: Path) -> None:
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    with running(tmp_path, port) as process:
        page = wait_for_page(process, f"{url}/", tmp_path / "tls" / "cert.pem")
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert '<html lang="zh-hans">' in page
    assert f"{url}/" in told
    assert re.search(r"\b\d{17}[\dX]\b", told), "a demo candidate's ID number"
    assert "/admin/" in told
    assert "Traceback" not in told

    began = time.monotonic()
    with running(tmp_path, port) as process:
        wait_for_page(process, f"{url}/", tmp_path / "tls" / "cert.pem")
    assert time.monotonic() - began < STARTS_WITHIN / 3
