"""GroupCommit: who shares a transaction, whom a fault harms, and what becomes of a save that nobody can store."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError

from exams.domain.arrivals import Arrival, Op, Sender
from exams.services import database_thread, group_commit
from exams.services.group_commit import GroupCommit, Unavailable
from exams.services.responses import Saved

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)


def arrival(sitting_id: int, seq: int = 1) -> Arrival:
    return Arrival(sitting_id, Sender("page", 1), (Op(1, seq, ("A",), doubtful=False),), None, 0.0)


@dataclass
class Table:
    """Stands for the database: takes a moment for each batch, and does not bear what it was told not to."""

    batches: list[list[int]] = field(default_factory=list)
    poison: frozenset[int] = frozenset()
    away_for: int = 0  # batches
    commits_although_away: bool = False

    def write(self, batch: Sequence[Arrival]) -> list[Saved | None]:
        numbers = [one.sitting_id for one in batch]
        if self.away_for:
            self.away_for -= 1
            if self.commits_although_away:
                self.batches.append(numbers)
            raise OperationalError("the server closed the connection")
        if self.poison.intersection(numbers):
            raise ValueError("not to be stored")
        self.batches.append(numbers)
        return [Saved((), NINE, NINE, None, "in_progress", one.sender.epoch) for one in batch]


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here has a real connection: it is lost exactly where the database is away."""
    monkeypatch.setattr(group_commit, "is_lost", lambda _used: False)
    monkeypatch.setattr(group_commit, "TRY_AGAIN", 0.01)


def lose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "is_lost", lambda _used: True)
    monkeypatch.setattr(database_thread, "is_lost", lambda _used: True)


def run(table: Table, scene: Callable[[GroupCommit], Awaitable[Any]], **options: Any) -> Any:
    async def whole() -> Any:
        commit = GroupCommit(table.write, **options)
        try:
            return await scene(commit)
        finally:
            await commit.close()

    return asyncio.run(whole())


def all_of(commit: GroupCommit, *arrivals: Arrival) -> Awaitable[list[Any]]:
    return asyncio.gather(*(commit.save(one) for one in arrivals), return_exceptions=True)


def test_a_save_on_an_idle_server_is_written_at_once_and_alone() -> None:
    table = Table()
    assert run(table, lambda commit: commit.save(arrival(1))).state == "in_progress"
    assert table.batches == [[1]]


def test_what_arrives_while_a_batch_is_being_committed_shares_the_next_one() -> None:
    table = Table()

    async def scene(commit: GroupCommit) -> None:
        first = asyncio.create_task(commit.save(arrival(1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the first is on its way to the thread
        await all_of(commit, *map(arrival, range(2, 8)))
        await first

    run(table, scene)
    assert table.batches == [[1], [2, 3, 4, 5, 6, 7]]


def test_of_one_sitting_a_batch_holds_one_save_and_they_keep_their_order() -> None:
    table = Table()
    run(table, lambda commit: all_of(commit, arrival(1, 1), arrival(1, 2), arrival(2), arrival(1, 3)))
    assert table.batches == [[1, 2], [1], [1]]


def test_no_transaction_grows_beyond_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MOST_AT_ONCE", 3)
    table = Table()
    run(table, lambda commit: all_of(commit, *map(arrival, range(7))))
    assert table.batches == [[0, 1, 2], [3, 4, 5], [6]]


def test_what_cannot_be_stored_harms_nobody_beside_it() -> None:
    table = Table(poison=frozenset({2}))
    results = run(table, lambda commit: all_of(commit, *map(arrival, range(5))))
    assert [isinstance(result, ValueError) for result in results] == [False, False, True, False, False]
    assert sorted(number for batch in table.batches for number in batch) == [0, 1, 3, 4]


def test_while_the_database_is_away_a_save_waits_and_is_stored_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    lose(monkeypatch)
    table = Table(away_for=3)
    results = run(table, lambda commit: all_of(commit, arrival(1), arrival(2)))
    assert [result.state for result in results] == ["in_progress"] * 2
    assert table.batches == [[1, 2]]


def test_a_batch_whose_commit_may_have_been_lost_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lose(monkeypatch)
    table = Table(away_for=1, commits_although_away=True)
    assert run(table, lambda commit: commit.save(arrival(1))).state == "in_progress"
    assert table.batches == [[1], [1]]


def test_nobody_waits_for_ever_and_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    lose(monkeypatch)
    table = Table(away_for=10_000)
    results = run(table, lambda commit: all_of(commit, arrival(1), arrival(2)), patience=0.05)
    assert [type(result) for result in results] == [Unavailable] * 2
    assert table.batches == []


def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    lose(monkeypatch)
    results = run(Table(away_for=10_000), lambda commit: all_of(commit, *map(arrival, range(9))), patience=0.05, most=4)
    assert [type(result) for result in results] == [Unavailable] * 9


def test_who_has_gone_away_is_not_written_for() -> None:
    table = Table()

    async def scene(commit: GroupCommit) -> None:
        first = asyncio.create_task(commit.save(arrival(1)))
        gone = asyncio.create_task(commit.save(arrival(2)))
        gone.cancel()
        await asyncio.gather(first, gone, return_exceptions=True)

    run(table, scene)
    assert table.batches == [[1]]
