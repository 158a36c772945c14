"""The plot of a sitting as numbers of a drawing."""

from datetime import UTC, datetime, timedelta

from proctoring.domain import plot
from proctoring.domain.plot import BARS_BOTTOM, BARS_TOP, BOTTOM, LEFT, RIGHT, TOP, Score, Span

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def score(minutes: float, distance: float = 0.4) -> Score:
    return Score(after(minutes), distance, 0.45)


def test_time_runs_from_left_to_right_and_distance_upwards() -> None:
    drawn = plot.draw([score(0, 0.3), score(60, 0.5)], [], [], NINE, after(60))
    first, last = drawn.points
    assert (first.x, last.x) == (LEFT, RIGHT)
    (level,) = drawn.levels
    assert BOTTOM > first.y > level.y > last.y > TOP
    assert (level.left, level.right) == (LEFT, RIGHT)


def test_what_lies_above_the_threshold_is_marked() -> None:
    drawn = plot.draw([score(1, 0.44), score(2, 0.46)], [], [], NINE, after(60))
    assert [point.is_over for point in drawn.points] == [False, True]


def test_a_time_without_checks_leaves_a_gap_in_the_line() -> None:
    drawn = plot.draw([score(1), score(2), score(20), score(21)], [], [], NINE, after(60))
    assert [len(line.split()) for line in drawn.lines] == [2, 2]


def test_answers_are_counted_by_the_minute_and_the_busiest_minute_is_the_highest() -> None:
    answers = [after(1.1), after(1.5), after(1.9), after(3.5)]
    drawn = plot.draw([], [], answers, NINE, after(60))
    assert [bar.count for bar in drawn.bars] == [3, 1]
    assert drawn.bars[0].height == BARS_BOTTOM - BARS_TOP
    assert drawn.bars[0].height > drawn.bars[1].height > 0


def test_a_span_that_lasts_reaches_to_the_end_and_a_moment_can_still_be_seen() -> None:
    spans = [Span(after(30), None, "serious", "x"), Span(after(10), after(10), "warning", "y")]
    moment, lasting = plot.draw([], spans, [], NINE, after(60)).bands
    assert lasting.x + lasting.width == RIGHT
    assert moment.width >= 3


def test_a_span_that_lasts_reaches_no_farther_than_now() -> None:
    (lasting,) = plot.draw([], [Span(after(1), None, "serious", "x")], [], NINE, after(5)).bands
    assert lasting.x + lasting.width == (LEFT + RIGHT) / 2


def test_what_lies_outside_is_left_out_or_cut() -> None:
    spans = [Span(after(-20), after(-10), "warning", "before"), Span(after(-5), after(5), "warning", "across")]
    drawn = plot.draw([score(-1), score(61)], spans, [after(-1), after(61)], NINE, after(60))
    assert drawn.points == ()
    assert drawn.bars == ()
    assert [(band.span.name, band.x) for band in drawn.bands] == [("across", LEFT)]


def test_nothing_is_an_empty_plot_of_some_width() -> None:
    drawn = plot.draw([], [], [], NINE, NINE)
    assert drawn.is_empty
    assert not drawn.levels
    assert 1 <= len(drawn.hours) <= plot.MOST_TICKS + 1


def test_the_hours_are_round_and_few_however_long_it_lasts() -> None:
    for minutes in (10, 35, 90, 180, 600):
        hours = plot.draw([], [], [], after(3), after(3 + minutes)).hours
        assert 2 <= len(hours) <= plot.MOST_TICKS + 1
        assert all(tick.label.minute % 5 == 0 for tick in hours)  # type: ignore[union-attr]


def measured(minutes: float, threshold: float, rule: str) -> Score:
    return Score(after(minutes), 0.3, threshold, rule)


def test_each_threshold_is_drawn_where_it_was_used() -> None:
    scores = [measured(0, 0.39, "check_in"), measured(10, 0.34, "exam"), measured(11, 0.34, "exam")]
    scores += [measured(30, 0.37, "exam"), measured(31, 0.34, "exam")]
    drawn = plot.draw(scores, [], [], NINE, after(60))
    at = {point.score.at: point.x for point in drawn.points}
    assert [(level.rule, level.value, level.left, level.right) for level in drawn.levels] == [
        ("check_in", 0.39, LEFT, at[after(10)]),
        ("exam", 0.34, at[after(10)], at[after(30)]),
        ("exam", 0.37, at[after(30)], max(at[after(31)], at[after(30)] + plot.LEAST_LEVEL)),
        ("exam", 0.34, at[after(31)], RIGHT),
    ]
    assert drawn.thresholds == [("check_in", [0.39]), ("exam", [0.34, 0.37])]


def test_a_check_without_a_threshold_draws_none() -> None:
    assert plot.draw([Score(after(1), 0.3, None)], [], [], NINE, after(60)).levels == ()
