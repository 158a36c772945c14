"""Who comes first on the wall, and as what each candidate is shown."""

import pytest

from exams.domain.lifecycle import CheckIn, Identity, State
from proctoring.domain.wall import SERIOUS, TONES, WARNING, Facts, Noticed, Place, Rank, Tone, place, rank

SITTING = {"state": State.IN_PROGRESS, "check_in": CheckIn.PASSED}
NOW, BEFORE = {"is_over": False}, {"is_over": True}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(None), Place.ABSENT),
        (Facts(State.READY), Place.READY),
        (Facts(State.READY, CheckIn.HELD), Place.HELD),
        (Facts(**SITTING), Place.SITTING),
        (Facts(State.PAUSED, CheckIn.PASSED), Place.PAUSED),
        (Facts(State.PAUSED, CheckIn.PASSED, is_locked=True), Place.LOCKED),
        (Facts(State.PAUSED, CheckIn.HELD, is_locked=True), Place.HELD),
        (Facts(State.SUBMITTED, CheckIn.HELD), Place.SUBMITTED),
        (Facts(State.TERMINATED, CheckIn.PASSED), Place.TERMINATED),
    ],
)
def test_a_candidate_stands_in_one_place(facts: Facts, expected: Place) -> None:
    assert place(facts) is expected


def test_who_needs_a_person_comes_before_everybody_else() -> None:
    in_order = [
        Facts(**SITTING, noticed=[Noticed(SERIOUS, **NOW)]),
        Facts(**SITTING, calls=True),
        Facts(State.READY, CheckIn.HELD),
        Facts(**SITTING, noticed=[Noticed(WARNING, **NOW)]),
        Facts(**SITTING, is_silent=True),
        Facts(**SITTING, noticed=[Noticed(SERIOUS, **BEFORE)]),
        Facts(**SITTING, noticed=[Noticed(WARNING, **BEFORE)]),
        Facts(State.PAUSED, CheckIn.PASSED),
        Facts(**SITTING),
        Facts(None),
        Facts(State.SUBMITTED, CheckIn.PASSED),
    ]
    ranks = [rank(facts) for facts in in_order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(in_order)


def test_the_gravest_reason_counts() -> None:
    facts = Facts(**SITTING, noticed=[Noticed(WARNING, **NOW), Noticed(SERIOUS, **NOW)], calls=True, is_silent=True)
    assert rank(facts) is Rank.SERIOUS_NOW


def test_a_hint_moves_nobody() -> None:
    assert rank(Facts(**SITTING, noticed=[Noticed("info", **NOW)])) is Rank.CALM


def test_a_doubtful_identity_stays_in_sight_after_its_incident() -> None:
    for identity in (Identity.IN_DOUBT, Identity.REJECTED):
        assert rank(Facts(**SITTING, identity=identity)) is Rank.SERIOUS_BEFORE


def test_whoever_has_handed_in_comes_last_whatever_was_noticed() -> None:
    facts = Facts(State.SUBMITTED, CheckIn.PASSED, noticed=[Noticed(SERIOUS, **BEFORE)], calls=True)
    assert rank(facts) is Rank.DONE


def test_red_is_for_what_is_serious_now_and_every_rank_has_its_tone() -> None:
    assert [found for found in Rank if TONES[found] is Tone.DANGER] == [Rank.SERIOUS_NOW]
    assert set(TONES) == set(Rank)
