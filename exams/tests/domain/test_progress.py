from hypothesis import given
from hypothesis import strategies as st

from exams.domain.progress import count


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=50), st.integers(0, 50))
def test_answered_and_unanswered_are_all(responses: list[tuple[bool, bool]], untouched: int) -> None:
    counted = count(len(responses) + untouched, responses)
    assert counted.answered + counted.unanswered == counted.total


def test_a_question_can_be_answered_and_doubtful_at_once() -> None:
    counted = count(3, [(True, True), (False, True)])
    assert (counted.answered, counted.doubtful, counted.unanswered) == (1, 2, 2)
