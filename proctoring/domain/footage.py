"""Whether a camera sends a live picture: covered, frozen and looping ones give themselves away over time.

A sensor never delivers the same picture twice: noise alone changes the bytes of the JPEG. So the same bytes again are
proof of a frozen picture, or of a recording where other pictures lay between. Small copies of the luma find
the same in a picture that was encoded anew; since a person who sits very still comes near to that, they need more.

What this does not find: a long recording, or one that is changed a little while it is played.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

NEAR = 1  # levels of luma that two cells of one and the same picture may differ by, after it was encoded anew
FLAT = 5.0  # standard deviation of the cells of a picture that shows nothing: a lens behind a finger or tape
KEEPS = 60  # looks; four minutes at the steady pace
EXACT_WEIGHT = 3  # a repetition to the byte weighs as much as three near ones
REPEATED = 9  # weight of repetitions among the looks that are kept, from which on it is called a loop
APART = timedelta(seconds=2)  # a picture that comes back sooner was on its way twice


class Picture(StrEnum):
    """What a look says about the camera itself."""

    MOVING = "moving"
    STILL = "still"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Print:
    """What is remembered of one look: `digest` of its bytes, and `cells`, a tiny grey copy (uint8, any one length)."""

    at: datetime
    digest: bytes
    cells: bytes
    has_face: bool


@dataclass(frozen=True, slots=True)
class Footage:
    """The last looks of one camera, oldest first; `weights` says of each how surely it had been seen before."""

    prints: tuple[Print, ...] = ()
    weights: tuple[int, ...] = ()
    still_since: Print | None = None

    def with_look(self, new: Print) -> "tuple[Footage, Picture]":
        """Add a look and say what it shows of the camera."""
        still = self._is_still(new)
        weight = 0 if still else self._weight(new)
        grown = replace(
            self,
            prints=(*self.prints, new)[-KEEPS:],
            weights=(*self.weights, weight)[-KEEPS:],
            still_since=(self.still_since or self.prints[-1]) if still else None,
        )
        if still:
            return grown, Picture.STILL
        return grown, Picture.REPEATED if sum(grown.weights) >= REPEATED else Picture.MOVING

    def _is_still(self, new: Print) -> bool:
        """Tell whether nothing at all has changed; without a face only the bytes can tell, since a wall is a wall."""
        if not self.prints:
            return False
        last = self.prints[-1]
        if last.digest == new.digest:
            return True
        return new.has_face and bool(_are_near(new, [last, self.still_since or last]).all())

    def _weight(self, new: Print) -> int:
        """Return how surely this picture was seen before, with others in between."""
        earlier = [known for known in self.prints[:-1] if new.at - known.at >= APART]
        if any(known.digest == new.digest for known in earlier):
            return EXACT_WEIGHT
        return int(new.has_face and bool(_are_near(new, earlier).any()))


def is_flat(cells: bytes) -> bool:
    """Tell whether a picture shows nothing at all, dark or bright."""
    return bool(cells) and float(np.frombuffer(cells, np.uint8).std()) < FLAT


def _are_near(new: Print, known: Sequence[Print]) -> NDArray[np.bool_]:
    """Tell of each known look (n,) whether it shows the same picture, encoded anew."""
    same_size = [look.cells for look in known if len(look.cells) == len(new.cells)]
    if not same_size or not new.cells:
        return np.zeros(1, np.bool_)  # nothing to compare: nothing is near
    cells = np.frombuffer(b"".join(same_size), np.uint8).reshape(len(same_size), -1).astype(np.int16)
    differences = np.abs(cells - np.frombuffer(new.cells, np.uint8)).max(axis=1)
    return np.asarray(differences <= NEAR)
