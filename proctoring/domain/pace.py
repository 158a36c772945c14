"""How much more seldom cameras are asked for a frame while the verifier cannot keep up.

Without this rule an overload is shared out by chance: frames grow too old while they wait, the work on them is lost,
and some cameras are not looked at at all. With it each camera is looked at a little more seldom, and in time.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

SLOW: Final = 2.0  # seconds for a verdict: a frame is dropped after five, so there is still room to act
WINDOW: Final = 2.0  # seconds that are judged together
TOO_MANY, FEW = 0.25, 0.05  # slow ones among the frames of a window: ask more seldom; ask more often again
UP, DOWN = 0.2, 0.04  # steps: to the limit in ten seconds, back in fifty, so that it does not swing


@dataclass(frozen=True, slots=True)
class Load:
    """What the verdicts of one server process tell; `share` is 0 while all is well, 1 at the limit of the rules.

    Times are seconds of any clock that never goes back.
    """

    share: float = 0.0
    began: float = 0.0
    verdicts: int = 0
    slow: int = 0

    def after(self, waited: float | None, now: float) -> "Load":
        """Take one frame into account: how long its verdict took, None where it was not looked at."""
        is_slow = waited is None or waited > SLOW
        load = replace(self, verdicts=self.verdicts + 1, slow=self.slow + is_slow)
        return load._judged(now) if now - load.began >= WINDOW else load

    def _judged(self, now: float) -> "Load":
        slow, share = self.slow / self.verdicts, self.share
        if slow > TOO_MANY:
            share = min(1.0, share + UP)
        elif slow < FEW:
            share = max(0.0, share - DOWN)
        return Load(share, now)

    def between(self, usual: timedelta, slowest: timedelta) -> timedelta:
        """Return an interval that is the usual one without load, and the slowest one at the limit."""
        return usual + (slowest - usual) * self.share
