"""What processes use, read from /proc: memory and processor time, their children's too."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children: list[int] = []
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        children += [int(child) for child in each.read_text().split()]
    return [pid, *(one for child in children for one in family(child))]


def megabytes(pids: Iterable[int]) -> float:
    """Return the resident memory of processes together."""
    return sum(int(_read(pid, "statm").split()[1]) * PAGE for pid in pids) / 2**20


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have used so far."""
    fields = (_read(pid, "stat").rpartition(")")[2].split() for pid in pids)
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all does not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it has just ended
        return "0 0" if name == "statm" else "0 () " + "0 " * 20
