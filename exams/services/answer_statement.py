"""The statement that stores answers, of any number of sittings. It alone decides: what it returns is stored, no more.

All conditions stand inside it, so nothing can come between looking and writing: the sign-in still stands, the sitting
is open by the database's clock, the page still holds it, and the answer is newer than the stored one. Whoever has run
it holds the logs of these sittings until the transaction ends, and nobody ends the sittings meanwhile.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection

from exams.domain.arrivals import Arrival, Op, Sender, Standing, newest
from exams.domain.chain import Head
from exams.domain.lifecycle import State
from exams.domain.timing import LateRule
from exams.services.database_clock import as_moment
from exams.services.planned_statement import PlannedStatement, columns

# A deadline closes a sitting whether or not anybody has written that down; so an answer that arrived before it is in
# time also where the sitting was written down as closed while the answer waited for its turn.
LOOK = """
SELECT place, given.sitting_id, state, ended_by, sitting.client, sitting.epoch, deadline_at, {arrived} AS received_at,
    length, head,
    session_key = '' OR EXISTS (
        SELECT 1 FROM django_session AS session WHERE session.session_key = given.session_key
        AND session.session_data = given.session_data AND session.expire_date > {arrived}
    ) AS is_signed_in,
    sitting.client = given.client AND sitting.epoch = given.epoch
        AND (state = 'in_progress' OR (state = 'submitted' AND ended_by = 'deadline'))
        AND {in_time} < deadline_at AS is_open
FROM given
JOIN exams_sitting AS sitting ON sitting.id = given.sitting_id
JOIN exams_responselog AS log ON log.sitting_id = given.sitting_id
"""
GIVEN = "given (place, sitting_id, client, epoch, session_key, session_data, waited, waited_and_grace)"
GIVEN_TYPES = ("int", "bigint", "text", "int", "text", "text", "text", "text")
OP_TYPES = ("int", "int", "text", "bool", "bigint")
RESPONSE = "INSERT INTO exams_response (sitting_id, question, value, doubtful, seq, saved_at)"
IF_NEWER = """
ON CONFLICT (sitting_id, question) DO UPDATE
SET value = excluded.value, doubtful = excluded.doubtful, seq = excluded.seq, saved_at = excluded.saved_at
WHERE excluded.seq > exams_response.seq
RETURNING sitting_id, question
"""


# Arrival is when the statement arrived, not when it got its turn. The locks are taken in the order of the ids, so that
# two servers never wait for each other in a circle; after a wait the conditions are looked at again.
def _for_postgresql(wait: str) -> str:
    look = LOOK.format(
        arrived="(STATEMENT_TIMESTAMP() + CAST(waited AS interval))",
        in_time="(STATEMENT_TIMESTAMP() + CAST(waited_and_grace AS interval))",
    )
    return f"""
        WITH given AS (SELECT * FROM UNNEST({{0}}, {{1}}, {{2}}, {{3}}, {{4}}, {{5}}, {{6}}, {{7}}) AS {GIVEN}),
        op AS (SELECT * FROM UNNEST({{8}}, {{9}}, {{10}}, {{11}}, {{12}}) AS op (at, question, value, doubtful, seq)),
        held AS ({look} ORDER BY sitting.id FOR SHARE OF sitting {wait} FOR UPDATE OF log {wait}),
        stored AS (
            {RESPONSE}
            SELECT sitting_id, question, CAST(value AS jsonb), doubtful, seq, received_at
            FROM held JOIN op ON at = place WHERE is_signed_in AND is_open
            {IF_NEWER}
        )
        SELECT held.*, ARRAY(SELECT question FROM stored WHERE stored.sitting_id = held.sitting_id) FROM held
    """  # noqa: S608 - of constants


ON_POSTGRESQL = PlannedStatement(GIVEN_TYPES + OP_TYPES, _for_postgresql("SKIP LOCKED"))
ON_POSTGRESQL_WAITING = PlannedStatement(GIVEN_TYPES + OP_TYPES, _for_postgresql(""))
# SQLite has one writer at a time, and the transaction is that one from its beginning: looking and writing may be two.
# Its moments are as Django stores them there, so that both compare as text.
SQLITE = f"WITH {GIVEN} AS (VALUES {{given}}) {LOOK}".format
ARRIVED_ON_SQLITE = {
    "arrived": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now', waited)",
    "in_time": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now', waited_and_grace)",
}
SQLITE_STORE = f"{RESPONSE} VALUES {{ops}} {IF_NEWER}".format
NO_GRACE = LateRule()
Seen = tuple[Sequence[Any], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a sitting stood when an answer arrived, and what of it is stored now, as the statement saw it."""

    received_at: datetime
    standing: Standing
    head: Head
    is_signed_in: bool
    stored: frozenset[Op]


def store(arrivals: Sequence[Arrival], *, waits: bool) -> list[Look | None]:
    """Store what may be stored; return how each sitting stood, or None for one that is not to be had.

    Each sitting comes once. `waits`: for those which somebody else holds; else these are not to be had either. Runs in
    the caller's transaction.
    """
    given = [_given(place, arrival) for place, arrival in enumerate(arrivals)]
    run = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    looks: list[Look | None] = [None] * len(arrivals)
    for (place, _sitting_id, *seen), questions in run(arrivals, given, waits=waits):
        looks[place] = _look(arrivals[place], seen, questions)
    return looks


def _on_postgresql(arrivals: Sequence[Arrival], given: Sequence[list[Any]], *, waits: bool) -> Iterator[Seen]:
    ops = [[place, *op] for place, arrival in enumerate(arrivals) for op in _ops(arrival)]
    statement = ON_POSTGRESQL_WAITING if waits else ON_POSTGRESQL
    with connection.cursor() as cursor:
        statement.run(cursor, [*columns(given, GIVEN_TYPES), *columns(ops, OP_TYPES)])
        for *look, questions in cursor.fetchall():
            yield look, questions


def _on_sqlite(arrivals: Sequence[Arrival], given: Sequence[list[Any]], *, waits: bool) -> Iterator[Seen]:
    with connection.cursor() as cursor:
        cursor.execute(SQLITE(given=_rows(given), **ARRIVED_ON_SQLITE), _flat(given))
        looks = cursor.fetchall()
        ops = [
            [sitting_id, *op, received_at]
            for place, sitting_id, *_standing, received_at, _length, _head, is_signed_in, is_open in looks
            if is_signed_in and is_open
            for op in _ops(arrivals[place])
        ]
        stored = defaultdict(list)
        if ops:
            cursor.execute(SQLITE_STORE(ops=_rows(ops)), _flat(ops))
            for sitting_id, question in cursor.fetchall():
                stored[sitting_id].append(question)
    for look in looks:
        yield look, stored[look[1]]


def _given(place: int, arrival: Arrival) -> list[Any]:
    waited = timedelta(seconds=monotonic() - arrival.came_at)
    return [
        place,
        arrival.sitting_id,
        arrival.sender.client,
        arrival.sender.epoch,
        *(arrival.sign_in or ("", "")),
        _ago(waited),
        _ago(waited + (arrival.rule or NO_GRACE).accepted_for),
    ]


def _ago(span: timedelta) -> str:
    return f"-{span.total_seconds():.3f} seconds"


def _ops(arrival: Arrival) -> list[list[Any]]:
    ops = newest(arrival.ops) if arrival.is_chosen else ()
    return [[op.question, json.dumps(op.value), op.doubtful, op.seq] for op in ops]


def _rows(rows: Sequence[list[Any]]) -> str:
    return ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))


def _flat(*tables: Sequence[list[Any]]) -> list[Any]:
    return [part for table in tables for row in table for part in row]


def _look(arrival: Arrival, seen: Sequence[Any], questions: Sequence[int]) -> Look:
    state, ended_by, client, epoch, deadline_at, received_at, length, head, is_signed_in, _is_open = seen
    return Look(
        received_at=as_moment(received_at),
        standing=Standing(
            state=State(state),
            closed_by_deadline=ended_by == "deadline",
            # Whose candidate has turned to another exam holds nothing any more.
            holder=Sender(client if arrival.is_chosen else "", epoch),
            deadline_at=deadline_at and as_moment(deadline_at),
            rule=arrival.rule or NO_GRACE,
        ),
        head=Head(length, bytes(head)),
        is_signed_in=bool(is_signed_in),
        stored=frozenset(op for op in newest(arrival.ops) if op.question in questions),
    )
