"""Statements that PostgreSQL plans once for each connection, where planning would cost more than running."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, ClassVar, ParamSpec, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import DuplicatePreparedStatement, FeatureNotSupported, InvalidSqlStatementName

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
# The last one: a migration has changed the type of a column that the statement returns.
GONE = (InvalidSqlStatementName, DuplicatePreparedStatement, FeatureNotSupported)


class PlanLost(Exception):
    """The connection is not the one on which a statement was planned: what failed works when it is tried again."""


def tried_again(work: Callable[P, T]) -> Callable[P, T]:
    """Let a whole transaction be tried again where a plan was lost in it."""

    @wraps(work)
    def trying(*args: P.args, **kwargs: P.kwargs) -> T:
        with suppress(PlanLost):
            return work(*args, **kwargs)
        return work(*args, **kwargs)

    return trying


class Planned:
    """A statement with $1, $2 … for its values, planned when a connection meets it for the second time.

    Behind a pool that hands on a connection after each transaction plans get lost: the first to notice raises
    `PlanLost`, and from then on `keeps_plans` is false and whoever has statements sends them plainly.
    """

    keeps_plans: ClassVar = True  # for the whole process
    _known: ClassVar[WeakKeyDictionary[Any, set[str]]] = WeakKeyDictionary()  # by connection: the names planned there

    def __init__(self, numbered: str, values: int, types: Sequence[str] = ()) -> None:
        # Two releases may share connections behind a pool: so the name tells one text from another.
        self._name = name = f"planned_{hashlib.sha256(numbered.encode()).hexdigest()[:20]}"
        # Left to itself, PostgreSQL would rather plan for each number of rows.
        typed = f" ({', '.join(types)})" if types else ""
        self._prepare = f"SET plan_cache_mode = force_generic_plan; PREPARE {name}{typed} AS {numbered}"
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * values)})" if values else f"EXECUTE {name}"
        self._met: WeakSet[Any] = WeakSet()

    def is_due(self) -> bool:
        """Tell whether to run this here instead of the plain statement: many connections never ask a second time."""
        if not Planned.keeps_plans or connection.connection is None:
            return False
        if connection.connection in self._met:
            return True
        self._met.add(connection.connection)
        return False

    def run(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        """Execute on a cursor of Django's connection; its rows are to be fetched from the cursor."""
        raw = connection.connection
        names = self._known.setdefault(raw, set())
        try:
            if self._name not in names:
                with connection.wrap_database_errors, raw.cursor() as unseen:  # no query of the caller's
                    unseen.execute(self._prepare)
                names.add(self._name)
            cursor.execute(self._execute, values)
        except DatabaseError as failure:
            if not isinstance(failure.__cause__, GONE):
                raise
            Planned.keeps_plans = False
            logger.warning("plans are lost, behind a pool or after a migration: statements are planned each time")
            raise PlanLost from failure
