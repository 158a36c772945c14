"""Every knob comes from the environment, is written down, and a wrong value stops the start with a sentence."""

import ast
import base64
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
KEY = base64.b64encode(b"k" * 32).decode()
SECRETS = {"SECRET_KEY": "signing", "DATA_KEYS": f"1:{KEY}", "LOOKUP_KEY": KEY}
SHOWN = """
import json
from examplatform import settings as s
print(json.dumps({
    "origin": s.PUBLIC_ORIGIN, "hosts": s.ALLOWED_HOSTS, "secure": s.SESSION_COOKIE_SECURE,
    "engine": s.DATABASES["default"]["ENGINE"], "certificate": s.TLS_CERT, "key": s.SECRET_KEY,
    "demo": s.DEMO,
}))
"""


def start(tmp_path: Path, **knobs: str) -> "subprocess.CompletedProcess[str]":
    """Read the settings in a process of its own, with nothing in the environment but these knobs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {"DATA_DIR": str(tmp_path / "data")} | knobs
    command = [sys.executable, "-c", SHOWN]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def started(tmp_path: Path, **knobs: str) -> dict[str, object]:
    done = start(tmp_path, **knobs)
    assert done.returncode == 0, done.stderr
    shown: dict[str, object] = json.loads(done.stdout)
    return shown


@pytest.mark.parametrize(
    ("knobs", "sentence"),
    [
        ({"PORT": "http"}, "PORT is set to 'http'"),
        ({"PORT": "70000"}, "PORT is set to '70000'"),
        ({"DEBUG": "perhaps"}, "DEBUG is set to 'perhaps'"),
        ({"TLS": "yes"}, "TLS is set to 'yes': Must be one of: off, self-signed."),
        ({"VERIFIER_PROCESSES": "-1"}, "VERIFIER_PROCESSES"),
        ({"EVIDENCE_DAYS": "0"}, "EVIDENCE_DAYS"),
        ({"LOG_LEVEL": "chatty"}, "LOG_LEVEL"),
        ({"HSTS_SECONDS": "a year"}, "HSTS_SECONDS"),
        ({"PUBLIC_ORIGIN": "exam.example.org"}, "PUBLIC_ORIGIN must look like https://"),
        ({"PUBLIC_ORIGIN": "https://exam.example.org/exam"}, "without a path"),
        ({"DATABASE_URL": "mysql://u:p@h/n", **SECRETS}, "DATABASE_URL must look like postgresql://"),
        ({"DATABASE_URL": "nonsense", **SECRETS}, "DATABASE_URL must look like postgresql://"),
        ({"DATABASE_URL": "postgresql://u:p@h/n"}, "Set SECRET_KEY, DATA_KEYS, LOOKUP_KEY too"),
        ({"SECRET_KEY": "signing"}, "Set DATA_KEYS, LOOKUP_KEY too"),
        (SECRETS | {"DATA_KEYS": KEY}, "DATA_KEYS must read id:key"),
        (SECRETS | {"LOOKUP_KEY": "short"}, "LOOKUP_KEY must hold 32 random bytes"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL must look like redis://"),
        ({"TLS_CERT": "/nowhere/cert.pem"}, "Set both TLS_CERT and TLS_KEY"),
        ({"TLS_CERT": "/nowhere/c.pem", "TLS_KEY": "/nowhere/k.pem"}, "TLS_CERT names a file that cannot be read"),
        ({"TLS": "self-signed", "TLS_CERT": "c", "TLS_KEY": "k"}, "either TLS=self-signed or TLS_CERT"),
        ({"DATA_DIR": "/dev/null/data"}, "DATA_DIR must be a directory that can be written"),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence(tmp_path: Path, knobs: dict[str, str], sentence: str) -> None:
    done = start(tmp_path, **knobs)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_every_wrong_value_is_named_at_once(tmp_path: Path) -> None:
    done = start(tmp_path, PORT="x", EVIDENCE_DAYS="y")
    assert len(done.stderr.splitlines()) == 2


def test_a_wrong_secret_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    assert "hunter2" not in start(tmp_path, **SECRETS | {"LOOKUP_KEY": "hunter2"}).stderr


def test_without_any_setting_the_embedded_default_starts(tmp_path: Path) -> None:
    shown = started(tmp_path)
    assert shown["origin"] == "http://127.0.0.1:8000"
    assert shown["engine"] == "django.db.backends.sqlite3"
    assert shown["secure"] is False


def test_generated_secrets_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    first, second = started(tmp_path), started(tmp_path)
    assert first["key"] == second["key"]
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600


def test_damaged_secrets_stop_the_start_instead_of_being_replaced(tmp_path: Path) -> None:
    started(tmp_path)
    (tmp_path / "data" / "secrets.json").write_text("{}")
    done = start(tmp_path)
    assert done.returncode == 2
    assert "is damaged: put back a copy of it" in done.stderr
    assert (tmp_path / "data" / "secrets.json").read_text() == "{}"


def test_the_public_address_follows_from_host_port_and_tls(tmp_path: Path) -> None:
    shown = started(tmp_path, HOST="192.0.2.7", PORT="8443", TLS="self-signed")
    assert shown["origin"] == "https://192.0.2.7:8443"
    assert shown["secure"] is True
    assert shown["certificate"] == str(tmp_path / "data" / "tls" / "cert.pem")


def test_a_server_for_all_addresses_is_known_by_one_that_others_can_open(tmp_path: Path) -> None:
    shown = started(tmp_path, HOST="0.0.0.0")
    assert "0.0.0.0" not in str(shown["origin"])
    assert isinstance(shown["hosts"], list)
    assert str(shown["origin"]).removeprefix("http://").partition(":")[0] in shown["hosts"]


def knobs_read() -> set[str]:
    """Return the names that the code takes from the environment, read from its source."""
    found = set[str]()
    for file in ("settings.py", "env.py"):
        for node in ast.walk(ast.parse((ROOT / "examplatform" / file).read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            name = node.args[0]
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "env" and isinstance(name, ast.Constant):
                found.add(str(name.value))
    return found | set(SECRETS)


def test_the_table_of_settings_names_every_knob_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "docs" / "deployment.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"`([A-Z_]+)`", " ".join(rows))) == knobs_read()


def test_the_demo_with_its_published_numbers_is_loaded_on_a_real_database_only_when_asked_for(tmp_path: Path) -> None:
    real = {"DATABASE_URL": "postgresql://exam:secret@127.0.0.1:5432/exam", **SECRETS}
    assert started(tmp_path)["demo"] is True
    assert started(tmp_path, DEMO="0")["demo"] is False
    assert started(tmp_path, **real)["demo"] is False
    assert started(tmp_path, **real, DEMO="1")["demo"] is True
