from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.domain.marking import ZERO, Key, Rule, mark

TWO = Decimal("2.00")
options = st.sets(st.sampled_from("ABCDEF"))
keys = st.builds(
    Key,
    right=options.filter(bool).map(frozenset),
    points=st.decimals("0.01", "99", places=2),
    rule=st.sampled_from(Rule),
)


@given(key=keys, chosen=options)
def test_a_mark_is_never_below_nothing_or_above_the_points(key: Key, chosen: set[str]) -> None:
    assert ZERO <= mark(key, chosen) <= key.points


@given(key=keys)
def test_all_right_options_give_all_points(key: Key) -> None:
    assert mark(key, key.right) == key.points


@given(key=keys, chosen=options)
def test_a_wrong_option_gives_nothing(key: Key, chosen: set[str]) -> None:
    assert mark(key, chosen | {"Z"}) == ZERO


@given(key=keys, chosen=st.lists(st.sampled_from("ABCDEF")))
def test_order_and_repetition_do_not_matter(key: Key, chosen: list[str]) -> None:
    assert mark(key, chosen) == mark(key, sorted(set(chosen), reverse=True))


@given(key=keys)
def test_no_answer_gives_nothing(key: Key) -> None:
    assert mark(key, []) == ZERO


@given(points=st.decimals("0.01", "99", places=2), few=options, more=options)
def test_more_right_options_never_give_less(points: Decimal, few: set[str], more: set[str]) -> None:
    key = Key(frozenset("ABCDEF"), points, Rule.SHARE)
    assert mark(key, few) <= mark(key, few | more)


@pytest.mark.parametrize(
    ("rule", "points"),
    [(Rule.ALL_OR_NOTHING, "0"), (Rule.SHARE, "1.33"), (Rule.HALF, "1.00")],
)
def test_two_of_three_right_options_are_scored_by_the_rule(rule: Rule, points: str) -> None:
    assert mark(Key(frozenset("ABC"), TWO, rule), "AB") == Decimal(points)


def test_a_share_is_rounded_half_up() -> None:
    assert mark(Key(frozenset("AB"), Decimal("0.05"), Rule.SHARE), "A") == Decimal("0.03")


def test_a_question_without_a_right_option_gives_nothing() -> None:
    assert mark(Key(frozenset(), TWO), "A") == ZERO
