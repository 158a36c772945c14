"""The continuous check on a stage: what it says of honest and of exchanged candidates."""

from collections import Counter
from datetime import timedelta
from random import Random

import numpy as np
import pytest

from proctoring.domain import drill
from proctoring.domain.drill import Look, Rates
from proctoring.domain.incident_rules import Kind, Seen
from proctoring.domain.matching import Descriptor, Rolling
from proctoring.domain.recognition import Recognition

HOUR = timedelta(hours=1)
NOBODY = Look(Seen.NOBODY)


def face(place: float) -> Descriptor:
    numbers = np.zeros(128)
    numbers[0] = place
    return numbers


def looks(*places: float) -> list[Look]:
    return [Look(Seen.PERSON, face(place)) for place in places]


REGISTERED = Recognition((face(0.0),), 0.45, Rolling(another=0.5))


def kinds(shows: drill.Shows, lasts: timedelta = HOUR) -> list[Kind]:
    return [opened.kind for opened in drill.sit(shows, REGISTERED, lasts, Random(1))]


def test_an_honest_hour_is_a_quiet_hour() -> None:
    assert kinds(drill.steady(looks(0.1, 0.2, 0.3), Random(2))) == []


def test_a_look_down_now_and_then_is_nothing() -> None:
    assert kinds(drill.steady([*looks(*[0.2] * 9), NOBODY], Random(2))) == []


def test_somebody_who_is_far_from_their_photo_is_accused_and_counted() -> None:
    assert Kind.NOT_THE_PERSON in kinds(drill.steady(looks(0.5, 0.55), Random(2)))


def test_another_pose_for_a_while_is_counted_too() -> None:
    pools = [looks(0.2), looks(0.6)]
    assert Kind.NOT_THE_PERSON in kinds(drill.changing(pools, timedelta(minutes=1), Random(2)))


@pytest.mark.parametrize("seed", range(20))
def test_a_swap_is_noticed_within_ten_seconds(seed: int) -> None:
    random = Random(seed)
    at = timedelta(seconds=30 + 10 * random.random())
    shows = drill.swapped(looks(0.1, 0.2), looks(0.8, 0.9), at, random)
    after = drill.noticed_after(shows, REGISTERED, at, timedelta(minutes=1), random)
    assert after is not None
    assert after <= timedelta(seconds=10)


def test_a_twin_is_not_noticed_and_that_is_said() -> None:
    at = timedelta(seconds=30)
    shows = drill.swapped(looks(0.1), looks(0.2), at, Random(1))
    assert drill.noticed_after(shows, REGISTERED, at, timedelta(minutes=1), Random(1)) is None


def test_no_alarm_in_n_hours_claims_no_less_than_three_in_n() -> None:
    assert drill.poisson_bound(0) == pytest.approx(3.0, abs=0.01)
    assert drill.poisson_bound(3) == pytest.approx(7.75, abs=0.01)  # table of the Poisson law
    rates = Rates(100, Counter())
    assert (rates.per_ten_hours, round(rates.most, 2)) == (0, 0.3)
