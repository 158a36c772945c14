import pytest
from django.core.exceptions import FieldError
from django.db import connection
from pytest_django import Settings

from accounts import encryption
from accounts.encryption import SealedTextField, Undecipherable, keyed_digest, seal, unseal
from accounts.models import Candidate
from accounts.tests.factories import CandidateFactory

KEY_A, KEY_B = b"a" * 32, b"b" * 32


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.DATA_KEYS = {"a": KEY_A}
    settings.LOOKUP_KEY = b"l" * 32


def test_what_was_sealed_can_be_opened() -> None:
    assert unseal(seal("张三".encode(), purpose="p"), purpose="p") == "张三".encode()


def test_sealing_twice_gives_two_ciphertexts() -> None:
    assert seal(b"x", purpose="p") != seal(b"x", purpose="p")


def test_another_column_cannot_open_it() -> None:
    with pytest.raises(Undecipherable):
        unseal(seal(b"x", purpose="enrolment.name"), purpose="enrolment.phone")


def test_an_old_key_still_opens_after_a_rotation(settings: Settings) -> None:
    sealed = seal(b"x", purpose="p")
    settings.DATA_KEYS = {"b": KEY_B, "a": KEY_A}
    assert unseal(sealed, purpose="p") == b"x"
    assert seal(b"x", purpose="p").startswith(b"\x01b")


def test_a_key_that_was_thrown_away_opens_nothing(settings: Settings) -> None:
    sealed = seal(b"x", purpose="p")
    settings.DATA_KEYS = {"b": KEY_B}
    with pytest.raises(Undecipherable):
        unseal(sealed, purpose="p")


def test_every_changed_byte_is_noticed() -> None:
    sealed = seal(b"x", purpose="p")
    for place in range(len(sealed)):
        tampered = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(Undecipherable):
            unseal(tampered, purpose="p")


def test_every_cut_is_noticed() -> None:
    sealed = seal(b"x", purpose="p")
    for length in range(len(sealed)):
        with pytest.raises(Undecipherable):
            unseal(sealed[:length], purpose="p")


def test_a_digest_depends_on_value_purpose_and_key(settings: Settings) -> None:
    digest = keyed_digest("110105", purpose="id")
    assert digest == keyed_digest("110105", purpose="id")
    assert digest != keyed_digest("110106", purpose="id")
    assert digest != keyed_digest("110105", purpose="throttle")
    settings.LOOKUP_KEY = b"m" * 32
    assert digest != keyed_digest("110105", purpose="id")


def test_a_text_field_may_be_empty_by_default() -> None:
    assert SealedTextField(default="", blank=True).get_default() == ""
    assert SealedTextField(blank=True).get_default() == ""
    assert SealedTextField(null=True).get_default() is None
    assert SealedTextField(default="")._check_str_default_value() == []


def _raw(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


@pytest.mark.django_db
def test_the_database_holds_ciphertext_only() -> None:
    candidate = CandidateFactory()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_candidate")
        row = [_raw(value) for value in cursor.fetchone()]
    assert not any(candidate.id_number.encode() in value for value in row)
    assert any(value.startswith(b"\x01a") for value in row)


@pytest.mark.django_db
def test_a_sealed_column_comes_back_as_it_was() -> None:
    made = CandidateFactory()
    assert Candidate.objects.get(pk=made.pk).id_number == made.id_number


@pytest.mark.django_db
def test_a_bulk_update_seals_too() -> None:
    made = CandidateFactory()
    made.id_number = "E12345678"
    Candidate.objects.bulk_update([made], ["id_number"])
    Candidate.objects.filter(pk=made.pk).update(font_size="large")
    assert Candidate.objects.get(pk=made.pk).id_number == "E12345678"


@pytest.mark.django_db
def test_a_sealed_column_cannot_be_searched() -> None:
    with pytest.raises(FieldError):
        Candidate.objects.filter(id_number="11010519491231002X").exists()


def test_a_sealed_field_knows_its_column() -> None:
    field = Candidate._meta.get_field("id_number")
    assert isinstance(field, encryption.SealedTextField)
    assert field.purpose == "accounts.candidate.id_number"
