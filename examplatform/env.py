"""The environment, read once and checked whole: every wrong value is named in one sentence."""

import base64
import binascii
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from environs import Env, EnvValidationError

KEY_BYTES = 32
SECRET_NAMES = ("SECRET_KEY", "DATA_KEYS", "LOOKUP_KEY")


def reader() -> Env:
    """Return a reader that collects what is wrong; `seal_or_stop` tells it."""
    return Env(eager=False)


def seal_or_stop(env: Env) -> None:
    """End the process with one line for each wrong value, instead of a traceback."""
    try:
        env.seal()
    except EnvValidationError as wrong:
        named = wrong.error_messages if isinstance(wrong.error_messages, Mapping) else {}
        for name, reasons in named.items():
            sys.stderr.write(f"{name} is set to {os.environ.get(name, '')!r}: {' '.join(reasons)}\n")
        raise SystemExit(2) from None


def stop(sentence: str) -> NoReturn:
    """End the process with a sentence that says what to change."""
    sys.stderr.write(sentence + "\n")
    raise SystemExit(2)


def checked_origin(origin: str) -> SplitResult:
    """Return the parts of the address that people open, after a look at its form."""
    try:
        parts = urlsplit(origin)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.path or parts.query or parts.fragment:
        stop(f"PUBLIC_ORIGIN must look like https://exam.example.org, without a path; it is {origin!r}.")
    return parts


def check_tls_files(certificate: str, key: str) -> None:
    """Stop unless both files are named and can be read."""
    if not (certificate and key):
        stop("Set both TLS_CERT and TLS_KEY: the certificate chain and its private key, as PEM files.")
    for name, path in (("TLS_CERT", certificate), ("TLS_KEY", key)):
        if not os.access(path, os.R_OK):
            stop(f"{name} names a file that cannot be read: {path}")


# A database host that is gone without a word (a cable, a crashed machine) is noticed in seconds, not in a quarter of an
# hour: a save is told to come back then. The URL may say otherwise (…/name?connect_timeout=10).
WAITS_AT_MOST = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,  # milliseconds that what was sent may stay without an answer of the host
}


def postgresql(url: str) -> dict[str, Any]:
    """Return Django's description of the PostgreSQL database that the URL names."""
    shape = "DATABASE_URL must look like postgresql://user:password@host:5432/name"
    try:
        database: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=0)}  # only `exams.threads` keeps some
    except (ValueError, KeyError, dj_database_url.UnknownSchemeError):
        stop(f"{shape}.")
    if database["ENGINE"] != "django.db.backends.postgresql" or not database["NAME"]:
        stop(f"{shape}; leave it out to use the embedded database.")
    database["OPTIONS"] = {**WAITS_AT_MOST, **database.get("OPTIONS", {})}
    return database


def check_redis(url: str) -> None:
    """Stop unless the URL is one that Redis clients understand."""
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss", "unix"} or not (parts.netloc or parts.path):
        stop("REDIS_URL must look like redis://127.0.0.1:6379/0.")


def make_private_directory(path: Path) -> None:
    """Make the directory that holds secrets, database and pictures, readable by its owner alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        stop(f"DATA_DIR must be a directory that can be written; {path}: {wrong.strerror}.")
    if not os.access(path, os.W_OK):
        stop(f"DATA_DIR must be a directory that can be written; {path} cannot.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be known outside: the signing key, the data keys, the look-up key.

    `data_keys` maps a key id to 32 bytes; the first one encrypts, all of them decrypt.
    """

    secret_key: str
    data_keys: dict[str, bytes]
    lookup_key: bytes


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        stop(f"{name} must hold {KEY_BYTES} random bytes in base64; make one with: openssl rand -base64 {KEY_BYTES}")
    return key


def _from_environment(secret_key: str, data_keys: str, lookup_key: str) -> Secrets:
    pairs = dict(pair.partition(":")[::2] for pair in data_keys.split(",") if pair)
    if not pairs or not all(pairs.values()):
        stop("DATA_KEYS must read id:key or id:key,id:key with each key 32 random bytes in base64; the first encrypts.")
    return Secrets(
        secret_key=secret_key,
        data_keys={name: _key("DATA_KEYS", text) for name, text in pairs.items()},
        lookup_key=_key("LOOKUP_KEY", lookup_key),
    )


def _from_file(path: Path) -> Secrets:
    if not path.exists():
        fresh = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATA_KEYS": "1:" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
            "LOOKUP_KEY": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        }
        partial = path.with_suffix(f".{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(fresh, indent=1))
        try:
            os.link(partial, path)  # the first of several starting processes wins
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            partial.replace(path)
            return _from_file(path)
        finally:
            partial.unlink(missing_ok=True)
    try:
        kept = json.loads(path.read_text())
        return _from_environment(kept["SECRET_KEY"], kept["DATA_KEYS"], kept["LOOKUP_KEY"])
    except (ValueError, KeyError):
        stop(f"{path} is damaged: put back a copy of it. Without it, stored ID numbers and pictures cannot be read.")


def given_secrets(env: Env) -> dict[str, str]:
    """Read the three secrets as they stand in the environment."""
    return {name: env.str(name, "") for name in SECRET_NAMES}


def load_secrets(given: dict[str, str], path: Path, *, may_generate: bool) -> Secrets:
    """Return the secrets from the environment, or from a file that the embedded default keeps."""
    missing = [name for name, value in given.items() if not value]
    if not missing:
        return _from_environment(*(given[name] for name in SECRET_NAMES))
    if len(missing) < len(given) or not may_generate:
        stop(
            f"Set {', '.join(missing)} too: with DATABASE_URL, or as soon as one of them is set, "
            f"all of {', '.join(SECRET_NAMES)} are needed (docs/deployment.md says how to make them)."
        )
    return _from_file(path)
