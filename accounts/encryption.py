"""Personal data at rest: AES-GCM with a key id, and keyed digests to look things up without reading them.

A sealed value is `key id length (1 byte) + key id + nonce (12 bytes) + ciphertext and tag`; the field's name is bound
in as associated data, so a sealed value copied into another column cannot be opened there. (A migration that renames a
sealed column or its model therefore has to seal its values anew.)
"""

import hashlib
import hmac
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.checks import CheckMessage
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

NONCE_BYTES = 12


class Undecipherable(Exception):
    """The value was sealed with a key that is not in DATA_KEYS, or was tampered with."""


def seal(plain: bytes, *, purpose: str) -> bytes:
    """Encrypt with the first of the data keys, for one purpose only."""
    name, key = next(iter(settings.DATA_KEYS.items()))
    key_id = name.encode()
    nonce = os.urandom(NONCE_BYTES)
    return bytes([len(key_id)]) + key_id + nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt with the data key that the value names; raise `Undecipherable` where that cannot be done."""
    end = 1 + sealed[0] if sealed else 0
    key = settings.DATA_KEYS.get(sealed[1:end].decode(errors="replace"))
    nonce, ciphertext = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    if key is None or len(nonce) < NONCE_BYTES:
        raise Undecipherable(purpose)
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, purpose.encode())
    except InvalidTag:
        raise Undecipherable(purpose) from None


def keyed_digest(value: str, *, purpose: str) -> str:
    """Return 64 hex digits: equal values give equal digests, and nobody without LOOKUP_KEY can compute them."""
    message = f"{purpose}\x00{value}".encode()
    return hmac.new(settings.LOOKUP_KEY, message, hashlib.sha256).hexdigest()


class _SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Seals on the way into the database and unseals on the way out; cannot be searched."""

    @property
    def purpose(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def _to_bytes(self, value: Any) -> bytes:
        return bytes(value)

    def _from_bytes(self, plain: bytes) -> Any:
        return plain

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is not None:
            value = seal(self._to_bytes(value), purpose=self.purpose)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else self._from_bytes(unseal(bytes(value), purpose=self.purpose))

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        raise NotImplementedError("A sealed field is never serialised.")


class SealedTextField(_SealedField):
    """Text that is encrypted at rest."""

    empty_values = [None, ""]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def _to_bytes(self, value: Any) -> bytes:
        return str(value).encode()

    def _from_bytes(self, plain: bytes) -> str:
        return plain.decode()

    def _check_str_default_value(self) -> list[CheckMessage]:
        return []  # a BinaryField may not have text as its default; this one must

    def get_default(self) -> Any:
        default = super().get_default()
        return "" if default == b"" else default


class SealedBytesField(_SealedField):
    """Bytes (a picture, a face descriptor) that are encrypted at rest."""
