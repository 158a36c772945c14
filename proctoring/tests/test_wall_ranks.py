"""Who comes first on the wall, and as what each candidate is shown."""

from typing import Any

import pytest

from exams.domain.lifecycle import CheckIn, Identity, State
from proctoring.domain.wall import SERIOUS, TONES, WARNING, Facts, Noticed, Place, Rank, Tone, place, rank

SERIOUS_NOW, WARNING_NOW = Noticed(SERIOUS, is_over=False), Noticed(WARNING, is_over=False)
SERIOUS_BEFORE, WARNING_BEFORE = Noticed(SERIOUS, is_over=True), Noticed(WARNING, is_over=True)


def sitting(*noticed: Noticed, **more: Any) -> Facts:
    """Return somebody who is in the middle of the exam."""
    return Facts(State.IN_PROGRESS, CheckIn.PASSED, noticed=noticed, **more)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(None), Place.ABSENT),
        (Facts(State.READY), Place.READY),
        (Facts(State.READY, CheckIn.HELD), Place.HELD),
        (sitting(), Place.SITTING),
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
        sitting(SERIOUS_NOW),
        sitting(calls=True),
        Facts(State.READY, CheckIn.HELD),
        sitting(WARNING_NOW),
        sitting(is_silent=True),
        sitting(SERIOUS_BEFORE),
        sitting(WARNING_BEFORE),
        Facts(State.PAUSED, CheckIn.PASSED),
        sitting(),
        Facts(None),
        Facts(State.SUBMITTED, CheckIn.PASSED),
    ]
    ranks = [rank(facts) for facts in in_order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(in_order)


def test_the_gravest_reason_counts() -> None:
    facts = sitting(WARNING_NOW, SERIOUS_NOW, calls=True, is_silent=True)
    assert rank(facts) is Rank.SERIOUS_NOW


def test_a_hint_moves_nobody() -> None:
    assert rank(sitting(Noticed("info", is_over=False))) is Rank.CALM


def test_a_doubtful_identity_stays_in_sight_after_its_incident() -> None:
    for identity in (Identity.IN_DOUBT, Identity.REJECTED):
        assert rank(sitting(identity=identity)) is Rank.SERIOUS_BEFORE


def test_whoever_has_handed_in_comes_last_whatever_was_noticed() -> None:
    facts = Facts(State.SUBMITTED, CheckIn.PASSED, noticed=[SERIOUS_BEFORE], calls=True)
    assert rank(facts) is Rank.DONE


def test_red_is_for_what_is_serious_now_and_every_rank_has_its_tone() -> None:
    assert [found for found in Rank if TONES[found] is Tone.DANGER] == [Rank.SERIOUS_NOW]
    assert set(TONES) == set(Rank)
