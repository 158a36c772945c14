"""lost_within: what an outage took from a clock that ran."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exams.domain.timing import NOTHING, Schedule, Span, lost_within

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
moments = st.integers(0, 7200).map(lambda seconds: NINE + timedelta(seconds=seconds))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def lost(outage: Span, *pauses: Span, started_at: datetime = NINE) -> timedelta:
    return lost_within(outage, started_at, pauses, NINE + 2 * HOUR)


OUTAGE = Span(NINE + minutes(20), NINE + minutes(30))


def test_a_clock_that_ran_throughout_lost_all_of_it() -> None:
    assert lost(OUTAGE) == minutes(10)


def test_who_began_in_the_middle_lost_the_rest() -> None:
    assert lost(OUTAGE, started_at=NINE + minutes(26)) == minutes(4)


def test_who_began_afterwards_lost_nothing() -> None:
    assert lost(OUTAGE, started_at=NINE + minutes(31)) == NOTHING


def test_what_was_paused_was_not_lost() -> None:
    assert lost(OUTAGE, Span(NINE + minutes(10), NINE + minutes(22)), Span(NINE + minutes(29))) == minutes(7)


def test_a_pause_that_goes_on_covers_all_of_it() -> None:
    assert lost(OUTAGE, Span(NINE + minutes(1))) == NOTHING


@given(moments, moments, st.integers(0, 1200).map(lambda seconds: timedelta(seconds=seconds)))
def test_given_back_it_leaves_what_was_left_when_the_outage_began(
    first: datetime, second: datetime, paused: timedelta
) -> None:
    began, ended = sorted((first, second))
    plan = Schedule(
        closes_at=NINE + 9 * HOUR,
        duration=3 * HOUR,
        started_at=NINE - HOUR,
        pauses=[Span(NINE - paused, NINE)],
    )
    extra = lost_within(Span(began, ended), plan.started_at, plan.pauses, ended)
    assert replace(plan, extra=extra).remaining(ended) == plan.remaining(began)


@given(st.lists(st.tuples(moments, moments), max_size=3), moments, moments, moments)
def test_it_is_never_more_than_the_outage_nor_less_than_nothing(
    pauses: list[tuple[datetime, datetime]], started: datetime, first: datetime, second: datetime
) -> None:
    began, ended = sorted((first, second))
    taken = [Span(*sorted(pair)) for pair in pauses]
    assert NOTHING <= lost(Span(began, ended), *taken, started_at=started) <= ended - began
