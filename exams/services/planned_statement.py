"""Statements over whole columns: one plan of PostgreSQL's serves any number of rows."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

from accounts.planned import Planned


def columns(rows: Sequence[Sequence[Any]], types: Sequence[str]) -> list[list[Any]]:
    """Return rows as columns, also where there are none."""
    return [[row[place] for row in rows] for place in range(len(types))]


class PlannedStatement:
    """A statement whose values are columns of `types`; `text` names them {0}, {1} …, each once.

    Where plans get lost it raises `accounts.planned.PlanLost`, once in a process.
    """

    def __init__(self, types: Sequence[str], text: str) -> None:
        arrays = [f"{each}[]" for each in types]
        numbered = text.format(*(f"${number}" for number in range(1, len(types) + 1)))
        self._planned = Planned(numbered, len(types), arrays)
        self._plain = text.format(*(f"CAST(%s AS {each})" for each in arrays))

    def run(self, cursor: CursorWrapper, columns: Sequence[Sequence[Any]]) -> None:
        """Execute on a cursor of Django's connection; its rows are to be fetched from the cursor."""
        values = [list(column) for column in columns]
        if self._planned.is_due():
            self._planned.run(cursor, values)
        else:
            cursor.execute(self._plain, values)
