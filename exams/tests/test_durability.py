"""The settings that an acknowledged answer rests on, as they are in force on the live connection."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from exams.services import durability

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_sqlite_waits_for_the_disk_and_writes_ahead() -> None:
    if connection.vendor == "sqlite":
        assert durability.faults() == []


@pytest.mark.django_db(transaction=True)
def test_a_setting_that_risks_answers_is_named() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET synchronous_commit = off")
        else:
            cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            assert any("已确认保存的作答可能丢失" in fault and "synchronous" in fault for fault in durability.faults())
            out = StringIO()
            call_command("check", databases=["default"], stderr=out, stdout=out)
            assert "exams.W001" in out.getvalue()
        finally:
            cursor.execute(
                "SET synchronous_commit = on" if connection.vendor == "postgresql" else "PRAGMA synchronous = FULL"
            )


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"fsync": "on", "synchronous_commit": "on"}, 0),
        ({"fsync": "on", "synchronous_commit": "remote_apply"}, 0),
        ({"fsync": "off", "synchronous_commit": "on"}, 1),
        ({"fsync": "off", "synchronous_commit": "off"}, 2),
    ],
)
def test_what_postgresql_must_do_before_it_answers(settings: dict[str, str], count: int) -> None:
    assert len(durability._postgresql(settings)) == count


def test_sqlite_outside_of_wal_is_named() -> None:
    assert len(durability._sqlite(1, "delete")) == 2
