"""The verifier's load as this server process sees it: every socket adds its verdicts, and asks by it."""

import logging
import time
from typing import Final

from proctoring.domain.pace import Load

TELLS_EVERY: Final = 10.0  # seconds: an overload is hundreds of frames, and one line says as much

log = logging.getLogger(__name__)


class Pacing:
    """What the verdicts of all sockets of a process come to."""

    def __init__(self) -> None:
        self.load = Load()
        self._untold = 0
        self._told_at = -TELLS_EVERY

    def answered(self, waited: float) -> None:
        """Take a verdict into account, and how many seconds it took."""
        self.load = self.load.after(waited, time.monotonic())

    def missed(self, reason: Exception) -> None:
        """Take into account, and tell the log now and then, that a frame was not looked at."""
        now = time.monotonic()
        self.load = self.load.after(None, now)
        self._untold += 1
        if now - self._told_at >= TELLS_EVERY:
            log.warning("Frames that were not looked at: %d; the last one: %s", self._untold, reason)
            self._untold, self._told_at = 0, now


pacing: Final = Pacing()  # one for the process: its event loop is the only thread that touches it
