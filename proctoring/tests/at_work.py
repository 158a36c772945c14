"""Processes that look at pictures, caught in the middle of one."""

import os
import signal
import time
from pathlib import Path

IS_LOOKING = 0.01  # seconds of computing: reading a picture from the pipe takes a hundredth of it
PATIENCE = 60.0


def kill_in_mid_picture(pid: int, had_computed: float) -> None:
    """Kill a process once it has begun with a picture that was sent when it had computed so many seconds.

    An empty room is the picture to send: it is searched longest.
    """
    ends = time.monotonic() + PATIENCE
    while computed(pid) < had_computed + IS_LOOKING:
        assert time.monotonic() < ends, "the picture was not begun"
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)


def computed(pid: int) -> float:
    """Return the seconds of processor time that the threads of a process have had."""
    return sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
