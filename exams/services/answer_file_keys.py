"""The key pairs of exams for answer files: made before the exam where there is time, else when first asked for."""

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from exams.models import AnswerFileKey, Exam

BITS = 2048
MOST_REMEMBERED = 1000

_making = Lock()  # many enter in the same second: one of them makes the key, the others wait for it
_public_keys: dict[tuple[int, str], "PublicKey"] = {}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a page needs to close a file that only we can open."""

    name: str
    spki: str


def public_key(exam: Exam) -> PublicKey:
    """Return the public key of an exam, made now if there is none; without a query once a process knows it."""
    wanted = exam.pk, exam.seb_token  # the token tells an exam from a later one with the same number
    if wanted not in _public_keys:
        with _making:
            key = AnswerFileKey.objects.filter(exam=exam).only("name", "public").first() or _make(exam)
        if len(_public_keys) >= MOST_REMEMBERED:
            _public_keys.clear()
        _public_keys[wanted] = PublicKey(key.name, key.public)
    return _public_keys[wanted]


def prepare(exams: Iterable[Exam]) -> int:
    """Make the keys that are missing; return how many."""
    lacking = [exam for exam in exams if not AnswerFileKey.objects.filter(exam=exam).exists()]
    for exam in lacking:
        _make(exam)
    return len(lacking)


def prepare_near(now: datetime) -> int:
    """Make the missing keys of exams that are open, or open within a day."""
    return prepare(Exam.objects.near(now).filter(answer_file_key__isnull=True))


def _make(exam: Exam) -> AnswerFileKey:
    """Return the key of an exam, made now unless somebody else was faster."""
    private, public = key_pair()
    made = {"name": secrets.token_hex(8), "public": public, "private": private}
    return AnswerFileKey.objects.get_or_create(exam=exam, defaults=made)[0]


def key_pair() -> tuple[bytes, str]:
    """Return a new private key in DER and its public key in base64. Takes about 0.1 s of computing."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, base64.b64encode(public).decode()
