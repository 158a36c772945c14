"""The self-signed certificate of `make run TLS=self-signed`."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from examplatform import tls

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ["127.0.0.1", "localhost", "[::1]", "192.0.2.7"]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "tls" / "cert.pem", tmp_path / "tls" / "key.pem"


def test_a_server_can_use_it_for_all_its_names(pair: tuple[Path, Path]) -> None:
    assert tls.ensure_certificate(*pair, NAMES, now=NOON)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*pair)
    certificate = x509.load_pem_x509_certificate(pair[0].read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1", "192.0.2.7"]


def test_its_key_is_for_its_owner_alone(pair: tuple[Path, Path]) -> None:
    tls.ensure_certificate(*pair, NAMES, now=NOON)
    assert stat.S_IMODE(pair[1].stat().st_mode) == 0o600


def test_it_is_kept_while_it_serves(pair: tuple[Path, Path]) -> None:
    tls.ensure_certificate(*pair, NAMES, now=NOON)
    assert not tls.ensure_certificate(*pair, NAMES[:2], now=NOON + timedelta(days=300))


@pytest.mark.parametrize(
    ("names", "later"), [([*NAMES, "exam.example.org"], timedelta()), (NAMES, timedelta(days=395))]
)
def test_it_is_made_again_for_a_new_name_and_before_it_ends(
    pair: tuple[Path, Path], names: list[str], later: timedelta
) -> None:
    tls.ensure_certificate(*pair, NAMES, now=NOON)
    assert tls.ensure_certificate(*pair, names, now=NOON + later)
