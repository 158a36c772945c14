"""What to say where a command meets a database whose tables are not there yet, or not those of this version."""

from django.db import DatabaseError
from django.utils.translation import gettext as _

UNDEFINED = {"42P01", "42703"}  # PostgreSQL: table, column
NOT_THERE = ("no such table", "no such column", "has no column named")  # SQLite


def advice(error: DatabaseError) -> str | None:
    """Return a sentence for whoever ran the command, or None where something else is wrong."""
    text = str(error)
    is_so = getattr(error.__cause__, "pgcode", None) in UNDEFINED or any(words in text for words in NOT_THERE)
    if not is_so:
        return None
    return _("数据库中还没有本版本的数据表。请先运行：.venv/bin/python manage.py migrate")
