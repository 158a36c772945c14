"""Plans that are gone, behind a pool or after a migration of a running system, cost nobody an answer."""

from collections.abc import Iterator
from time import monotonic

import pytest
from django.db import connection

from accounts.planned import Planned
from exams.domain.arrivals import Arrival, Op, Sender
from exams.services import responses
from exams.tests.answers import stored
from exams.tests.factories import CLIENT, SittingFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("open_seams")]
CLIENT_COLUMN = "ALTER TABLE exams_sitting ALTER COLUMN client TYPE varchar(%d)"


def on_postgresql(statement: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture(autouse=True)
def with_plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Planned, "keeps_plans", True)
    yield
    on_postgresql(CLIENT_COLUMN % 64)
    connection.close()


@pytest.mark.parametrize("loss", ["DEALLOCATE ALL", CLIENT_COLUMN % 65])
def test_answers_are_stored_although_their_plan_is_gone(loss: str) -> None:
    sitting = SittingFactory(begun=True)
    for seq, letter in enumerate("ABCDE", start=1):
        answer = Op(1, seq, (letter,), doubtful=False)
        arrival = Arrival(sitting.pk, Sender(CLIENT, 1), (answer,), None, monotonic(), sign_in=("", ""))
        (saved,) = responses.write([arrival], waits=False)
        assert saved is not None
        assert [ack.outcome for ack in saved.acks] == ["accepted"]
        assert stored(sitting) == {1: [letter]}
        if connection.vendor == "postgresql":
            assert Planned.keeps_plans == (seq < 4)
        if seq == 3:  # the first was sent plainly, the second was planned, the third found the plan
            on_postgresql(loss)
