"""A certificate signed by itself, for trying the camera from another machine; a real site uses a real one."""

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=397)  # browsers refuse certificates that live longer
RENEW_BEFORE_END = timedelta(days=7)


def ensure_certificate(certificate: Path, key: Path, names: Sequence[str], *, now: datetime | None = None) -> bool:
    """Make certificate and key unless a pair for these names is there and still valid; say whether one was made."""
    now = now or datetime.now(UTC)
    if _still_serves(certificate, key, names, now):
        return False
    private_key = ec.generate_private_key(ec.SECP256R1())
    made = _self_signed(private_key, names, now)
    certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    _write_private(
        key,
        private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    return True


def _self_signed(private_key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "examplatform (self-signed)")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of other machines may be behind
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private_key, hashes.SHA256())
    )


def _still_serves(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> bool:
    if not (certificate.exists() and key.exists()):
        return False
    try:
        kept = x509.load_pem_x509_certificate(certificate.read_bytes())
        held = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return kept.not_valid_after_utc - RENEW_BEFORE_END > now and set(map(_general_name, names)) <= set(held)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
