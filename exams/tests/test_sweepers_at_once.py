"""Any number of sweepers and servers at once: what is due is done once. Threads and processes on a real database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from exams.models import Compensation, Heartbeat, Result, ServerOutage, Sitting, StateChange
from exams.services import outages, sittings
from exams.services.database_clock import database_now
from exams.tests.factories import SittingFactory, minutes, overdue, seconds
from exams.tests.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_servers_that_come_back_together_see_one_outage_and_give_its_time_once() -> None:
    chosen = [SittingFactory(begun=True, exam__outage_rule="automatic") for _number in range(3)]
    Sitting.objects.update(started_at=timezone.now() - minutes(10))
    Heartbeat.objects.create(beat_at=database_now() - minutes(3))
    at_once(*[outages.beat] * 4)
    assert ServerOutage.objects.count() == 1
    assert Compensation.objects.count() == len(chosen)
    assert {one.compensated_seconds for one in Sitting.objects.all()} <= {180, 181, 182, 183}


@pytest.mark.parametrize("round_", range(3))
def test_the_deadline_and_the_outage_may_come_in_any_order(round_: int) -> None:
    began = timezone.now() - minutes(62)
    sitting = SittingFactory(begun=True, exam__outage_rule="automatic", exam__opens_at=began)
    Sitting.objects.update(started_at=began, deadline_at=began + minutes(60))
    Heartbeat.objects.create(beat_at=database_now() - minutes(4))
    # The command, which waits for no server, closes while servers come back.
    at_once(outages.beat, lambda: sittings.close_overdue(timezone.now()), outages.beat)
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.IN_PROGRESS
    assert sitting.deadline_at is not None
    assert seconds(105) < sitting.deadline_at - timezone.now() <= seconds(125)
    assert not Result.objects.exists()


@contextmanager
def command(*options: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `manage.py close_overdue` in a process of its own, on the database of the test."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.server_settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "DATA_DIR": str(settings.DATA_DIR),
    }
    line = [sys.executable, "manage.py", "close_overdue", *options]
    with subprocess.Popen(line, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_three_processes_close_each_sitting_once_after_its_deadline() -> None:
    due: list[Sitting] = [overdue(SittingFactory(begun=True)) for _number in range(6)]
    with command("--every", "1") as first, command("--every", "1") as second, command("--every", "1") as third:
        for process in (first, second, third):
            assert process.stdout is not None
            process.stdout.readline()  # it sweeps
        last: Sitting = SittingFactory(begun=True)
        deadline = timezone.now() + seconds(1)
        Sitting.objects.filter(pk=last.pk).update(deadline_at=deadline)
        _until_ended(last)
        for process in (first, second, third):
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(15) for process in (first, second, third)]
    assert codes == [0, 0, 0]
    ends = StateChange.objects.filter(field="state", after="submitted").order_by("sitting")
    assert list(ends.values_list("sitting", flat=True)) == [one.pk for one in (*due, last)]
    assert Result.objects.count() == len(due) + 1
    assert Sitting.objects.get(pk=last.pk).ended_at == deadline


def _until_ended(sitting: Sitting) -> None:
    patience = time.monotonic() + 60  # a sweep a second, on a machine that other tests keep busy
    while not Sitting.objects.filter(pk=sitting.pk, state="submitted").exists():
        assert time.monotonic() < patience
        time.sleep(0.05)
