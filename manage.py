#!/usr/bin/env python
"""Runs the management commands."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError
except ModuleNotFoundError:
    sys.exit("Django is not in this Python. After `make install`: .venv/bin/python manage.py …")


def main() -> None:
    """Run a command; without the tables that it needs, say how they are made."""
    try:
        execute_from_command_line(sys.argv)
    except DatabaseError as error:
        from examplatform import missing_tables  # it needs the settings, which are read by now

        if advice := missing_tables.advice(error):
            sys.exit(advice)
        raise


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
    main()
