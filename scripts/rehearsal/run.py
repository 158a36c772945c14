"""A rehearsal from the first row to the last trace: prepare, play, compare, remove."""

import asyncio
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.db import connections
from django.utils import timezone

from exams.models import Exam
from scripts.rehearsal import exam as exams
from scripts.rehearsal import limits, pictures, stack
from scripts.rehearsal.candidate import Candidate, Record, Ticket, lost
from scripts.rehearsal.play import CORES, Play, Progress
from scripts.rehearsal.processes import Meter, percentile

OPENS_AFTER = 3.0  # seconds after the last one has come to the waiting page
FIRST = 6  # candidates who warm the servers up
NICE = 10  # the players step back behind the servers they measure
ACK_P95 = 1.0  # seconds; slower than that is not carried
LAST_PAPER = 10.0  # seconds after the end of the entry
MOST_BUSY = 0.8  # share of the machine


class Disturbs(Exception):
    """Somebody sits an exam now, or soon."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class AlreadyRunning(Exception):
    """Another rehearsal is under way here."""


@dataclass(frozen=True)
class Options:
    """What is to be played."""

    candidates: int
    drop_rate: float
    face_rule: str
    enter_within: float
    url: str
    servers: int
    workers: int
    disturb: bool
    seconds: float


def rehearse(options: Options, progress: Progress) -> dict[str, Any]:
    """Play a whole exam and return what came of it; nothing of it is left behind."""
    with _alone():
        if not options.disturb and (names := exams.busy_with(timezone.now())):
            raise Disturbs(names)
        if not options.url:
            stack.collect_static()
        exams.remove_all()
        try:
            return _play(options, progress)
        finally:
            exams.remove_all()
            connections.close_all()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the place of the one rehearsal that this machine can have of a database: it removes all others."""
    with (Path(settings.DATA_DIR) / "rehearsal.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning from None
        yield


def _play(options: Options, progress: Progress) -> dict[str, Any]:
    database_url, redis_url = settings.DATABASE_URL, settings.REDIS_URL
    machine = asyncio.run(limits.measure(database_url)) if not options.url else {}
    progress("prepare", 0, options.candidates)
    exam, tickets = exams.prepare(options.candidates + FIRST, options.face_rule, timezone.now())
    frames = pictures.frames() if exam.uses_camera else []
    with ExitStack() as running:
        origin, meter = options.url, None
        if not origin:
            origin, processes = running.enter_context(stack.servers(servers=options.servers, workers=options.workers))
            meter = Meter(lambda: processes.pids("server"), database_url, redis_url)
        os.nice(NICE)
        record = Record()
        first, people = _people(tickets, origin, record, frames)
        play = Play(people, first, record, meter, progress, options.seconds)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            unseen = runner.run(_day(play, exam, options))
        found = _found(play, exam, unseen)
    return found | {"limits": machine, **_about(options, meter)}


def _people(
    tickets: Sequence[Ticket], origin: str, record: Record, frames: list[bytes]
) -> tuple[list[Candidate], list[Candidate]]:
    """Return the few who go first, of whom nothing is recorded, and everybody else."""
    uncounted = Record()
    first = [Candidate(number, one, origin, uncounted, frames) for number, one in enumerate(tickets[:FIRST])]
    rest = [Candidate(number, one, origin, record, frames) for number, one in enumerate(tickets[FIRST:], start=FIRST)]
    return first, rest


async def _day(play: Play, exam: Exam, options: Options) -> int:
    """Play the day; return how many acked answers the reloaded papers did not show."""
    await play.arrive(camera=exam.uses_camera)
    opens_at = timezone.now() + timedelta(seconds=OPENS_AFTER)
    await asyncio.to_thread(exams.open_at, exam, opens_at)
    await play.enter((opens_at - timezone.now()).total_seconds() + 0.05, options.enter_within)
    await play.answer_as_in_an_exam(options.drop_rate)
    await play.save_at_a_pace()
    await play.saturate()
    unseen = await play.reload()
    await play.hand_in()
    for one in (*play.first, *play.people):
        one.browser.hang_up()
    return unseen


def _found(play: Play, exam: Exam, unseen: int) -> dict[str, Any]:
    record, measured = play.record, play.measured
    held = exams.stored(exam)
    broken = exams.broken_logs(exam)
    missing = sum(lost(one.acked, held.get(one.ticket.id_number, {}), one.sent) for one in play.people)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    cpu = {name: measured.cpu_ms.get(name) for name in ("sign_in", "enter", "save", "hand_in")}
    best = [one for one in measured.saturation if one["p95_ms"] <= 200]
    return {
        "candidates": len(play.people),
        "lost": missing + unseen + broken,
        "lost_in_database": missing,
        "lost_on_reloaded_pages": unseen,
        "sittings_that_do_not_verify": broken,
        "errors": len(record.errors),
        "error_texts": sorted(set(record.errors))[:10],
        "cpu_ms": cpu,
        "cpu_ms_more": {name: value for name, value in measured.cpu_ms.items() if name not in cpu},
        "cpu_ms_parts": measured.cpu_parts_ms,
        "latency_ms": {
            name: {key: 1000 * percentile(taken, share) for key, share in shares.items()}
            for name, taken in sorted(record.latencies.items())
        },
        "bytes_per_save": _mean(record.bytes_sent),
        "bytes_of_a_save": {
            "body_sent": _mean(record.body_bytes),
            "sent": _mean(record.bytes_sent),
            "received": _mean(record.bytes_received),
        },
        "spikes": measured.spikes,
        "saturation": {
            "steps": measured.saturation,
            "saves_per_second": max((one["saves_per_second"] for one in best), default=0.0),
            "p95_at_most_ms": 200,
        },
        "servers_busy_while_answering": measured.busy,
        "answers": {
            "saved": record.saved,
            "cut_connections": record.dropped,
            "sent_again": record.retried,
            "told_to_wait": record.pushed_back,
        },
        "counts": measured.counts,
        "sittings": exams.states(exam),
    }


def _about(options: Options, meter: Meter | None) -> dict[str, Any]:
    return {
        "options": asdict(options),
        "database": exams.database_kind(),
        "cpu_is_whole": meter is not None and meter.is_whole,
        "cores": CORES,
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def faults_of(found: dict[str, Any], options: Options) -> list[str]:
    """Return the codes of what speaks against this machine carrying so many; none where it does."""
    spikes, latencies = found["spikes"], found["latency_ms"]
    checks = {
        "lost": found["lost"] > 0,
        "errors": found["errors"] > 0,
        "not_handed_in": found["sittings"].get("submitted", 0) < found["candidates"],
        "slow_entry": spikes.get("last_paper_s", 0.0) > options.enter_within + LAST_PAPER,
        "slow_saves": latencies.get("save", {}).get("p95", 0.0) > 1000 * ACK_P95,
        "too_busy": (found["servers_busy_while_answering"] or 0.0) > MOST_BUSY,
    }
    return [name for name, is_so in checks.items() if is_so]
