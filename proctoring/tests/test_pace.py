"""While the verifier cannot keep up, every camera is asked a little more seldom, and none is left out."""

import heapq
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from proctoring.domain import pace, policy
from proctoring.domain.incident_rules import Kind
from proctoring.domain.pace import Load
from proctoring.domain.policy import Run, Watch

CALM, DOUBTFUL = Watch(), Watch({Kind.NOBODY_THERE: Run(began_at=datetime(2026, 1, 1, tzinfo=UTC))})
OLDEST = 5.0  # seconds: what has waited longer is not looked at


def after(load: Load, *verdicts: float | None) -> Load:
    """Take verdicts into account, one in half a second."""
    now = load.began
    for waited in verdicts:
        now += 0.5
        load = load.after(waited, now)
    return load


def test_quick_verdicts_leave_the_interval_as_it_is() -> None:
    load = after(Load(), *[0.3] * 40)
    assert policy.next_look(CALM, load) == policy.STEADY_INTERVAL


@pytest.mark.parametrize("waited", [pace.SLOW + 0.1, None])
def test_slow_verdicts_and_frames_that_nobody_looked_at_make_it_longer(waited: float | None) -> None:
    load = after(Load(), *[waited] * 4)
    assert policy.next_look(CALM, load) > policy.STEADY_INTERVAL


def test_it_never_grows_so_long_that_a_camera_would_count_as_lost() -> None:
    load = after(Load(), *[None] * 400)
    assert policy.next_look(CALM, load) == policy.SLOWEST_STEADY < policy.LAPSE
    assert policy.next_look(DOUBTFUL, load) == policy.SLOWEST_DOUBTFUL < policy.STEADY_INTERVAL


def test_one_slow_verdict_among_many_changes_nothing() -> None:
    assert after(Load(), *[0.3, 0.3, 0.3, 9.0, 0.3, 0.3, 0.3, 0.3] * 5).share == 0


def test_it_is_the_usual_one_again_when_the_verifier_has_caught_up() -> None:
    load = after(Load(), *[None] * 40)
    load = after(load, *[0.2] * 120)
    assert policy.next_look(CALM, load) == policy.STEADY_INTERVAL


def simulated(cameras: int, a_second: float, *, adapts: bool, seconds: float = 240.0) -> tuple[list[float], int]:
    """Let cameras ask a verifier that looks at so many frames a second; return the waits and the frames dropped."""
    load, free_at = Load(), 0.0
    due = [(4.0 * number / cameras, number) for number in range(cameras)]
    waits, dropped = [], 0
    while due[0][0] < seconds:
        now, camera = heapq.heappop(due)
        begins = max(now, free_at)
        waited = begins - now + 1 / a_second
        if waited > OLDEST:
            waited, answered = OLDEST, None
            dropped += now > seconds / 2
        else:
            free_at, answered = begins + 1 / a_second, waited
            waits += [waited] if now > seconds / 2 else []
        load = load.after(answered, now + waited) if adapts else load
        heapq.heappush(due, (now + waited + policy.next_look(CALM, load).total_seconds(), camera))
    return waits, dropped


def test_an_overload_of_two_to_five_is_shared_out_without_dropping_frames() -> None:
    _, dropped_before = simulated(200, 20, adapts=False)
    waits, dropped = simulated(200, 20, adapts=True)
    assert dropped_before > 100
    assert dropped == 0
    assert sorted(waits)[round(0.95 * len(waits))] < 4


def test_the_load_is_judged_over_seconds_not_over_frames() -> None:
    load, shares = Load(), []
    for count in range(400):
        load = load.after(None, count / 100)
        shares.append(load.share)
    assert max(after - before for before, after in pairwise(shares)) <= pace.UP + 1e-9
    assert shares[-1] <= 2 * pace.UP + 1e-9
    assert Load().between(timedelta(seconds=4), timedelta(seconds=9)) == timedelta(seconds=4)
