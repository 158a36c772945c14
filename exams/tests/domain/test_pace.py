"""How often something may be asked for."""

import pytest

from exams.domain.pace import Pace, TokenBucket


def test_a_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    bucket = TokenBucket(rate=2.0, burst=3)
    assert [bucket.wait(10.0) for _time in range(4)] == [0, 0, 0, pytest.approx(0.5)]
    assert bucket.wait(10.5) == 0
    assert bucket.wait(10.5) > 0


def test_each_has_a_pace_of_its_own() -> None:
    pace = Pace(rate=1.0, burst=1)
    assert pace.wait("A", 0.0) == 0
    assert pace.wait("A", 0.25) == pytest.approx(0.75)
    assert pace.wait("B", 0.25) == 0


def test_only_so_many_are_remembered_and_the_oldest_is_forgotten() -> None:
    pace = Pace(rate=0.001, burst=1, most=2)
    for key in ("A", "B", "A", "C"):
        pace.wait(key, 0.0)
    assert pace.wait("A", 0.0) > 0
    assert pace.wait("B", 0.0) == 0
