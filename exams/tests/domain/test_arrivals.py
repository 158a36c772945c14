from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.domain import arrivals
from exams.domain.arrivals import Fault, Malformed, Op, Outcome, Sender, Slot, Standing
from exams.domain.lifecycle import State
from exams.domain.timing import LateRule

PAPER = {1: Slot(frozenset("ABCD"), several=False), 2: Slot(frozenset("ABCD"), several=True)}
GOOD = {"question": 1, "seq": 1, "value": ["A"], "doubtful": False}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def parsed(*items: dict[str, Any]) -> tuple[Op, ...]:
    return arrivals.ops({"ops": list(items)}, PAPER)


def test_a_good_op_is_understood() -> None:
    assert parsed(GOOD) == (Op(question=1, seq=1, value=("A",), doubtful=False),)


def test_choices_are_put_in_order_and_named_once() -> None:
    assert parsed(GOOD | {"question": 2, "value": ["C", "A", "C"]})[0].value == ("A", "C")


def test_an_empty_choice_takes_the_answer_back() -> None:
    assert parsed(GOOD | {"value": []})[0].value == ()


def test_ops_are_put_in_the_order_of_the_paper() -> None:
    assert [op.question for op in parsed(GOOD | {"question": 2}, GOOD)] == [1, 2]


def test_the_same_op_twice_in_one_request_is_one() -> None:
    assert len(parsed(GOOD, GOOD)) == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"question": 3}, Fault.QUESTION),
        ({"question": "1"}, Fault.QUESTION),
        ({"question": True}, Fault.QUESTION),
        ({"question": 1.0}, Fault.QUESTION),
        ({"question": [1]}, Fault.QUESTION),
        ({"seq": 0}, Fault.SEQ),
        ({"seq": -1}, Fault.SEQ),
        ({"seq": 2**53}, Fault.SEQ),
        ({"seq": None}, Fault.SEQ),
        ({"value": "A"}, Fault.VALUE),
        ({"value": ["E"]}, Fault.VALUE),
        ({"value": ["A", "B"]}, Fault.VALUE),
        ({"value": [["A"]]}, Fault.VALUE),
        ({"value": None}, Fault.VALUE),
        ({"doubtful": 1}, Fault.DOUBTFUL),
        ({"doubtful": None}, Fault.DOUBTFUL),
    ],
)
def test_an_op_that_is_not_well_is_refused(change: dict[str, Any], fault: Fault) -> None:
    with pytest.raises(Malformed) as malformed:
        parsed(GOOD | change)
    assert malformed.value.fault is fault


def test_two_answers_with_one_seq_are_refused() -> None:
    with pytest.raises(Malformed) as malformed:
        parsed(GOOD, GOOD | {"value": ["B"]})
    assert malformed.value.fault is Fault.TWICE


def test_more_than_two_hundred_ops_are_refused() -> None:
    with pytest.raises(Malformed) as malformed:
        parsed(*(GOOD | {"seq": seq} for seq in range(1, 202)))
    assert malformed.value.fault is Fault.TOO_MANY


@given(body=st.dictionaries(st.sampled_from(["client", "epoch", "ops", "x"]), anything, max_size=4))
def test_whatever_arrives_is_understood_or_refused(body: dict[str, Any]) -> None:
    for read in (arrivals.sender, arrivals.client, lambda given: arrivals.ops(given, PAPER)):
        with suppress(Malformed):
            read(body)


@given(op=st.dictionaries(st.sampled_from(["question", "seq", "value", "doubtful"]), anything))
def test_whatever_an_op_holds_is_understood_or_refused(op: dict[str, Any]) -> None:
    with suppress(Malformed):
        assert all(one.question in PAPER for one in parsed(op))


@pytest.mark.parametrize("client", ["", "x" * 65, "空格", "a b", 5, None])
def test_a_client_has_a_short_plain_name(client: object) -> None:
    with pytest.raises(Malformed):
        arrivals.client({"client": client})


@pytest.mark.parametrize("epoch", [-1, 2**31, "1", None, True, 1.5])
def test_an_epoch_is_a_small_number(epoch: object) -> None:
    with pytest.raises(Malformed):
        arrivals.sender({"client": "page", "epoch": epoch})


def test_the_newest_op_of_each_question_decides() -> None:
    ops = parsed(GOOD | {"seq": 3}, GOOD | {"seq": 2, "value": ["B"]}, GOOD | {"question": 2})
    assert [(op.question, op.seq) for op in arrivals.newest(ops)] == [(1, 3), (2, 1)]


# --- outcomes --------------------------------------------------------------------------------------------------------

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOLDER = Sender("page-2", 2)
GRACE = LateRule(accepted_for=10 * SECOND)
KEEP = LateRule(kept_for_review=True)


def standing(state: State = State.IN_PROGRESS, rule: LateRule = LateRule(), by_deadline: bool = False) -> Standing:  # noqa: B008
    return Standing(state, by_deadline, HOLDER, deadline_at=NINE, rule=rule)


def test_what_is_stored_in_time_is_accepted() -> None:
    assert standing().outcome(HOLDER, NINE - SECOND, stored=True) is Outcome.ACCEPTED


def test_what_is_stored_in_the_grace_is_accepted_late() -> None:
    assert standing(rule=GRACE).outcome(HOLDER, NINE, stored=True) is Outcome.LATE_ACCEPTED


def test_what_was_in_time_stays_in_time_when_the_sitting_was_closed_meanwhile() -> None:
    closed = standing(State.SUBMITTED, by_deadline=True)
    assert closed.outcome(HOLDER, NINE - SECOND, stored=True) is Outcome.ACCEPTED


def test_what_is_not_newer_is_stale() -> None:
    assert standing().outcome(HOLDER, NINE - SECOND, stored=False) is Outcome.STALE


@pytest.mark.parametrize("sender", [Sender("page-2", 1), Sender("page-1", 2)])
def test_another_page_or_an_older_epoch_is_superseded(sender: Sender) -> None:
    assert standing().outcome(sender, NINE - SECOND, stored=False) is Outcome.SUPERSEDED


@pytest.mark.parametrize(
    ("rule", "after", "outcome"),
    [
        (LateRule(), 0 * SECOND, Outcome.LATE_REFUSED),
        (GRACE, 9 * SECOND, Outcome.STALE),
        (GRACE, 10 * SECOND, Outcome.LATE_REFUSED),
        (KEEP, 0 * SECOND, Outcome.LATE_KEPT),
    ],
)
def test_what_comes_after_the_deadline_follows_the_rule(rule: LateRule, after: timedelta, outcome: Outcome) -> None:
    assert standing(rule=rule).outcome(HOLDER, NINE + after, stored=False) is outcome


def test_after_an_end_by_hand_everything_is_late() -> None:
    assert standing(State.SUBMITTED, GRACE).outcome(HOLDER, NINE - SECOND, stored=False) is Outcome.LATE_REFUSED


@pytest.mark.parametrize(
    ("state", "speaker", "code"),
    [
        (State.IN_PROGRESS, HOLDER, ""),
        (State.IN_PROGRESS, Sender("page-1", 1), "superseded"),
        (State.READY, HOLDER, "not_begun"),
        (State.PAUSED, HOLDER, "paused"),
        (State.TERMINATED, HOLDER, "ended"),
        (State.SUBMITTED, Sender("page-1", 1), "ended"),
    ],
)
def test_a_page_is_told_why_it_cannot_go_on(state: State, speaker: Sender, code: str) -> None:
    assert standing(state).refusal(speaker, NINE - SECOND) == code
