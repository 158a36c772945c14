"""Where the fixtures of all apps come from, and the rules of the whole suite."""

from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import settings as properties
from pytest_django import DjangoDbBlocker

pytest_plugins = [
    "tests.fixtures.selection",
    "tests.fixtures.emptying",
    "tests.fixtures.reachable",
    "tests.fixtures.server",
    "tests.fixtures.pictures",
    "tests.fixtures.browser",
    "tests.fixtures.keys",
    "tests.fixtures.kept",
]

properties.register_profile("busy", deadline=None)  # on two busy cores an example may take a second: no fault of ours
properties.load_profile("busy")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Close what threads of consumers left open: PostgreSQL drops no database that somebody is connected to."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
