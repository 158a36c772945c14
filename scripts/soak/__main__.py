"""`make soak CAMERAS=200 MINUTES=10`: simulated cameras through the real path, in servers and a database of its own.

Everything is started for the run and gone afterwards. Prints a table, or with --json one object.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from scripts import production, services
from scripts.production import ROOT, Stack
from scripts.rehearsal import pictures, processes
from scripts.soak.candidate import Candidate, Tally

ARRIVE_AT_ONCE = 12  # candidates who are on their way to the paper at the same time
COME_WITHIN = 20.0  # seconds in which all come to the paper, as the spread of an entry has it
SAMPLES_EVERY = 5.0  # seconds
PAIRS = 3  # of windows with idle and with busy workers
SAVES = 400  # answers in each window
SAVES_A_SECOND = 40.0


@dataclass
class Memory:
    """Resident megabytes over time, of each kind of process."""

    samples: dict[str, list[float]] = field(default_factory=dict)

    def take(self, stack: Stack) -> None:
        for kind in ("server", "worker"):
            pids = [one for pid in stack.pids(kind) for one in processes.family(pid)]
            self.samples.setdefault(kind, []).append(processes.megabytes(pids))

    def summary(self) -> dict[str, dict[str, float]]:
        """Compare what was used after a fifth of the time, when everything is warm, with the end."""
        return {
            kind: {"warm_mb": _mean_around(taken, 0.2), "end_mb": _mean_around(taken, 1.0), "most_mb": max(taken)}
            for kind, taken in self.samples.items()
        }


def _mean_around(taken: list[float], share: float) -> float:
    end = max(1, round(len(taken) * share))
    return statistics.mean(taken[max(0, end - 3) : end])


async def soak(stack: Stack, people: list[Candidate], tally: Tally, minutes: float) -> dict[str, Any]:
    """Let everybody arrive and sit; return what was measured while all were there."""
    here = await _arrive(people, tally)
    ends, memory = asyncio.Event(), Memory()
    sitting = [
        asyncio.create_task(person.sit(ends, after=COME_WITHIN * place / len(here)))
        for place, person in enumerate(here)
    ]
    await asyncio.sleep(COME_WITHIN + 10)
    tally.counts = True
    began, cpu = time.monotonic(), _cpu(stack)
    with tqdm(total=round(minutes * 60), unit="s", desc=f"{len(here)} cameras", disable=None) as bar:
        while (passed := time.monotonic() - began) < minutes * 60:
            memory.take(stack)
            bar.update(round(passed) - bar.n)
            bar.set_postfix(verdicts=tally.verdicts, dropped=tally.dropped)
            await asyncio.sleep(min(SAMPLES_EVERY, minutes * 60 - passed))
    lasted, used = time.monotonic() - began, {kind: after - cpu[kind] for kind, after in _cpu(stack).items()}
    tally.counts = False
    ends.set()
    await asyncio.gather(*sitting, return_exceptions=True)
    return {
        "cameras": len(here),
        "seconds": lasted,
        "verdicts": tally.verdicts,
        "verdicts_per_second": tally.verdicts / lasted,
        "latency_p50_ms": 1000 * processes.percentile(tally.latencies, 0.5),
        "latency_p95_ms": 1000 * processes.percentile(tally.latencies, 0.95),
        "dropped": tally.dropped,
        "lost_sockets": tally.lost_sockets,
        "kinds": tally.kinds,
        "saved": tally.record.saved,
        "save_p50_ms": 1000 * processes.percentile(tally.record.latencies["save"], 0.5),
        "save_p95_ms": 1000 * processes.percentile(tally.record.latencies["save"], 0.95),
        "failures": len(tally.failures),
        "failure": tally.failures[0] if tally.failures else "",
        "cores_used": {kind: seconds / lasted for kind, seconds in used.items()},
        "memory": memory.summary(),
    }


async def _arrive(people: list[Candidate], tally: Tally) -> list[Candidate]:
    gate, here = asyncio.Semaphore(ARRIVE_AT_ONCE), []

    async def one(person: Candidate) -> None:
        async with gate:
            try:
                await person.arrive()
                here.append(person)
            except Exception as error:
                tally.failures.append(f"arrival: {error!r}")
            bar.update()

    with tqdm(total=len(people), desc="check-in", disable=None) as bar:
        await asyncio.gather(*(one(person) for person in people))
    return here


def _cpu(stack: Stack) -> dict[str, float]:
    return {
        kind: processes.cpu_seconds(one for pid in stack.pids(kind) for one in processes.family(pid))
        for kind in ("server", "worker")
    }


# --- what an answer costs --------------------------------------------------------------------------------------------


async def cost_of_answers(stack: Stack, people: list[Candidate], frames: list[bytes]) -> dict[str, Any]:
    """Return the servers' processor time for an answer, with idle and with busy workers, by turns.

    No camera speaks to the servers meanwhile: the workers get their frames from this process, so that what the servers
    use is used for answers.
    """
    costs: dict[str, list[float]] = {"idle": [], "busy": []}
    waits: dict[str, list[float]] = {"idle": [], "busy": []}
    for _ in range(PAIRS):
        for name, known in costs.items():
            busy = asyncio.create_task(_keep_busy(frames)) if name == "busy" else None
            await asyncio.sleep(3)
            cost, took = await _window(stack, people)
            known.append(cost)
            waits[name] += took
            if busy is not None:
                busy.cancel()
                await asyncio.gather(busy, return_exceptions=True)
                await asyncio.sleep(3)
    return {
        name: {
            "cpu_ms": statistics.median(costs[name]),
            "cpu_ms_each": costs[name],
            "p50_ms": 1000 * processes.percentile(waits[name], 0.5),
            "p95_ms": 1000 * processes.percentile(waits[name], 0.95),
        }
        for name in costs
    }


async def _window(stack: Stack, people: list[Candidate]) -> tuple[float, list[float]]:
    """Return milliseconds of processor time for each answer, and how long each was waited for."""
    before, took = _cpu(stack)["server"], []
    began = time.monotonic()
    for first in range(0, SAVES, len(people)):
        round_of = people[: SAVES - first]
        done = len(people[0].tally.record.latencies["save"])
        await asyncio.gather(*(person.save() for person in round_of))
        took += people[0].tally.record.latencies["save"][done:]
        await asyncio.sleep(max(0.0, began + (first + len(round_of)) / SAVES_A_SECOND - time.monotonic()))
    return 1000 * (_cpu(stack)["server"] - before) / SAVES, took


async def _keep_busy(frames: list[bytes]) -> None:
    from proctoring.verifier import VerifierBusy, VerifierFailed, verifier

    async def camera(number: int) -> None:
        while True:
            try:
                await verifier().observe(frames[number % len(frames)], key=f"soak-{number}")
            except (VerifierBusy, VerifierFailed):
                await asyncio.sleep(0.5)

    await asyncio.gather(*(camera(number) for number in range(4 * (os.cpu_count() or 1))))


# --- the run ---------------------------------------------------------------------------------------------------------


async def measure(stack: Stack, options: argparse.Namespace) -> dict[str, Any]:
    from scripts.soak import exam

    tally, frames = Tally(), pictures.frames()
    tickets = await asyncio.to_thread(exam.prepare, options.cameras, options.minutes)
    origin = stack.environment["PUBLIC_ORIGIN"]
    people = [Candidate(number, ticket, frames, origin, tally) for number, ticket in enumerate(tickets)]
    await _workers(options.workers)
    found = await soak(stack, people, tally, options.minutes)
    writers = [person for person in people if person.epoch][:20]
    found["answers"] = await cost_of_answers(stack, writers, frames) if writers else {}
    return found


async def _workers(count: int) -> None:
    """Wait until the workers are warm."""
    from proctoring.verifier import verifier

    verifier().warm()
    patience = time.monotonic() + 90
    while verifier().health().workers < count and time.monotonic() < patience:
        await asyncio.sleep(0.2)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Start everything, measure, and end everything."""
    with tempfile.TemporaryDirectory(prefix="examplatform-soak-") as folder:
        port = services.free_port()
        own = {"DATA_DIR": folder, "HOST": "127.0.0.1", "PORT": str(port), "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}"}
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)  # never what holds somebody's data
        with production.environment(**own, LOG_LEVEL="WARNING") as chosen:
            os.environ.update(chosen | {"DJANGO_SETTINGS_MODULE": "examplatform.settings"})
            for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
                subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
            import django

            django.setup()
            from proctoring import verifier

            sizes = {"servers": options.servers, "workers": options.workers, "processes": 1}
            with production.running(chosen, **sizes) as stack:
                try:
                    return asyncio.run(measure(stack, options))
                finally:
                    verifier.shutdown()
                    django.db.connections.close_all()


def table(found: dict[str, Any]) -> str:
    """Return the result for people."""
    memory, cores, answers = found["memory"], found["cores_used"], found["answers"]
    rows = [
        ("cameras, seconds", f"{found['cameras']}, {found['seconds']:.0f}"),
        ("verdicts a second", f"{found['verdicts_per_second']:.1f}"),
        ("verdict latency p50 / p95", f"{found['latency_p50_ms']:.0f} / {found['latency_p95_ms']:.0f} ms"),
        ("dropped frames", f"{found['dropped']} of {found['dropped'] + found['verdicts']}"),
        ("sockets lost, other failures", f"{found['lost_sockets']}, {found['failures']} {found['failure']}"),
        ("answers saved, p50 / p95", f"{found['saved']}, {found['save_p50_ms']:.0f} / {found['save_p95_ms']:.0f} ms"),
        ("verdicts by kind", ", ".join(f"{kind} {count}" for kind, count in sorted(found["kinds"].items()))),
    ]
    for kind in ("server", "worker"):
        used = memory[kind]
        sizes = f"{used['warm_mb']:.0f} → {used['end_mb']:.0f} MB (most {used['most_mb']:.0f})"
        rows.append((f"memory of the {kind}s, cores", f"{sizes}, {cores[kind]:.2f}"))
    for name, cost in answers.items():
        each = " ".join(f"{one:.2f}" for one in cost["cpu_ms_each"])
        text = f"{cost['cpu_ms']:.2f} ms of CPU ({each}), p50 {cost['p50_ms']:.0f}, p95 {cost['p95_ms']:.0f} ms"
        rows.append((f"an answer, workers {name}", text))
    return "\n".join(f"{name:<30} {value}" for name, value in rows)


def main() -> int:
    """Read the options, run, report."""
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cameras", type=production.at_least_one, default=200)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--servers", type=production.at_least_one, default=2)
    parser.add_argument("--workers", type=production.at_least_one, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    try:
        found = run(options)
    except services.Unreachable as reason:
        print(f"{reason} {services.HOW_TO_GET_THEM}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(found, ensure_ascii=False) if options.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
