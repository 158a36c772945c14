"""Statements that PostgreSQL plans once for each connection, where planning would cost more than running."""

import hashlib
import logging
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import DuplicatePreparedStatement, InvalidSqlStatementName

logger = logging.getLogger(__name__)


def columns(rows: Sequence[Sequence[Any]], types: Sequence[str]) -> list[list[Any]]:
    """Return rows as columns, also where there are none."""
    return [[row[place] for row in rows] for place in range(len(types))]


class PlanLost(Exception):
    """The connection is not the one on which a statement was planned: what failed works when it is tried again."""


class PlannedStatement:
    """A statement whose parameters are whole columns, so that one plan serves any number of rows.

    `types` are those of the columns' values, `text` names the columns {0}, {1} …, each once. Behind a pool that hands
    on a connection after each transaction plans get lost: the first to notice raises `PlanLost`, and from then on this
    process has its statements planned each time.
    """

    _keeps_plans = True

    def __init__(self, name: str, types: Sequence[str], text: str) -> None:
        arrays = [f"{each}[]" for each in types]
        numbered = text.format(*(f"${number}" for number in range(1, len(types) + 1)))
        # Two releases may share connections behind a pool: so the name tells one text from another.
        name = f"{name}_{hashlib.sha256(numbered.encode()).hexdigest()[:12]}"
        # Left to itself, PostgreSQL would rather plan for each number of rows.
        self._prepare = f"SET plan_cache_mode = force_generic_plan; PREPARE {name} ({', '.join(arrays)}) AS {numbered}"
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * len(types))})"
        self._plain = text.format(*(f"CAST(%s AS {each})" for each in arrays))
        self._planned_on: WeakSet[Any] = WeakSet()

    def run(self, cursor: CursorWrapper, columns: Sequence[Sequence[Any]]) -> None:
        """Execute on a cursor of Django's connection; its rows are to be fetched from the cursor."""
        values = [list(column) for column in columns]
        if not PlannedStatement._keeps_plans:
            cursor.execute(self._plain, values)
            return
        try:
            self._plan(cursor)
            cursor.execute(self._execute, values)
        except DatabaseError as failure:
            if not isinstance(failure.__cause__, InvalidSqlStatementName | DuplicatePreparedStatement):
                raise
            PlannedStatement._keeps_plans = False
            logger.warning("a pool stands before PostgreSQL: statements are planned each time")
            raise PlanLost from failure

    def _plan(self, cursor: CursorWrapper) -> None:
        if connection.connection not in self._planned_on:
            cursor.execute(self._prepare)
            self._planned_on.add(connection.connection)
