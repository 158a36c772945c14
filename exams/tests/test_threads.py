"""Work with the database waits for one of a few threads, each with a connection that it keeps."""

import asyncio
import threading
from contextlib import suppress

import pytest
from django.db import connection, connections

from exams.threads import DatabaseThreads, Overloaded


def backend() -> int:
    """Return which process of PostgreSQL serves this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


class Door:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.opened, self.done = threading.Event(), list[str]()

    def work(self, name: str) -> str:
        self.opened.wait(10)
        self.done.append(name)
        return threading.current_thread().name


async def test_however_many_come_they_share_a_few_threads() -> None:
    threads, door = DatabaseThreads("some", 3), Door()
    working = [asyncio.ensure_future(threads.run(door.work, str(number))) for number in range(50)]
    await asyncio.sleep(0)
    assert threads.is_busy
    door.opened.set()
    assert len(set(await asyncio.gather(*working))) == 3
    assert not threads.is_busy


async def test_whoever_comes_when_too_many_wait_is_told_so_at_once() -> None:
    threads, door = DatabaseThreads("few", 1, waiting=1), Door()
    working = [asyncio.ensure_future(threads.run(door.work, str(number))) for number in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await threads.run(door.work, "one too many")
    door.opened.set()
    await asyncio.gather(*working)
    assert await threads.run(door.work, "later")
    assert door.done == ["0", "1", "later"]


async def test_whoever_gives_up_while_waiting_is_left_out() -> None:
    threads, door = DatabaseThreads("one", 1), Door()
    first, second = (asyncio.ensure_future(threads.run(door.work, name)) for name in ("first", "second"))
    await asyncio.sleep(0.05)
    second.cancel()
    with suppress(asyncio.CancelledError):
        await second
    door.opened.set()
    await first
    await threads.run(door.work, "third")
    assert door.done == ["first", "third"]


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
async def test_a_thread_keeps_its_connection() -> None:
    threads = DatabaseThreads("keeping", 1)

    def used() -> tuple[int, object]:
        connection.ensure_connection()
        return threading.get_ident(), connection.connection

    first, second = await threads.run(used), await threads.run(used)
    assert first == second
    await threads.run(connections.close_all)


@pytest.mark.postgresql
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
async def test_a_connection_that_the_database_has_closed_is_replaced_before_it_is_used() -> None:
    threads = DatabaseThreads("recovering", 1)
    before = await threads.run(backend)

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [before])

    other = DatabaseThreads("other", 1)
    await other.run(end)
    await asyncio.sleep(0.2)
    assert await threads.run(backend) != before
    for each in (threads, other):
        await each.run(connections.close_all)
