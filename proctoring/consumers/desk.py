"""What check-in and exam have in common: each takes looks at the camera and answers with messages."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from proctoring import wording
from proctoring.consumers.pacing import pacing
from proctoring.domain.protocol import Camera, Reply, Verdict
from proctoring.faces.engine import Hint, Near, Observation
from proctoring.faces.trail import Trail
from proctoring.queries import CameraFacts

RETRY = timedelta(seconds=3)
SLOWEST_RETRY = timedelta(seconds=6)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture and what the verifier saw on it."""

    at: datetime
    picture: bytes
    observation: Observation


class Desk(abc.ABC):
    """Remembers from look to look, for one socket; writes on decisions only."""

    def __init__(self, facts: CameraFacts, now: datetime) -> None:
        self.facts = facts
        self.trail = Trail()

    def near(self) -> Near | None:
        """Return where to look first in the frame that comes, None for everywhere."""
        return self.trail.near()

    @abc.abstractmethod
    def wants_frames(self) -> bool:
        """Tell whether a frame that comes now is to be looked at."""

    @abc.abstractmethod
    async def look(self, frame: Frame) -> Sequence[Reply]:
        """Take a frame into account."""

    @abc.abstractmethod
    async def refresh(self, facts: CameraFacts, now: datetime) -> Sequence[Reply]:
        """Take new facts of the sitting into account."""

    async def greet(self, now: datetime) -> Sequence[Reply]:
        """Return what the page is told first."""
        return ()

    async def camera(self, told: Camera, now: datetime) -> Sequence[Reply]:
        """Take into account that the camera went away or came back."""
        return ()

    async def beat(self, now: datetime) -> Sequence[Reply]:
        """Do what time asks for; called every few seconds."""
        return ()

    async def missed(self, now: datetime) -> Sequence[Reply]:
        """Answer for a frame that the verifier could not look at: nothing may be concluded from it."""
        return (Verdict("failed", str(wording.VERIFIER_DOWN), milliseconds(pacing.load.between(RETRY, SLOWEST_RETRY))),)

    async def leave(self, now: datetime) -> None:  # noqa: B027 -- nothing, unless a desk has gathered something
        """Write down what has been gathered; the socket is gone."""


def milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def hint_of(observation: Observation) -> str:
    """Return what a candidate should change about the picture."""
    return str(wording.HINTS[observation.hint])


def is_good(observation: Observation) -> bool:
    return observation.hint is Hint.OK and observation.descriptor is not None
