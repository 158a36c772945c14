"""The log of the answers of each sitting: appended to here alone, so that every entry is a link of its chain."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from exams.domain.arrivals import Op, Outcome, Sender
from exams.domain.chain import Entry, Head, Link, linked
from exams.models import ResponseEntry, ResponseLog
from exams.services.planned_statement import PlannedStatement, columns

ENTRY = """
INSERT INTO exams_responseentry
    (sitting_id, number, question, client, epoch, seq, value, doubtful, outcome, received_at, hash)
"""
ENTRY_TYPES = ("bigint", "int", "int", "text", "int", "bigint", "text", "bool", "text", "timestamptz", "bytea")
MOVE_HEADS = "UPDATE exams_responselog SET length = given.column2, head = given.column3"
HEAD_TYPES = ("bigint", "int", "bytea")
ON_POSTGRESQL = PlannedStatement(
    ENTRY_TYPES + HEAD_TYPES,
    f"""
    WITH entry AS (
        {ENTRY}
        SELECT sitting_id, number, question, client, epoch, seq, CAST(value AS jsonb), doubtful, outcome, received_at,
            hash
        FROM UNNEST({{0}}, {{1}}, {{2}}, {{3}}, {{4}}, {{5}}, {{6}}, {{7}}, {{8}}, {{9}}, {{10}}) AS entry
            (sitting_id, number, question, client, epoch, seq, value, doubtful, outcome, received_at, hash)
    )
    {MOVE_HEADS} FROM UNNEST({{11}}, {{12}}, {{13}}) AS given (column1, column2, column3) WHERE sitting_id = column1
    """,  # noqa: S608 - of constants
)
ON_SQLITE = (
    f"{ENTRY} VALUES {{rows}}".format,
    f"{MOVE_HEADS} FROM (VALUES {{rows}}) AS given WHERE sitting_id = given.column1".format,
)


def begin(*sitting_ids: int) -> None:
    """Give sittings their empty logs, if they have none yet."""
    ResponseLog.objects.bulk_create([ResponseLog(sitting_id=pk) for pk in sitting_ids], ignore_conflicts=True)


def take_head(sitting_id: int) -> Head:
    """Return where the log of a sitting ends, ours until the transaction ends."""
    begin(sitting_id)
    log = ResponseLog.objects.select_for_update().get(pk=sitting_id)
    return Head(log.length, bytes(log.head))


def append(heads: Mapping[int, Head], entries: Mapping[int, Sequence[Entry]]) -> None:
    """Append to the logs of sittings whose heads the caller holds."""
    links = [link for sitting_id, new in entries.items() for link in linked(sitting_id, heads[sitting_id], new)]
    if not links:
        return
    newest = {link.sitting: link for link in links}
    rows = [_row(link) for link in links]
    heads_after = [(link.sitting, link.number, link.hash) for link in newest.values()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # both on one way to the server
            ON_POSTGRESQL.run(cursor, [*columns(rows, ENTRY_TYPES), *columns(heads_after, HEAD_TYPES)])
        else:
            for statement, values in zip(ON_SQLITE, (rows, heads_after), strict=True):
                cursor.execute(statement(rows=_places(values)), list(_flat(values)))


def links_of(sitting_id: int) -> list[Link]:
    """Return the log as it stands in the table, in the order of its numbers."""
    return [link_of(entry) for entry in ResponseEntry.objects.filter(sitting_id=sitting_id).order_by("number", "pk")]


def link_of(row: ResponseEntry) -> Link:
    """Return a row as the link that it should be."""
    op = Op(row.question, row.seq, tuple(row.value), row.doubtful)
    entry = Entry(Sender(row.client, row.epoch), op, Outcome(row.outcome), row.received_at)
    return Link(row.sitting_id, row.number, entry, bytes(row.hash))


def _places(rows: Sequence[tuple[Any, ...]]) -> str:
    return ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))


def _flat(rows: Iterable[tuple[Any, ...]]) -> Iterable[Any]:
    return (part for row in rows for part in row)


def _row(link: Link) -> tuple[Any, ...]:
    entry, op, sender = link.entry, link.entry.op, link.entry.sender
    return (
        link.sitting,
        link.number,
        op.question,
        sender.client,
        sender.epoch,
        op.seq,
        json.dumps(op.value),
        op.doubtful,
        entry.outcome.value,
        connection.ops.adapt_datetimefield_value(entry.received_at),
        link.hash,
    )
