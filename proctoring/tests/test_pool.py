"""The pool of workers: it answers, refuses what is too much, and outlives what kills a worker."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proctoring import verifier
from proctoring.faces.asking import Health
from proctoring.faces.engine import Fault, Hint, Unreadable
from proctoring.faces.pool import NICENESS, VerifierBusy, VerifierFailed, VerifierPool, WorkerLost
from proctoring.tests import scenes
from proctoring.tests.at_work import computed, kill_in_mid_picture


@pytest.fixture(scope="module")
def pool() -> Iterator[VerifierPool]:
    pool = VerifierPool(1, timeout=60)
    yield pool
    pool.close()


def workers(pool: VerifierPool) -> list[int]:
    return pool.workers()


def until(happens: Callable[[], object], within: float = 60) -> None:
    ends = time.monotonic() + within
    while not happens():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)


def holding(pid: int) -> None:
    """Stop a worker where it is: the next picture lies in its pipe, and is never read."""
    os.kill(pid, signal.SIGSTOP)


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


async def test_a_frame_is_looked_at_in_another_process(pool: VerifierPool) -> None:
    observation = await pool.observe(scenes.frame("obama"))
    assert observation.hint is Hint.OK
    assert os.getpid() not in workers(pool)


async def test_a_photo_is_described(pool: VerifierPool) -> None:
    report = await pool.describe_photo(scenes.photo("biden"))
    assert report.hint is Hint.OK
    assert report.descriptor is not None


def test_one_pool_serves_several_event_loops(pool: VerifierPool) -> None:
    hints = [asyncio.run(pool.observe(scenes.frame())).hint for _ in range(2)]
    assert hints == [Hint.NO_FACE] * 2


def test_callers_without_a_loop_are_served_too(pool: VerifierPool) -> None:
    assert pool.observe_now(scenes.frame("biden")).hint is Hint.OK
    assert pool.describe_photo_now(scenes.photo("obama")).hint is Hint.OK


def test_workers_run_at_low_priority(pool: VerifierPool) -> None:
    pool.observe_now(scenes.frame())
    assert [niceness(pid) for pid in workers(pool)] == [min(19, niceness(0) + NICENESS)]


async def test_a_poison_frame_is_refused_and_harms_nobody(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    before = workers(pool)
    with pytest.raises(Unreadable) as caught:
        await pool.observe(scenes.frame("obama")[:5000])
    assert caught.value.fault is Fault.DAMAGED
    assert (await pool.observe(scenes.frame())).hint is Hint.NO_FACE
    assert workers(pool) == before


async def test_more_cameras_than_may_wait_are_sent_away(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    frame = scenes.frame()
    frames = (pool.observe(frame, key=f"camera-{index}") for index in range(40))
    answers = await asyncio.gather(*frames, return_exceptions=True)
    assert [type(answer) for answer in answers[-7:]] == [VerifierBusy] * 7
    assert not any(isinstance(answer, BaseException) for answer in answers[:10])
    assert (await pool.observe(scenes.frame())).hint is Hint.NO_FACE


async def test_a_flood_from_one_camera_costs_nobody_else_anything(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    frame = scenes.frame()
    flood = [asyncio.ensure_future(pool.observe(frame, key="flood")) for _ in range(200)]
    await asyncio.sleep(0)
    assert len(pool._line) <= 2
    others = await asyncio.gather(*(pool.observe(frame, key=f"other-{index}") for index in range(3)))
    assert [other.hint for other in others] == [Hint.NO_FACE] * 3
    answers = await asyncio.gather(*flood, return_exceptions=True)
    looked_at = [answer for answer in answers if not isinstance(answer, VerifierBusy)]
    assert len(looked_at) <= 3
    assert not isinstance(answers[-1], BaseException), "the newest frame wins"


async def test_a_worker_killed_at_work_fails_that_frame_alone(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    (pid,) = workers(pool)
    had_computed = computed(pid)
    with_it = asyncio.ensure_future(pool.observe(scenes.frame(), key="unlucky"))
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(pool.observe(scenes.frame(), key=f"other-{index}")) for index in range(3)]
    await asyncio.to_thread(kill_in_mid_picture, pid, had_computed)
    with pytest.raises(WorkerLost):
        await with_it
    assert [seen.hint for seen in await asyncio.gather(*waiting)] == [Hint.NO_FACE] * 3
    assert workers(pool) != [pid]


async def test_a_worker_killed_while_idle_costs_no_frame(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    (pid,) = workers(pool)
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: b"Z" in Path(f"/proc/{pid}/stat").read_bytes() or workers(pool) != [pid])
    assert (await pool.observe(scenes.frame())).hint is Hint.NO_FACE


async def test_a_worker_killed_before_it_has_read_a_picture_costs_no_frame(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    (pid,) = workers(pool)
    holding(pid)
    waiting = asyncio.ensure_future(pool.observe(scenes.frame(), key="unread"))
    await asyncio.to_thread(until, lambda: pool._line._at_work)
    await asyncio.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    assert (await waiting).hint is Hint.NO_FACE


async def test_a_frame_that_hangs_a_worker_is_given_up_and_not_tried_again() -> None:
    pool = VerifierPool(1, timeout=60, hangs_after=0.3)
    try:
        pool.warm()
        await asyncio.to_thread(until, lambda: workers(pool))
        (pid,) = workers(pool)
        holding(pid)
        with pytest.raises(WorkerLost, match="still at one picture"):
            await pool.observe(scenes.frame(), key="poison")
        await asyncio.to_thread(until, lambda: workers(pool) and workers(pool) != [pid])
        assert not len(pool._line)
        assert not os.path.exists(f"/proc/{pid}")
    finally:
        await asyncio.to_thread(pool.close)


async def test_an_answer_that_takes_too_long_is_a_failure(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    holding(workers(pool)[0])
    try:
        pool._timeout = 0.1
        with pytest.raises(VerifierFailed, match="no answer within"):
            await pool.observe(scenes.frame(), key="slow")
    finally:
        pool._timeout = 60
        os.kill(workers(pool)[0], signal.SIGCONT)
    assert (await pool.observe(scenes.frame(), key="slow")).hint is Hint.NO_FACE


def test_health_tells_whether_anybody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = VerifierPool(1)
    assert not pool.health().is_down, "nobody has been asked for yet"
    try:
        pool.warm()
        until(lambda: pool.health().workers == 1)
        monkeypatch.setattr(Health, "TOLERATED", 0.2)
        monkeypatch.setattr(pool, "_fill", lambda place: None)  # no worker can be started any more
        os.kill(workers(pool)[0], signal.SIGKILL)
        until(lambda: pool.health().is_down, within=10)
        monkeypatch.undo()
        until(lambda: pool.health().workers == 1)
        assert not pool.health().is_down
    finally:
        pool.close()


async def test_closing_fails_what_waits_and_ends_the_workers() -> None:
    pool = VerifierPool(1, timeout=60)
    pool.warm()
    await asyncio.to_thread(until, lambda: workers(pool))
    waiting = asyncio.ensure_future(pool.observe(scenes.frame()))
    await asyncio.sleep(0)
    pids = workers(pool)
    await asyncio.to_thread(pool.close)
    with pytest.raises(VerifierFailed):
        await waiting
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    with pytest.raises(VerifierFailed, match="closed"):
        await pool.observe(scenes.frame())


def test_workers_do_not_outlive_a_server_that_was_killed() -> None:
    server = (
        "import time; from proctoring.faces.pool import VerifierPool\n"
        "pool = VerifierPool(1); pool.warm()\n"
        "while not pool.workers(): time.sleep(0.05)\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", server]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.kill()
        process.communicate(timeout=20)  # the pipe ends when the last process that inherited it is gone


def test_the_process_has_one_verifier_until_it_is_shut_down() -> None:
    first = verifier.verifier()
    assert verifier.verifier() is first
    verifier.shutdown()
    assert verifier.verifier() is not first
    verifier.shutdown()
