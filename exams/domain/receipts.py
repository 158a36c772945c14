"""The receipt of a sitting: a short word for what had been logged and what the answers were when it ended."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from exams.domain.arrivals import Op
from exams.domain.chain import Head, moment

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
GROUPS, GROUP = 3, 4


def digest(sitting: int, ended_at: datetime, head: Head, answers: Mapping[int, Op]) -> bytes:
    """Return the 32 bytes that stand for a sitting as it ended.

    SHA-256 of a JSON list without spaces: the sitting's number, the moment, the number of log entries, the newest one's
    hash in hexadecimal, and the answers as [question, chosen options, doubtful], in the order of the questions.
    """
    final = [[number, list(answers[number].value), answers[number].doubtful] for number in sorted(answers)]
    content = [sitting, moment(ended_at), head.length, head.hash.hex(), final]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).digest()


def code(of: bytes) -> str:
    """Return the first 60 bits of a digest as people copy them: three groups of four letters, with hyphens."""
    bits = int.from_bytes(of[:8], "big") >> 4
    letters = "".join(LETTERS[bits >> 5 * place & 31] for place in reversed(range(GROUPS * GROUP)))
    return _grouped(letters)


def normalise(typed: str) -> str:
    """Return a code as it is kept, from what a person typed: any case, spaces or none, O for 0, I and L for 1."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return _grouped(letters.translate(str.maketrans("OIL", "011")))


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))
