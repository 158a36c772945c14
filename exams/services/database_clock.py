"""The one clock that all servers share: the database's."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.utils.dateparse import parse_datetime


class DatabaseNow(Func):
    """The moment at which the database received the statement.

    Not the beginning of the transaction, and unmoved by waiting for another one to finish. On SQLite it has the form in
    which Django stores moments there, so that both compare as text.
    """

    output_field = DateTimeField()
    template = "STATEMENT_TIMESTAMP()"
    arity = 0

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'now')", **extra
        )


def database_now() -> datetime:
    """Return the present moment by the database's clock."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT STRFTIME(%s, 'now')", ["%Y-%m-%d %H:%M:%f"])
        else:
            cursor.execute("SELECT CLOCK_TIMESTAMP()")
        return as_moment(cursor.fetchone()[0])


def as_moment(raw: datetime | str) -> datetime:
    """Return an aware datetime from what a cursor gives: text on SQLite."""
    moment = parse_datetime(raw) if isinstance(raw, str) else raw
    if moment is None:
        raise ValueError(f"not a moment: {raw!r}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
