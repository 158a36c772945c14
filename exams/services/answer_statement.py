"""The statement that stores answers. It alone decides: what it returns is stored, what it does not return is not.

All conditions stand inside it, so nothing can come between looking and writing: the sitting is open by the database's
clock, the page still holds it, and the answer is newer than the stored one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from exams.domain.arrivals import Op, Sender
from exams.domain.lifecycle import State
from exams.services.database_clock import as_moment

# A deadline closes a sitting whether or not anybody has written that down; so an answer that arrived before it is in
# time also where the sitting was written down as closed while the answer waited for its turn.
STATEMENT = """
WITH ops (question, value, doubtful, seq) AS (VALUES {rows}),
holder AS (
    SELECT id, state, deadline_at FROM exams_sitting
    WHERE id = %s AND client = %s AND epoch = %s
      AND (state = 'in_progress' OR (state = 'submitted' AND ended_by = 'deadline'))
      AND {earlier} < deadline_at
    {lock}
)
INSERT INTO exams_response (sitting_id, question, value, doubtful, seq, saved_at)
SELECT holder.id, ops.question, {value}, ops.doubtful, ops.seq, {earlier}
FROM holder CROSS JOIN ops WHERE ops.seq > 0
ON CONFLICT (sitting_id, question) DO UPDATE
SET value = excluded.value, doubtful = excluded.doubtful, seq = excluded.seq, saved_at = excluded.saved_at
WHERE excluded.seq > exams_response.seq
RETURNING question, seq, saved_at, (SELECT state FROM holder), (SELECT deadline_at FROM holder)
"""
ROW = "(%s, %s, %s, %s)"
DIALECTS = {
    "sqlite": {
        # As Django stores moments there, so that both compare as text. There is one writer at a time: nothing to lock.
        "earlier": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s)",
        "value": "ops.value",
        "lock": "",
    },
    "postgresql": {
        # When the statement arrived, not when it got its turn. The lock lets other answers of the sitting in beside
        # this one, and makes whoever ends the sitting wait; after a wait the conditions are looked at again.
        "earlier": "(STATEMENT_TIMESTAMP() + CAST(%s AS interval))",
        "value": "CAST(ops.value AS jsonb)",
        "lock": "FOR SHARE",
    },
}


@dataclass(frozen=True, slots=True)
class Stored:
    """Which (question, seq) are stored now; when they arrived, and how the sitting stood at that moment."""

    keys: frozenset[tuple[int, int]]
    received_at: datetime
    state: State
    deadline_at: datetime


def store(sitting_id: int, sender: Sender, ops: Sequence[Op], *, waited: timedelta, grace: timedelta) -> Stored | None:
    """Store what may be stored, or return None if that is nothing.

    `ops` has one op for a question, in order; `waited` is how long ago they arrived.
    """
    if not ops:
        return None
    statement = STATEMENT.format(rows=", ".join([ROW] * len(ops)), **DIALECTS[connection.vendor])
    answers = [part for op in ops for part in (op.question, json.dumps(op.value), op.doubtful, op.seq)]
    arrived, in_time = f"-{waited.total_seconds():.3f} seconds", f"-{(waited + grace).total_seconds():.3f} seconds"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*answers, sitting_id, sender.client, sender.epoch, in_time, arrived])
        rows = cursor.fetchall()
    if not rows:
        return None
    _question, _seq, received_at, state, deadline_at = rows[0]
    return Stored(
        keys=frozenset((question, seq) for question, seq, *_rest in rows),
        received_at=as_moment(received_at),
        state=State(state),
        deadline_at=as_moment(deadline_at),
    )
