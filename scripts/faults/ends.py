"""The end of a sitting: nobody is there at the deadline, and everything happens at that very moment."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from exams.domain.lifecycle import State
from exams.models import Mark, Response, Result, Sitting, StateChange
from scripts.faults import seats
from scripts.faults.ground import Ground, in_database
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room, Writer

HANDED_IN_WITHIN = 5.0
AT_ONCE = 20  # sittings that end at the same time
KEY = ["A"]  # of every question of a rehearsal


def at_the_deadline(ground: Ground, short: bool) -> Outcome:
    """Let sittings end with nobody there; then let save, hand-in and sweeper meet in one moment, again and again."""
    races = 60 if short else 1000
    outcome = Outcome(17, ground.database, tries=races)
    with ground.servers(2 if ground.database == "postgresql" else 1) as servers:
        gone = seats.taken(20, servers.origin)
        outcome.recovery_s = _end_alone(gone)
        outcome.require(outcome.recovery_s <= HANDED_IN_WITHIN, "nobody was handed in in time")
        _one_end_each(gone, outcome)
        for first in range(0, races, 200):
            room = seats.taken(min(200, races - first), servers.origin)
            ground.run(_race_all(room))
            _one_end_each(room, outcome)
            room.compare(outcome)
            _marked_as_acked(room, outcome)
    return outcome


def _end_alone(room: Room) -> float:
    """Let everybody's deadline come; return how long after it the last one was handed in."""
    chosen = [writer.sitting for writer in room.writers]
    deadline = timezone.now() + timedelta(seconds=1)
    Sitting.objects.filter(pk__in=chosen).update(deadline_at=deadline)
    patience = time.monotonic() + 30
    while time.monotonic() < patience:
        if not Sitting.objects.filter(pk__in=chosen).exclude(state=State.SUBMITTED).exists():
            return (timezone.now() - deadline).total_seconds()
        time.sleep(0.1)
    return float("inf")


def _one_end_each(room: Room, outcome: Outcome) -> None:
    """Every sitting has ended once, and has one result."""
    for writer in room.writers:
        ends = StateChange.objects.filter(sitting=writer.sitting, field="state", after=State.SUBMITTED).count()
        results = Result.objects.filter(sitting=writer.sitting).count()
        outcome.require(ends == 1 and results == 1, f"a sitting has {ends} ends and {results} results")


async def _race_all(room: Room) -> None:
    for first in range(0, len(room.writers), AT_ONCE):
        some = room.writers[first : first + AT_ONCE]
        await asyncio.gather(*(writer.save_once(1) for writer in some))  # connections are open, something is stored
        moment = timezone.now() + timedelta(seconds=0.6)
        await in_database(_let_end, some, moment)
        await asyncio.gather(*(_race(writer, (moment - timezone.now()).total_seconds()) for writer in some))
        await in_database(_until_ended, some)
        for writer in some:
            writer.browser.hang_up()


def _let_end(some: Sequence[Writer], moment: object) -> None:
    Sitting.objects.filter(pk__in=[writer.sitting for writer in some]).update(deadline_at=moment)


async def _race(writer: Writer, ends_in: float) -> None:
    """Save and hand in around the deadline; the sweepers of all servers are about anyway."""
    other = writer.beside()

    async def save() -> None:
        await asyncio.sleep(max(0.0, ends_in + random.uniform(-0.15, 0.1)))
        await writer.try_to_save(1)

    async def hand_in() -> None:
        await asyncio.sleep(max(0.0, ends_in + random.uniform(-0.15, 0.1)))
        await other.post_json("/exam/hand-in/", {"client": writer.client, "epoch": writer.epoch})

    await asyncio.gather(save(), hand_in())
    other.hang_up()


def _until_ended(some: Sequence[Writer]) -> None:
    chosen, patience = [writer.sitting for writer in some], time.monotonic() + 20
    while Sitting.objects.filter(pk__in=chosen).exclude(state=State.SUBMITTED).exists():
        if time.monotonic() > patience:
            return
        time.sleep(0.05)


def _marked_as_acked(room: Room, outcome: Outcome) -> None:
    """The result was made of the answers that are stored, the last acked one among them."""
    for writer in room.writers:
        value = Response.objects.get(sitting=writer.sitting, question=1).value
        mark = Mark.objects.get(result__sitting=writer.sitting, question=1)
        is_right = value == KEY
        outcome.require((mark.points > 0) == is_right, "a result does not hold the last acked answer")
