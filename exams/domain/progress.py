"""Counts a paper: 总题数, 已答数, 疑问数, 未答数. A question can be answered and doubtful at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The four counters of a whole paper."""

    total: int
    answered: int
    doubtful: int

    @property
    def unanswered(self) -> int:
        return self.total - self.answered


def count(total: int, responses: Iterable[tuple[bool, bool]]) -> Progress:
    """Return the counters from `(has an answer, is doubtful)` pairs, one for each stored response."""
    pairs = list(responses)
    return Progress(
        total=total,
        answered=sum(answered for answered, _doubtful in pairs),
        doubtful=sum(doubtful for _answered, doubtful in pairs),
    )
