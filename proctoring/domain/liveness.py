"""Whether a head turns when it is asked to: what a photo that is held up to the camera cannot do.

The nose moves between the two sides of a face that turns: its asymmetry changes by 0.3 to 0.5 at 20 to 30 degrees, by
at most 0.05 for a flat photo at any tilt and by less than 0.2 for a bent one (docs/identity.md). It is measured from
the person's own baseline, since few faces are symmetrical and few cameras stand straight ahead. The order is drawn
anew each time. A still that software warps on its way to the browser passes all the same: this stops photos only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from statistics import median
from typing import Final

from proctoring.domain import matching
from proctoring.domain.matching import Descriptor


class Turn(StrEnum):
    """Where the candidate is asked to look, as they see it themselves."""

    LEFT = "left"
    RIGHT = "right"
    STRAIGHT = "straight"


TURNED_FACE: Final = 1.15  # times what tells another face from frame to frame: a turn makes a face less like itself
ORDERS: Final = tuple(order for order in product((Turn.LEFT, Turn.RIGHT), repeat=3) if len(set(order)) > 1)


@dataclass(frozen=True, slots=True)
class Rules:
    """How far, how often, how fast; asymmetry as `faces.engine.Observation` gives it: positive to the own left.

    `same_head` bounds how far a turned face may lie from the straight one: a turn of another head does not count.
    """

    turned: float = 0.25
    straight: float = 0.12
    looks_each: int = 2
    baseline_looks: int = 3
    each_within: timedelta = timedelta(seconds=20)
    same_head: float = 0.6


RULES: Final = Rules()


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One good frame: how the face is turned, and whose it is."""

    at: datetime
    asymmetry: float
    descriptor: Descriptor


@dataclass(frozen=True, slots=True, eq=False)
class Challenge:
    """What was asked, and how far the candidate has come. `order` is drawn by the caller from ORDERS."""

    order: tuple[Turn, ...]
    rules: Rules = field(default=RULES)
    straight: tuple[Look, ...] = ()  # the first looks: the baseline
    done: int = 0
    looks: int = 0
    wrong_looks: int = 0
    returning: bool = False
    asked_at: datetime | None = None

    @property
    def asks(self) -> Turn | None:
        """Return what the candidate is asked for now; None before there is a baseline and once all is done."""
        if self.has_passed or not self._has_baseline:
            return None
        return Turn.STRAIGHT if self.returning else self.order[self.done]

    @property
    def has_passed(self) -> bool:
        return self.done == len(self.order)

    @property
    def went_wrong(self) -> bool:
        """Tell whether the head turned the other way: somebody who plays a recording of turns does not follow."""
        return self.wrong_looks >= self.rules.looks_each

    @property
    def face(self) -> Descriptor:
        """Return the face of the baseline."""
        return matching.centre([look.descriptor for look in self.straight])

    def is_late(self, now: datetime) -> bool:
        """Tell whether a turn has been waited for too long."""
        return not self.has_passed and self.asked_at is not None and now - self.asked_at > self.rules.each_within

    def is_straight(self, asymmetry: float) -> bool:
        """Tell whether a face looks the way it did at first."""
        return not self._has_baseline or abs(asymmetry - self._baseline) <= self.rules.straight

    def with_look(self, look: Look) -> "Challenge":
        """Take a good frame into account."""
        if self.has_passed:
            return self
        if not self._has_baseline:
            grown = replace(self, straight=(*self.straight, look))
            return replace(grown, asked_at=look.at) if grown._has_baseline else grown
        if self.returning:
            return replace(self, returning=False, asked_at=look.at) if self.is_straight(look.asymmetry) else self
        turned = self._turned(look)
        if turned is not self.order[self.done]:
            return replace(self, looks=0, wrong_looks=self.wrong_looks + 1 if turned else 0)
        if self.looks + 1 < self.rules.looks_each:
            return replace(self, looks=self.looks + 1)
        return replace(self, done=self.done + 1, looks=0, wrong_looks=0, returning=True, asked_at=look.at)

    @property
    def _has_baseline(self) -> bool:
        return len(self.straight) >= self.rules.baseline_looks

    @property
    def _baseline(self) -> float:
        return median(look.asymmetry for look in self.straight)

    def _turned(self, look: Look) -> Turn | None:
        """Return where a look shows the same head turned to, None where it does not."""
        turned = look.asymmetry - self._baseline
        if abs(turned) < self.rules.turned or matching.distance(look.descriptor, self.face) > self.rules.same_head:
            return None
        return Turn.LEFT if turned > 0 else Turn.RIGHT


def challenge(choice: int, rules: Rules = RULES, orders: Sequence[tuple[Turn, ...]] = ORDERS) -> Challenge:
    """Return the challenge that a random number (any size) picks."""
    return Challenge(orders[choice % len(orders)], rules)
