"""sittings.close_overdue and close_if_overdue: a deadline that has passed ends the sitting, whoever notices."""

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.core.management import CommandError, call_command
from django.utils import timezone

from exams import sweeper
from exams.models import Result, Sitting
from exams.services import sittings
from exams.tests.factories import SittingFactory, hours, overdue

pytestmark = pytest.mark.django_db


def test_what_is_overdue_is_closed_at_its_deadline_and_marked() -> None:
    sitting = overdue(SittingFactory(begun=True))
    assert sittings.close_overdue(timezone.now()) == 1
    closed = Sitting.objects.get(pk=sitting.pk)
    assert (closed.state, closed.ended_by, closed.ended_at) == ("submitted", "deadline", sitting.deadline_at)
    assert Result.objects.filter(sitting=sitting).exists()


def test_what_has_time_left_goes_on() -> None:
    sitting = SittingFactory(begun=True)
    assert sittings.close_overdue(timezone.now()) == 0
    assert sittings.close_if_overdue(sitting, timezone.now()).state == Sitting.State.IN_PROGRESS


def test_a_paused_sitting_is_never_closed_by_the_clock() -> None:
    sittings.pause(SittingFactory(begun=True), "停电", timezone.now())
    assert sittings.close_overdue(timezone.now() + hours(99)) == 0


def test_closing_twice_counts_once() -> None:
    overdue(SittingFactory(begun=True))
    assert [sittings.close_overdue(timezone.now()) for _round in range(2)] == [1, 0]


def test_one_that_cannot_be_closed_does_not_keep_the_others_open(monkeypatch: pytest.MonkeyPatch) -> None:
    first = overdue(SittingFactory(begun=True))
    overdue(SittingFactory(begun=True))
    close = sittings._close

    def fails_for_the_first(sitting: Sitting, *args: object) -> Sitting:
        if sitting.pk == first.pk:
            raise RuntimeError
        return close(sitting, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(sittings, "_close", fails_for_the_first)
    assert sittings.close_overdue(timezone.now()) == 1


def test_on_sight_it_is_closed_with_the_state_of_the_database_not_of_the_caller() -> None:
    stale = overdue(SittingFactory(begun=True))
    Sitting.objects.filter(pk=stale.pk).update(deadline_at=timezone.now() + hours(1))
    assert sittings.close_if_overdue(stale, timezone.now()).state == Sitting.State.IN_PROGRESS


def test_the_command_closes_and_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    overdue(SittingFactory(begun=True))
    call_command("close_overdue", once=True)
    assert "1" in capsys.readouterr().out


def test_the_command_refuses_a_pause_of_no_time() -> None:
    with pytest.raises(CommandError):
        call_command("close_overdue", every=0.0)


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_sweeps_for_as_long_as_the_server_runs() -> None:
    sitting = overdue(SittingFactory(begun=True))
    asyncio.run(_serve_until_ended(sitting))
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.SUBMITTED


async def _serve_until_ended(sitting: Sitting) -> None:
    closed = Sitting.objects.filter(pk=sitting.pk, state="submitted")
    async with sweeper.sweeping():
        for _attempt in range(100):
            if await database_sync_to_async(closed.exists)():
                break
            await asyncio.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def fails_once(**options: object) -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError
        raise asyncio.CancelledError

    monkeypatch.setattr(sweeper, "sweep", fails_once)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(sweeper.run(every=0.01))
    assert len(rounds) == 2
