"""Workers on other machines, with a Redis of their own and real processes: what dies, what comes back, what is lost."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from redis import Redis

from examplatform.celery import app
from proctoring import verifier
from proctoring.faces.asking import Health
from proctoring.faces.engine import Fault, Hint, Near, Unreadable
from proctoring.faces.line import VerifierBusy, VerifierFailed, WorkerLost
from proctoring.models import Incident
from proctoring.remote import letters
from proctoring.remote.client import RemoteVerifier
from proctoring.remote.letters import Request
from proctoring.remote.mailbox import Mailbox
from proctoring.tests import scenes
from proctoring.tests.at_work import computed, kill_in_mid_picture
from proctoring.tests.factories import Page, passed_sitting
from scripts import machine, services

PATIENCE = 60  # seconds; two cores may be busy with other tests
FRAME = scenes.frame()


class Rig:
    """One Redis, one worker with one process, one server's end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = services.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.redis = Redis.from_url(self.url)
        self.log = (folder / "worker.log").open("wb")
        self.start_redis()
        self.start_worker()
        app.conf.broker_url = self.url
        app.amqp._producer_pool = None  # which keeps connections to the Redis of an earlier rig
        self.verifier = RemoteVerifier(self.url)
        self.verifier.warm()

    def start_redis(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL, cwd=self.folder)
        until(self.answers_ping)

    def answers_ping(self) -> bool:
        with suppress(OSError, Exception):
            return bool(self.redis.ping())
        return False

    def stop_redis(self) -> None:
        self.server.kill()
        self.server.wait()

    def start_worker(self) -> None:
        self.worker = subprocess.Popen(
            [sys.executable, "manage.py", "verifier_worker", "--processes", "1"],
            cwd=settings.BASE_DIR,
            env=os.environ | secrets() | {"REDIS_URL": self.url, "DATA_DIR": str(self.folder)},
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def ready(self) -> bool:
        return self.verifier.health().workers == 1 and bool(self.looking)

    @property
    def looking(self) -> list[int]:
        """Return the processes that look at pictures: the worker's children, without multiprocessing's own helper."""
        children = Path(f"/proc/{self.worker.pid}/task").glob("*/children")
        pids = [int(pid) for each in children for pid in each.read_text().split()]
        return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def end(self) -> None:
        self.verifier.close()
        self.redis.close()
        for process in (self.worker, self.server):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self.log.close()


def secrets() -> dict[str, str]:
    """Return the keys of these tests as another machine would be given them."""
    data = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in settings.DATA_KEYS.items())
    look_up = base64.b64encode(settings.LOOKUP_KEY).decode()
    return {"SECRET_KEY": settings.SECRET_KEY, "DATA_KEYS": data, "LOOKUP_KEY": look_up}


def request(number: str, key: str, *, embedder: str = "dlib") -> Request:
    return Request(number, key, "verifier:replies:x", "observe", None, FRAME, embedder)


def until(happens: Callable[[], object], within: float = PATIENCE) -> None:
    ends = time.monotonic() + within
    while not happens():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def running_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    if not machine.find_server("redis-server"):
        pytest.skip(services.HOW_TO_GET_THEM)
    before = app.conf.broker_url
    rig = Rig(tmp_path_factory.mktemp("rig"))
    yield rig
    rig.end()
    app.conf.broker_url = before


@pytest.fixture
def rig(running_rig: Rig) -> Rig:
    until(running_rig.ready)
    return running_rig


async def test_a_frame_is_looked_at_in_a_process_of_another_machine(rig: Rig) -> None:
    observation = await rig.verifier.observe(scenes.frame("obama"), key="sitting-1")
    assert observation.hint is Hint.OK
    assert observation.descriptor is not None
    near = Near(observation.faces[0].box, observation.searched)
    assert (await rig.verifier.observe(scenes.frame("obama"), near=near, key="sitting-1")).hint is Hint.OK
    assert (await asyncio.to_thread(rig.verifier.describe_photo_now, scenes.photo("biden"))).hint is Hint.OK


def test_workers_run_at_low_priority(rig: Rig) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert all(os.getpriority(os.PRIO_PROCESS, pid) > mine for pid in (rig.worker.pid, *rig.looking))


async def test_a_damaged_frame_is_said_to_be_that(rig: Rig) -> None:
    with pytest.raises(Unreadable) as caught:
        await rig.verifier.observe(scenes.frame("obama")[:5000], key="sitting-1")
    assert caught.value.fault is Fault.DAMAGED


async def test_nothing_is_left_in_redis_but_who_is_at_work(rig: Rig) -> None:
    await asyncio.gather(*(rig.verifier.observe(FRAME, key=f"sitting-{index}") for index in range(3)))
    left = {key for key in rig.redis.scan_iter() if not key.startswith(b"_kombu")}
    assert left == {b"verifier:beats", b"verifier:processes"}


async def test_a_process_killed_in_mid_frame_fails_that_frame_alone(rig: Rig) -> None:
    await rig.verifier.observe(FRAME, key="sitting-1")
    (pid,) = rig.looking
    had_computed = computed(pid)
    unlucky = asyncio.ensure_future(rig.verifier.observe(FRAME, key="unlucky"))
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(rig.verifier.observe(FRAME, key=f"other-{index}")) for index in range(3)]
    await asyncio.to_thread(kill_in_mid_picture, pid, had_computed)
    with pytest.raises(WorkerLost):
        await unlucky
    assert [other.hint for other in await asyncio.gather(*others)] == [Hint.NO_FACE] * 3
    assert rig.looking != [pid]


async def test_a_camera_whose_frames_end_workers_again_and_again_is_slowed(rig: Rig) -> None:
    for _ in range(2):
        await rig.verifier.observe(FRAME, key="somebody else")  # the process that replaces the last one is ready
        (pid,) = rig.looking
        had_computed = computed(pid)
        poison = asyncio.ensure_future(rig.verifier.observe(FRAME, key="poison"))
        await asyncio.to_thread(kill_in_mid_picture, pid, had_computed)
        with pytest.raises(WorkerLost):
            await poison
    with pytest.raises(VerifierFailed, match="ended workers"):
        await rig.verifier.observe(FRAME, key="poison")
    assert (await rig.verifier.observe(FRAME, key="somebody else")).hint is Hint.NO_FACE


async def test_a_flood_from_one_camera_costs_nobody_else_anything(rig: Rig) -> None:
    flood = [asyncio.ensure_future(rig.verifier.observe(FRAME, key="flood")) for _ in range(500)]
    await asyncio.sleep(0)
    others = await asyncio.gather(*(rig.verifier.observe(FRAME, key=f"other-{index}") for index in range(3)))
    assert [other.hint for other in others] == [Hint.NO_FACE] * 3
    assert len(rig.verifier._sent) <= 1
    assert rig.redis.llen("verifier") <= 1
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(not isinstance(answer, VerifierBusy) for answer in answers) <= 5
    assert not isinstance(answers[-1], BaseException), "the newest frame wins"


async def test_what_waited_through_an_outage_of_the_workers_is_not_judged_later(rig: Rig) -> None:
    os.killpg(rig.worker.pid, signal.SIGSTOP)
    stale = asyncio.ensure_future(rig.verifier.observe(FRAME, key="stale"))
    with pytest.raises(VerifierFailed):
        await stale
    assert not rig.redis.exists("verifier:frame:stale"), "the picture is gone"
    os.killpg(rig.worker.pid, signal.SIGCONT)
    await asyncio.to_thread(until, rig.ready)
    await asyncio.to_thread(until, lambda: rig.redis.llen("verifier") == 0)
    assert (await rig.verifier.observe(FRAME, key="stale")).hint is Hint.NO_FACE
    assert not rig.redis.keys("verifier:replies:*")


async def test_a_reply_that_comes_too_late_finds_nobody(rig: Rig) -> None:
    letter = letters.sealed_reply("long ago", VerifierFailed("late"))
    rig.redis.rpush(rig.verifier._reply_to, letter, b"not a letter")
    await asyncio.to_thread(until, lambda: not rig.redis.exists(rig.verifier._reply_to))
    assert (await rig.verifier.observe(FRAME, key="sitting-1")).hint is Hint.NO_FACE


async def test_a_letter_that_is_not_from_us_harms_no_worker(rig: Rig) -> None:
    rig.redis.set("verifier:frame:forged", b"\x011garbage" * 40, ex=5)
    app.send_task("proctoring.look", args=("forged",), queue="verifier")
    assert (await rig.verifier.observe(FRAME, key="sitting-1")).hint is Hint.NO_FACE


async def test_a_worker_with_another_face_model_does_not_look(rig: Rig) -> None:
    rig.redis.set("verifier:frame:one", letters.sealed_request(request("n1", "one", embedder="another")), ex=5)
    app.send_task("proctoring.look", args=("one",), queue="verifier")
    await asyncio.to_thread(until, lambda: rig.redis.exists("verifier:replies:x"))
    letter = rig.redis.lpop("verifier:replies:x")
    _, outcome = letters.opened_reply(letter)  # type: ignore[arg-type]
    assert isinstance(outcome, VerifierFailed)
    assert "another" in str(outcome)


async def test_the_newest_frame_wins_between_two_servers(rig: Rig) -> None:
    os.killpg(rig.worker.pid, signal.SIGSTOP)
    older = letters.sealed_request(request("older", "one"))
    rig.redis.set("verifier:frame:one", older, ex=5)
    newer = asyncio.ensure_future(rig.verifier.observe(scenes.frame("biden"), key="one"))
    await asyncio.to_thread(until, lambda: rig.redis.get("verifier:frame:one") != older)
    os.killpg(rig.worker.pid, signal.SIGCONT)
    assert (await newer).hint is Hint.OK
    assert not rig.redis.exists("verifier:replies:x")


async def test_redis_going_away_fails_at_once_and_is_forgotten_once_it_is_back(rig: Rig) -> None:
    on_its_way = asyncio.ensure_future(rig.verifier.observe(FRAME, key="sitting-1"))
    await asyncio.sleep(0)
    rig.stop_redis()
    await asyncio.gather(on_its_way, return_exceptions=True)
    await asyncio.to_thread(until, lambda: rig.verifier.health().workers == 0, 10)
    began = time.monotonic()
    with pytest.raises(VerifierFailed):
        await rig.verifier.observe(FRAME, key="sitting-1")
    assert time.monotonic() - began < 3, "nobody waits for a Redis that is away"
    rig.start_redis()
    await asyncio.to_thread(until, rig.ready)
    assert (await rig.verifier.observe(FRAME, key="sitting-1")).hint is Hint.NO_FACE


async def test_a_worker_that_is_gone_is_known_within_ten_seconds_and_another_takes_over(rig: Rig) -> None:
    os.killpg(rig.worker.pid, signal.SIGKILL)
    rig.worker.wait()
    began = time.monotonic()
    await asyncio.to_thread(until, lambda: rig.verifier.health().is_down, 20)
    assert time.monotonic() - began < 10
    rig.start_worker()
    await asyncio.to_thread(until, rig.ready)
    assert not rig.verifier.health().is_down
    assert (await rig.verifier.observe(FRAME, key="sitting-1")).hint is Hint.NO_FACE


def test_a_verifier_that_nobody_has_used_is_not_down() -> None:
    assert not Health(0).is_down


def test_workers_leave_when_they_are_told_to(rig: Rig) -> None:
    looking = rig.looking
    rig.worker.terminate()
    rig.worker.wait(30)
    assert Mailbox(rig.url).at_work() == 0
    assert not [pid for pid in looking if os.path.exists(f"/proc/{pid}")]
    rig.start_worker()


@pytest.mark.django_db(transaction=True)
async def test_a_gap_is_on_record_and_closed_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "verifier", lambda: rig.verifier)
    monkeypatch.setattr("proctoring.consumers.exam.VERIFIER_GAP", timedelta(0))
    page = await Page.of(await sync_to_async(passed_sitting)(), "exam")
    assert (await page.show("obama2"))["verdict"] == "person"
    os.killpg(rig.worker.pid, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: rig.verifier.health().workers == 0)
    assert (await page.show("biden"))["verdict"] == "failed"
    incident = await sync_to_async(Incident.objects.get)()
    assert (incident.kind, incident.severity, incident.ended_at) == ("verifier_down", "info", None)
    rig.worker.wait()
    rig.start_worker()
    await asyncio.to_thread(until, rig.ready)
    assert (await page.show("obama2"))["verdict"] == "person"
    assert (await sync_to_async(Incident.objects.get)()).ended_at is not None
    await page.leave()
