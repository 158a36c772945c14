"""What playing one fault came to."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """One row of the table; `lost` counts acked answers that are gone, and whatever else must never happen."""

    fault: int
    where: str
    tries: int = 0
    lost: int = 0
    recovery_s: float | None = None  # the longest until the first ack after the fault
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # what was promised and did not hold

    @property
    def is_good(self) -> bool:
        return not self.lost and not self.failures

    def require(self, holds: bool, promise: str) -> None:
        """Note a promise that does not hold."""
        if not holds:
            self.failures.append(promise)
