from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exams.domain.timing import NOTHING, Schedule, Span, Window, held_within, lost_to_spread

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
stretches = st.integers(0, 4 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def schedule(**changes: object) -> Schedule:
    facts: dict[str, object] = {"closes_at": NINE + 3 * HOUR, "duration": HOUR, "started_at": NINE}
    return Schedule(**(facts | changes))  # type: ignore[arg-type]


def test_a_sitting_lasts_its_duration() -> None:
    assert schedule().deadline(NINE) == NINE + HOUR


def test_the_close_of_the_window_cuts_the_duration() -> None:
    assert schedule(closes_at=NINE + minutes(20)).deadline(NINE) == NINE + minutes(20)


def test_extra_time_reaches_past_the_close_of_the_window() -> None:
    assert schedule(closes_at=NINE + minutes(20), extra=minutes(15)).deadline(NINE) == NINE + minutes(35)


def test_a_wait_before_the_start_moves_the_close_of_the_window() -> None:
    late_start = schedule(started_at=NINE + minutes(20), closes_at=NINE + HOUR, held=minutes(20))
    assert late_start.deadline(NINE + minutes(20)) == NINE + minutes(80)


def test_a_wait_before_the_start_gives_no_more_time_than_others_have() -> None:
    assert schedule(started_at=NINE + minutes(20), held=minutes(20)).deadline(NINE) == NINE + minutes(80)


def test_time_spent_paused_is_given_back() -> None:
    pause = Span(began_at=NINE + minutes(10), ended_at=NINE + minutes(25))
    assert schedule(pauses=[pause]).remaining(NINE + minutes(30)) == minutes(45)


def test_the_remaining_time_stands_still_in_a_pause() -> None:
    paused = schedule(pauses=[Span(NINE + minutes(10))])
    assert paused.is_paused
    assert paused.remaining(NINE + minutes(15)) == paused.remaining(NINE + 5 * HOUR) == minutes(50)


def test_nothing_remains_after_the_deadline() -> None:
    assert schedule().remaining(NINE + 2 * HOUR) == NOTHING


def test_a_span_that_ends_before_it_began_has_no_length() -> None:
    assert Span(NINE, NINE - HOUR).length(NINE) == NOTHING


@given(held=stretches, extra=stretches, pause=stretches, later=stretches)
def test_nothing_that_is_given_ever_shortens_a_sitting(
    held: timedelta, extra: timedelta, pause: timedelta, later: timedelta
) -> None:
    plain = schedule(started_at=NINE + later).deadline(NINE)
    given_time = schedule(started_at=NINE + later, held=held, extra=extra, pauses=[Span(NINE, NINE + pause)]).deadline(
        NINE
    )
    assert plain + extra + pause <= given_time <= plain + extra + pause + held


@given(held=stretches, later=stretches)
def test_a_wait_never_gives_more_than_the_duration(held: timedelta, later: timedelta) -> None:
    started_at = NINE + later
    assert schedule(started_at=started_at, held=held).deadline(NINE) <= started_at + HOUR


# --- entering --------------------------------------------------------------------------------------------------------

WINDOW = Window(
    check_in_opens_at=NINE - minutes(30),
    opens_at=NINE,
    closes_at=NINE + 3 * HOUR,
    late_entry_at=NINE + minutes(15),
)


def test_the_late_entry_limit_moves_by_the_time_held() -> None:
    assert WINDOW.last_entry(minutes(10)) == NINE + minutes(25)


def test_without_a_late_entry_limit_the_window_decides() -> None:
    assert Window(NINE, NINE, NINE + HOUR).last_entry() == NINE + HOUR


def test_a_late_entry_limit_after_the_close_means_nothing() -> None:
    assert Window(NINE, NINE, NINE + HOUR, NINE + 2 * HOUR).last_entry() == NINE + HOUR


def test_a_wait_costs_only_what_lies_after_the_opening() -> None:
    assert held_within(WINDOW, Span(NINE - minutes(20), NINE + minutes(5)), NINE + HOUR) == minutes(5)


def test_a_wait_before_the_opening_costs_nothing() -> None:
    assert held_within(WINDOW, Span(NINE - minutes(20), NINE - minutes(10)), NINE + HOUR) == NOTHING


def test_a_wait_that_goes_on_is_counted_up_to_now() -> None:
    assert held_within(WINDOW, Span(NINE + minutes(5)), NINE + minutes(12)) == minutes(7)


@given(spread=stretches, began=stretches)
def test_the_spread_never_gives_back_more_than_it_took(spread: timedelta, began: timedelta) -> None:
    lost = lost_to_spread(WINDOW, spread, NINE - HOUR + began)
    assert NOTHING <= lost <= spread
    assert lost <= max(NOTHING, began - HOUR)
