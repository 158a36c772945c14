"""Whatever the network does to the order of answers, and however often it brings them, the newest one stands."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from exams.models import Response, ResponseEntry, Sitting
from exams.services import responses
from exams.tests.factories import CLIENT, SittingFactory

MOST_SEQ = 6
VALUES = "ABCD"
# Requests as they arrive: each with some of the answers that the page ever made, late, doubled, in any order.
ARRIVALS = some.lists(some.lists(some.tuples(some.integers(1, 2), some.integers(1, MOST_SEQ)), max_size=4), max_size=12)


def op(question: int, seq: int) -> dict[str, object]:
    """Return the one answer that the page made under this number."""
    return {"question": question, "seq": seq, "value": [VALUES[(question + seq) % 4]], "doubtful": seq % 2 == 0}


@pytest.fixture
def sitting() -> Sitting:
    return SittingFactory(begun=True)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=ARRIVALS)
def test_the_highest_seq_stands_and_every_answer_is_logged_once(
    sitting: Sitting, requests: list[list[tuple[int, int]]]
) -> None:
    Response.objects.filter(sitting=sitting).delete()
    ResponseEntry.objects.filter(sitting=sitting).delete()
    for request in requests:
        ops = [op(question, seq) for question, seq in request]
        saved = responses.save(sitting, {"client": CLIENT, "epoch": sitting.epoch, "ops": ops})
        assert {(ack.question, ack.seq) for ack in saved.acks} == set(request), "whatever came is acknowledged"
    arrived = {one for request in requests for one in request}
    newest = {question: max(seq for number, seq in arrived if number == question) for question, _seq in arrived}
    held = Response.objects.filter(sitting=sitting).values_list("question", "seq", "value")
    assert sorted(held) == sorted((question, seq, op(question, seq)["value"]) for question, seq in newest.items())
    logged = ResponseEntry.objects.filter(sitting=sitting).values_list("question", "seq")
    assert sorted(logged) == sorted(arrived)
