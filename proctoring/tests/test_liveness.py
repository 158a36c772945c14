"""Turns of the head, in an order that nobody could know."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from proctoring.domain import check_in
from proctoring.domain.check_in import Attempt, GoodFrame, Outcome
from proctoring.domain.liveness import ORDERS, Challenge, Look, Turn, challenge
from proctoring.domain.matching import Descriptor

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
LEFT, RIGHT, STRAIGHT = Turn.LEFT, Turn.RIGHT, Turn.STRAIGHT
NOSE = {LEFT: 0.35, RIGHT: -0.35, STRAIGHT: 0.0}


def face(place: float = 0.0) -> Descriptor:
    """A descriptor on a line: two of them are as far apart as their places."""
    numbers = np.zeros(128)
    numbers[0] = place
    return numbers


def shown(asked: Challenge, *noses: float, after: float = 0.0, place: float = 0.0) -> Challenge:
    """Looks half a second apart, with the nose at these places."""
    for index, nose in enumerate(noses):
        asked = asked.with_look(Look(NINE + timedelta(seconds=after + index / 2), nose, face(place)))
    return asked


def begun(order: tuple[Turn, ...] = (LEFT, RIGHT, LEFT), baseline: float = 0.0) -> Challenge:
    return shown(Challenge(order), *[baseline] * 3)


def following(asked: Challenge, baseline: float = 0.0) -> Challenge:
    """Somebody who does what they are asked."""
    for _ in range(40):
        if asked.asks is None:
            break
        asked = shown(asked, baseline + NOSE[asked.asks])
    return asked


def test_nothing_is_asked_before_the_face_has_been_seen_straight() -> None:
    assert shown(Challenge((LEFT, RIGHT)), 0.0, 0.1).asks is None
    assert begun().asks is LEFT


@pytest.mark.parametrize("order", ORDERS)
def test_whoever_does_as_asked_passes_whatever_the_order(order: tuple[Turn, ...]) -> None:
    assert following(begun(order)).has_passed


def test_a_crooked_face_is_measured_from_its_own_baseline() -> None:
    assert following(begun(baseline=0.3), baseline=0.3).has_passed
    assert not shown(begun(baseline=0.3), *[0.3] * 20).has_passed


def test_between_two_turns_the_face_comes_back() -> None:
    asked = shown(begun((LEFT, LEFT, RIGHT)), 0.35, 0.35)
    assert asked.asks is STRAIGHT
    assert shown(asked, *[0.35] * 10).asks is STRAIGHT
    assert shown(asked, 0.05).asks is LEFT


def test_a_photo_that_is_tilted_or_bent_turns_nowhere() -> None:
    assert shown(begun(), *[0.05, -0.05, 0.19, -0.19] * 10).done == 0


def test_one_look_is_no_turn() -> None:
    assert shown(begun(), 0.4, 0.0, 0.4, 0.0).done == 0


def test_another_head_that_turns_does_not_count() -> None:
    assert shown(begun(), *[0.35] * 10, place=0.8).done == 0


def test_a_recording_of_turns_goes_wrong() -> None:
    assert shown(begun((LEFT, RIGHT, LEFT)), *[-0.35] * 2).went_wrong
    assert not shown(begun((LEFT, RIGHT, LEFT)), -0.35, 0.0, -0.35).went_wrong


def test_it_is_late_twenty_seconds_after_it_was_asked() -> None:
    asked = begun()
    assert not asked.is_late(NINE + timedelta(seconds=20))
    assert asked.is_late(NINE + timedelta(seconds=22))
    assert not following(asked).is_late(NINE + timedelta(hours=1))


def test_every_order_needs_both_sides_and_each_can_be_drawn() -> None:
    assert {challenge(number).order for number in range(12)} == set(ORDERS)
    assert all(set(order) == {LEFT, RIGHT} for order in ORDERS)


# --- with the decision on who it is ----------------------------------------------------------------------------------

RULES = check_in.Rules(threshold=0.45, steady=0.4)


def decided(asked: Challenge | None, place: float = 0.1, seconds: float = 3.0) -> Outcome:
    attempt = Attempt(NINE)
    for index in range(5):
        attempt = attempt.with_frame(GoodFrame(NINE + timedelta(seconds=index / 2), face(place)), RULES)
    return check_in.decide(attempt, (face(),), RULES, NINE + timedelta(seconds=seconds), asked).outcome


def test_nobody_passes_before_the_head_has_turned() -> None:
    assert decided(begun()) is Outcome.LOOKING
    assert decided(following(begun())) is Outcome.PASSED


def test_a_head_that_does_not_turn_fails_the_attempt_however_alike_it_is() -> None:
    assert decided(begun(), place=0.0, seconds=30) is Outcome.NOT_LIVE
    assert decided(shown(begun(), -0.35, -0.35), place=0.0) is Outcome.NOT_LIVE


def test_a_face_that_is_exchanged_after_the_turns_starts_over() -> None:
    assert decided(following(begun()), place=0.9) is Outcome.UNSTEADY


def test_without_a_face_at_all_an_attempt_ends_and_nobody_is_blamed() -> None:
    nothing = check_in.decide(Attempt(NINE), (face(),), RULES, NINE + timedelta(seconds=41), Challenge((LEFT, RIGHT)))
    assert nothing.outcome is Outcome.GAVE_UP
