from datetime import timedelta

import pytest

from accounts import services
from accounts.models import Candidate, Credential
from accounts.services import InvalidNumber, KindConflict
from accounts.tests.factories import FAR_AHEAD, LONG_AGO, CandidateFactory

pytestmark = pytest.mark.django_db
NUMBER = "11010519491231002X"


def test_registering_twice_gives_the_same_candidate() -> None:
    first = services.register("id_card", NUMBER)
    assert services.register("id_card", " １１０１０５19491231002x") == first
    assert Candidate.objects.count() == 1


def test_a_candidate_is_found_by_number_alone_however_typed() -> None:
    candidate = services.register("id_card", NUMBER)
    assert services.find("110105 1949-1231 002x") == candidate
    assert services.find("110105194912310039") is None


def test_one_number_cannot_be_two_kinds_of_document() -> None:
    services.register("passport", "E12345678")
    with pytest.raises(KindConflict, match=r"护照.*其他证件"):
        services.register("other", "e12345678")


def test_an_id_card_with_a_wrong_checksum_is_refused_in_words() -> None:
    with pytest.raises(InvalidNumber, match="校验位"):
        services.register("id_card", "110105194912310021")
    assert not Candidate.objects.exists()


def test_other_documents_are_not_held_to_the_standard_of_id_cards() -> None:
    assert services.register("passport", "E12345678").id_number == "E12345678"


def test_an_empty_number_is_refused() -> None:
    with pytest.raises(ValueError, match="不能为空"):
        services.register("passport", " \u200b-")


def test_a_new_check_code_replaces_the_one_of_the_same_scope() -> None:
    candidate = CandidateFactory()
    for secret in ("1234", "5678"):
        services.set_credential(candidate, scope="A", secret=secret, valid_from=LONG_AGO, valid_until=FAR_AHEAD)
    assert Credential.objects.count() == 1


def test_equal_check_codes_have_different_digests() -> None:
    one, other = CandidateFactory(), CandidateFactory()
    digests = {
        services.set_credential(
            candidate, scope=scope, secret="1234", valid_from=LONG_AGO, valid_until=FAR_AHEAD
        ).digest
        for candidate in (one, other)
        for scope in ("A", "B")
    }
    assert len(digests) == 4


def test_an_empty_check_code_is_refused() -> None:
    with pytest.raises(ValueError, match="不能为空"):
        services.set_credential(
            CandidateFactory(), scope="A", secret="  ", valid_from=LONG_AGO, valid_until=LONG_AGO + timedelta(1)
        )
