"""Candidates with valid, made-up ID numbers, and the check codes that sign them in."""

from datetime import UTC, datetime
from typing import Any

import factory
from stdnum.iso7064 import mod_11_2

from accounts import services
from accounts.models import Candidate, Credential

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2040, 1, 1, tzinfo=UTC)


def id_card_number(n: int) -> str:
    """Return the n-th of ten thousand valid numbers of nobody (born in 1990, in a Beijing district)."""
    year_day = f"1990{n // 840 % 12 + 1:02}{n // 30 % 28 + 1:02}"
    stem = f"110105{year_day}{n % 1000:03}"
    return stem + str(mod_11_2.calc_check_digit(stem))


class CandidateFactory(factory.django.DjangoModelFactory):
    """A registered candidate: `CandidateFactory(id_number="…")` names the number that matters."""

    class Meta:
        model = Candidate
        skip_postgeneration_save = True

    id_kind = Candidate.IdKind.ID_CARD.value
    id_number = factory.Sequence(id_card_number)

    @classmethod
    def _create(cls, model_class: type[Candidate], *args: Any, **fields: Any) -> Candidate:
        candidate = services.register(fields.pop("id_kind"), fields.pop("id_number"))
        for name, value in fields.items():
            setattr(candidate, name, value)
        if fields:
            candidate.save()
        return candidate


class CredentialFactory(factory.django.DjangoModelFactory):
    """A check code, by default the last four of the ID, valid for twenty years."""

    class Meta:
        model = Credential

    candidate = factory.SubFactory(CandidateFactory)
    scope = "PLAN"
    secret = factory.LazyAttribute(lambda credential: credential.candidate.id_number[-4:])
    valid_from = LONG_AGO
    valid_until = FAR_AHEAD

    @classmethod
    def _create(cls, model_class: type[Credential], *args: Any, **fields: Any) -> Credential:
        return services.set_credential(fields.pop("candidate"), **fields)
