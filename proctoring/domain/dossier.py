"""The one form in which a dossier is written down, so that its digest can be computed again by anybody."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FORMAT = "examplatform-dossier-1"


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the content as JSON in UTF-8: keys sorted, no white space, nothing escaped that need not be."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a dossier or a picture, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def in_groups(digest: str) -> str:
    """Return a digest in groups of eight, to be read out and compared."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
