"""What leaving the screen amounts to, without database."""

from datetime import UTC, datetime, timedelta

from exams.models import Exam
from proctoring.domain import lockdown
from proctoring.domain.lockdown import AfterLimit, Cause, Classified, Event, Kind, Trip
from proctoring.models import Incident

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
NOW = NINE + timedelta(minutes=10)


def classified(
    event: Event, began_ms_ago: int, duration_ms: int | None, *, counted: list[Trip] | None = None
) -> Classified:
    told = lockdown.report("one", event, began_ms_ago, duration_ms, NOW)
    return lockdown.classify(told, started_at=NINE, counted=counted or [], now=NOW)


def test_a_hidden_page_counts_once_it_is_back() -> None:
    away = classified(Event.HIDDEN, 8_000, 7_500)
    assert (away.kind, away.cause, away.counts) == (Kind.SWITCHED_AWAY, Cause.PAGE_HIDDEN, True)
    assert away.duration == timedelta(milliseconds=7500)


def test_while_it_lasts_it_is_written_down_but_not_counted() -> None:
    away = classified(Event.HIDDEN, 8_000, None)
    assert away.kind is Kind.SWITCHED_AWAY
    assert away.ended_at is None
    assert not away.counts


def test_a_flicker_is_nothing() -> None:
    assert classified(Event.HIDDEN, 500, 400).kind is None
    assert classified(Event.BLUR, 2_500, 2_000).kind is None


def test_focus_that_is_lost_for_long_counts() -> None:
    assert classified(Event.BLUR, 10_000, 6_000).counts


def test_the_first_moments_of_an_exam_are_forgiven() -> None:
    told = lockdown.report("one", Event.BLUR, 4_000, 3_500, NINE + timedelta(seconds=8))
    away = lockdown.classify(told, started_at=NINE, counted=[], now=NINE + timedelta(seconds=8))
    assert (away.cause, away.counts) == (Cause.SETTLING_IN, False)


def test_two_events_of_one_trip_count_once() -> None:
    trip = Trip(NOW - timedelta(seconds=9), NOW - timedelta(seconds=2))
    assert not classified(Event.BLUR, 8_900, 7_000, counted=[trip]).counts
    assert classified(Event.BLUR, 60_000, 7_000, counted=[trip]).counts


def test_leaving_full_screen_is_on_record_and_not_a_switch() -> None:
    left = classified(Event.LEFT_FULL_SCREEN, 8_000, 4_000)
    assert (left.kind, left.counts) == (Kind.LEFT_FULL_SCREEN, False)


def test_a_page_that_is_loaded_anew_is_out_of_full_screen_and_nobody_is_charged_for_one_that_is_back_at_once() -> None:
    assert classified(Event.RELOADED, 4_000, 3_500).kind is None
    away = classified(Event.RELOADED, 30_000, None)
    assert (away.kind, away.cause, away.counts) == (Kind.LEFT_FULL_SCREEN, Cause.PAGE_RELOADED, False)


def test_full_screen_that_a_check_or_a_pause_ended_is_called_so() -> None:
    told = lockdown.report("one", Event.RELOADED, 30_000, 20_000, NOW)
    away = lockdown.classify(told, started_at=NINE, counted=[], now=NOW, sent_away=True)
    assert (away.kind, away.cause) == (Kind.LEFT_FULL_SCREEN, Cause.SENT_AWAY)


def test_what_a_page_claims_is_bounded() -> None:
    told = lockdown.report("one", Event.HIDDEN, 5_000, 10**9, NOW)
    assert told.ended_at == NOW
    told = lockdown.report("one", Event.HIDDEN, -5_000, -1, NOW)
    assert told.began_at == told.ended_at == NOW


def test_nothing_follows_up_to_the_limit() -> None:
    assert lockdown.follows(3, 3, AfterLimit.LOCK) is AfterLimit.RECORD
    assert lockdown.follows(4, 3, AfterLimit.LOCK) is AfterLimit.LOCK
    assert lockdown.follows(99, None, AfterLimit.HAND_IN) is AfterLimit.RECORD


def test_the_words_are_those_of_the_tables() -> None:
    assert {kind.value for kind in Kind} <= set(Incident.Kind.values)
    assert {rule.value for rule in AfterLimit} == set(Exam.AfterSwitchLimit.values)
