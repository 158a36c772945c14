"""The pool of workers: it answers, refuses what is too much, and outlives what kills a worker."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from proctoring import verifier
from proctoring.faces.engine import Fault, Hint, Unreadable
from proctoring.faces.pool import NICENESS, VerifierBusy, VerifierFailed, VerifierPool
from proctoring.tests import scenes


@pytest.fixture(scope="module")
def pool() -> Iterator[VerifierPool]:
    pool = VerifierPool(1, timeout=60)
    yield pool
    pool.close()


def workers(pool: VerifierPool) -> list[int]:
    assert pool._executor is not None
    return list(pool._executor._processes)


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


async def test_more_frames_than_may_wait_are_sent_away(pool: VerifierPool) -> None:
    answers = await asyncio.gather(*(pool.observe(scenes.frame()) for _ in range(7)), return_exceptions=True)
    assert [type(answer) for answer in answers[4:]] == [VerifierBusy] * 3
    assert all(not isinstance(answer, BaseException) for answer in answers[:4])
    assert (await pool.observe(scenes.frame())).hint is Hint.NO_FACE


async def test_a_worker_killed_at_work_fails_its_frames_only(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    waiting = [asyncio.ensure_future(pool.observe(scenes.frame("obama"))) for _ in range(3)]
    await asyncio.sleep(0.02)
    os.kill(workers(pool)[0], signal.SIGKILL)
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert VerifierFailed in {type(answer) for answer in answers}
    assert (await pool.observe(scenes.frame("obama"))).hint is Hint.OK


async def test_a_worker_killed_while_idle_is_replaced(pool: VerifierPool) -> None:
    await pool.observe(scenes.frame())
    os.kill(workers(pool)[0], signal.SIGKILL)
    await asyncio.sleep(0.5)
    assert (await pool.observe(scenes.frame())).hint is Hint.NO_FACE


async def test_an_answer_that_takes_too_long_is_a_failure_and_frees_its_place() -> None:
    pool = VerifierPool(1, timeout=0.01, pending_per_process=1)
    try:
        with pytest.raises(VerifierFailed, match="no answer within"):
            await pool.observe(scenes.frame())
        await until_free(pool)
        with pytest.raises(VerifierFailed, match="no answer within"):
            await pool.observe(scenes.frame())
    finally:
        pool.close()


async def until_free(pool: VerifierPool) -> None:
    ends = time.monotonic() + 60
    while pool._pending and time.monotonic() < ends:
        await asyncio.sleep(0.02)


async def test_closing_fails_what_waits_and_ends_the_workers() -> None:
    pool = VerifierPool(1, timeout=60)
    pool.warm()
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
        "import time; from proctoring.faces.pool import VerifierPool; from proctoring.tests import scenes; "
        "pool = VerifierPool(1); pool.observe_now(scenes.frame()); print('ready', flush=True); time.sleep(60)"
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
