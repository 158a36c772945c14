import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.domain.lifecycle import ENDED, CheckIn, Identity, IllegalMove, Review, State, Validity, can_move, move

KINDS = (State, CheckIn, Identity, Validity, Review)
states = st.sampled_from([state for kind in KINDS for state in kind])


@given(state=states)
def test_staying_is_always_allowed(state: State) -> None:
    assert move(state, state) is state


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_has_its_row_in_the_table(kind: type[State]) -> None:
    assert all(isinstance(can_move(one, other), bool) for one in kind for other in kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_can_be_left_again(kind: type[State]) -> None:
    assert all(any(can_move(one, other) for other in kind if other is not one) for one in kind)


@pytest.mark.parametrize(
    ("now_in", "to"),
    [
        (State.READY, State.SUBMITTED),
        (State.READY, State.PAUSED),
        (State.SUBMITTED, State.TERMINATED),
        (State.SUBMITTED, State.READY),
        (CheckIn.HELD, CheckIn.EXHAUSTED),
        (Identity.IN_DOUBT, Identity.STEADY),
        (Identity.REJECTED, Identity.IN_DOUBT),
        (Review.CONFIRMED, Review.OPEN),
    ],
)
def test_what_the_table_does_not_name_is_refused(now_in: State, to: State) -> None:
    with pytest.raises(IllegalMove):
        move(now_in, to)


def test_nothing_but_reopening_leads_out_of_an_end() -> None:
    ways_out = {(state, to) for state in ENDED for to in State if to is not state and can_move(state, to)}
    assert ways_out == {
        (State.SUBMITTED, State.IN_PROGRESS),
        (State.TERMINATED, State.IN_PROGRESS),
        (State.TERMINATED, State.READY),
    }
