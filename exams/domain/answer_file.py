"""What an answer file looks like: the envelope that anybody can read, and the content that only the exam's key opens.

The envelope is JSON, its bytes in base64: `{"format": "examplatform-answers", "version": 1, "exam": code, "sitting",
"key": its name, "wrapped": RSA-OAEP-SHA256 of a fresh AES key, "iv": 12 bytes, "data": AES-256-GCM of the content}`.
The content is JSON too: `{"sitting", "client", "epoch", "made_at", "ops": [{"question", "seq", "value", "doubtful",
"changed_at"}]}`.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FORMAT, VERSION = "examplatform-answers", 1
MOST_BYTES = 1024 * 1024
IV_BYTES = 12
KEY_NAME = re.compile(r"[0-9a-f]{1,32}")
LARGEST_NUMBER = 2**63 - 1  # of a row of any table


class Fault(StrEnum):
    """Why a file is none of ours, or not whole."""

    TOO_LARGE = "too_large"
    NOT_OURS = "not_ours"
    VERSION = "version"
    BROKEN = "broken"


class Unreadable(ValueError):
    """The file cannot be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of a file, as it says of itself: nothing of it is proven before the content is open."""

    exam: str
    sitting: int
    key: str
    wrapped: bytes
    iv: bytes
    data: bytes


def envelope(raw: bytes) -> Envelope:
    """Return the outside of a file, or raise `Unreadable`."""
    if len(raw) > MOST_BYTES:
        raise Unreadable(Fault.TOO_LARGE)
    outside = _object(raw, Fault.NOT_OURS)
    if outside.get("format") != FORMAT:
        raise Unreadable(Fault.NOT_OURS)
    if outside.get("version") != VERSION:
        raise Unreadable(Fault.VERSION)
    exam, sitting, key = outside.get("exam"), outside.get("sitting"), outside.get("key")
    if not (isinstance(exam, str) and isinstance(key, str) and KEY_NAME.fullmatch(key)):
        raise Unreadable(Fault.BROKEN)
    if not (type(sitting) is int and 0 < sitting <= LARGEST_NUMBER):
        raise Unreadable(Fault.BROKEN)
    found = Envelope(exam, sitting, key, *(_bytes(outside.get(name)) for name in ("wrapped", "iv", "data")))
    if len(found.iv) != IV_BYTES:
        raise Unreadable(Fault.BROKEN)
    return found


def content(plain: bytes, sitting: int) -> Mapping[str, Any]:
    """Return the inside of a file, which must be about the same sitting as its outside; or raise `Unreadable`."""
    inside = _object(plain, Fault.BROKEN)
    if inside.get("sitting") != sitting or not isinstance(inside.get("ops"), list):
        raise Unreadable(Fault.BROKEN)
    return inside


def _object(raw: bytes, fault: Fault) -> Mapping[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable(fault) from None
    if not isinstance(found, dict):
        raise Unreadable(fault)
    return found


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except binascii.Error:
        raise Unreadable(Fault.BROKEN) from None
