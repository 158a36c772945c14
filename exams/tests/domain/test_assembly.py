import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.domain.assembly import PoolItem, PoolOption, PoolTooSmall, SectionRule, draw_paper, shuffled

TWO = Decimal(2)


def pool(size: int, options: str = "ABCD") -> list[PoolItem]:
    return [PoolItem(number, tuple(map(PoolOption, options)), TWO) for number in range(1, size + 1)]


@st.composite
def rules(draw: st.DrawFn) -> SectionRule:
    size = draw(st.integers(0, 12))
    return SectionRule(
        section=draw(st.integers(1, 99)),
        pool=pool(size),
        draw=draw(st.none() | st.integers(0, size)),
        shuffle_questions=draw(st.booleans()),
        shuffle_options=draw(st.booleans()),
    )


@given(sections=st.lists(rules(), max_size=4), seed=st.text(max_size=8))
def test_the_same_seed_draws_the_same_paper(sections: list[SectionRule], seed: str) -> None:
    assert draw_paper(sections, seed) == draw_paper(sections, seed)


@given(rule=rules(), seed=st.text(max_size=8))
def test_a_section_draws_as_many_as_it_says_and_none_twice(rule: SectionRule, seed: str) -> None:
    drawn = [item.revision for item in draw_paper([rule], seed)]
    assert len(drawn) == (len(rule.pool) if rule.draw is None else rule.draw)
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) <= {item.revision for item in rule.pool}


@given(rule=rules(), seed=st.text(max_size=8))
def test_every_option_stands_once_on_the_paper(rule: SectionRule, seed: str) -> None:
    assert all(sorted(item.options) == list("ABCD") for item in draw_paper([rule], seed))


@given(rule=rules(), seed=st.text(max_size=8))
def test_without_shuffling_questions_keep_their_order(rule: SectionRule, seed: str) -> None:
    plain = SectionRule(rule.section, rule.pool, rule.draw, shuffle_options=rule.shuffle_options)
    drawn = [item.revision for item in draw_paper([plain], seed)]
    assert drawn == sorted(drawn)


@given(one=rules(), other=rules(), seed=st.text(max_size=8))
def test_changing_one_section_never_moves_another_ones_draw(one: SectionRule, other: SectionRule, seed: str) -> None:
    alone = draw_paper([one], seed)
    assert draw_paper([one, other], seed)[: len(alone)] == alone


@given(fixed=st.sets(st.integers(0, 5)), seed=st.integers())
def test_fixed_options_keep_their_places(fixed: set[int], seed: int) -> None:
    options = [PoolOption(letter, fixed=place in fixed) for place, letter in enumerate("ABCDEF")]
    drawn = shuffled(options, random.Random(seed))
    assert all(drawn[place] == "ABCDEF"[place] for place in fixed)
    assert sorted(drawn) == list("ABCDEF")


def test_different_seeds_give_different_papers() -> None:
    rule = SectionRule(1, pool(12), shuffle_questions=True, shuffle_options=True)
    assert len({draw_paper([rule], str(seed)) for seed in range(20)}) == 20


def test_shuffled_options_stay_in_order_without_the_rule() -> None:
    assert draw_paper([SectionRule(1, pool(1))], "seed")[0].options == ("A", "B", "C", "D")


def test_a_pool_that_is_too_small_is_refused() -> None:
    with pytest.raises(PoolTooSmall):
        draw_paper([SectionRule(1, pool(2), draw=3)], "seed")
