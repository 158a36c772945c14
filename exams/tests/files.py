"""Answer files as a page makes them."""

import base64
import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_public_key

from exams.models import Sitting
from exams.services import answer_file_keys
from exams.services.answer_files import OAEP


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def made_by(sitting: Sitting, /, *ops: dict[str, Any], inside: object = None, **outside: object) -> bytes:
    """Return the file that the page of a sitting would make; `inside` and `outside` replace what it says."""
    key = answer_file_keys.public_key(sitting.enrolment.exam)
    known = load_der_public_key(base64.b64decode(key.spki))
    assert isinstance(known, RSAPublicKey)
    content = {
        "sitting": sitting.pk,
        "client": sitting.client,
        "epoch": sitting.epoch,
        "made_at": "2026-01-19T09:30:00.000Z",
        "ops": [{**op, "changed_at": None} for op in ops],
    }
    plain = json.dumps(content | inside if isinstance(inside, dict) else content).encode()
    secret, iv = os.urandom(32), os.urandom(12)
    file = {
        "format": "examplatform-answers",
        "version": 1,
        "exam": sitting.enrolment.exam.code,
        "sitting": sitting.pk,
        "key": key.name,
        "wrapped": text(known.encrypt(secret, OAEP)),
        "iv": text(iv),
        "data": text(AESGCM(secret).encrypt(iv, plain, None)),
    }
    return json.dumps(file | outside).encode()


def written(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path
