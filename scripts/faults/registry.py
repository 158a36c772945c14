"""Which faults there are, and which file plays each."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from scripts.faults.outcome import Outcome

POSTGRESQL, SQLITE = "postgresql", "sqlite"
BROWSER = "browser"


@dataclass(frozen=True)
class Fault:
    """One fault: where it is played, and by which function of `scripts.faults` (a browser's by pytest)."""

    number: int
    name: str
    grounds: tuple[str, ...]
    played_by: str = ""

    def player(self) -> Callable[[Any, bool], Outcome]:
        """Return the function that plays it: it takes the ground, and whether the short form is wanted."""
        module, _, function = self.played_by.partition(".")
        found: Callable[[Any, bool], Outcome] = getattr(import_module(f"scripts.faults.{module}"), function)
        return found


FAULTS = (
    Fault(1, "app killed while candidates save", (POSTGRESQL, SQLITE), "kills.at_random"),
    Fault(2, "app killed between commit and reply", (POSTGRESQL, SQLITE), "kills.before_the_reply"),
    Fault(3, "rolling restart of two app processes", (POSTGRESQL,), "kills.rolling_restart"),
    Fault(4, "requests and replies dropped, doubled, reordered", (POSTGRESQL,), "wires.bad_network"),
    Fault(5, "offline for minutes and past the deadline", (BROWSER,)),
    Fault(6, "slow 3G with the camera on", (BROWSER,)),
    Fault(7, "browser killed after an edit", (BROWSER,)),
    Fault(8, "reload after a failed save", (BROWSER,)),
    Fault(9, "second laptop in mid-exam", (BROWSER,)),
    Fault(10, "two tabs editing one question", (BROWSER,)),
    Fault(11, "session expired in mid-exam", (BROWSER,)),
    Fault(12, "PostgreSQL down", (POSTGRESQL,), "outages.postgresql_down"),
    Fault(13, "Redis down", (POSTGRESQL,), "outages.redis_down"),
    Fault(14, "all verifier workers dead or stopped", (POSTGRESQL,), "verifiers.away"),
    Fault(15, "disk full", (SQLITE,), "disk.full"),
    Fault(16, "everybody starts and reconnects together", (POSTGRESQL,), "crowds.together"),
    Fault(17, "gone at the deadline; hand-in, save and sweeper at once", (POSTGRESQL, SQLITE), "ends.at_the_deadline"),
    Fault(18, "client clock wrong, laptop asleep", (BROWSER,)),
)
BY_NUMBER = {fault.number: fault for fault in FAULTS}
