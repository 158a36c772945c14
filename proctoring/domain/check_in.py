"""Who stands before the camera at check-in: good frames over a few seconds in, one decision out.

One frame never decides. What is dark, empty, crowded or blurred is a hint for the candidate and is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from proctoring.domain import matching
from proctoring.domain.liveness import Challenge
from proctoring.domain.matching import Descriptor


class Outcome(StrEnum):
    """What an attempt has come to."""

    LOOKING = "looking"
    PASSED = "passed"
    FAILED = "failed"
    ADOPTED = "adopted"  # nothing to compare with: these frames become the reference
    UNSTEADY = "unsteady"  # the frames do not show one and the same face: start over, nobody is blamed
    NOT_LIVE = "not_live"  # the head did not turn as it was asked to
    GAVE_UP = "gave_up"  # no verdict in time: start over, nobody is blamed


@dataclass(frozen=True, slots=True)
class Rules:
    """How many frames, how fresh, how near.

    `threshold` is for the mean of several frames; `steady` bounds the spread of frames of one person.
    """

    threshold: float
    steady: float
    frames_needed: int = 5
    frames_least: int = 3
    least_span: timedelta = timedelta(seconds=1)
    waits_for_all: timedelta = timedelta(seconds=8)
    keeps_for: timedelta = timedelta(seconds=12)
    gives_up_after: timedelta = timedelta(seconds=40)


@dataclass(frozen=True, slots=True, eq=False)
class GoodFrame:
    """A frame that shows one face well; `picture` is kept as evidence if it comes to a decision."""

    at: datetime
    descriptor: Descriptor
    picture: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What has been collected since an attempt began."""

    began_at: datetime
    frames: tuple[GoodFrame, ...] = ()

    def with_frame(self, frame: GoodFrame, rules: Rules) -> "Attempt":
        """Add a frame and forget those that are no longer fresh."""
        fresh = tuple(known for known in self.frames if frame.at - known.at < rules.keeps_for)
        return replace(self, frames=(*fresh, frame))

    @property
    def span(self) -> timedelta:
        return self.frames[-1].at - self.frames[0].at if self.frames else timedelta(0)


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, and what it rests on."""

    outcome: Outcome
    frames: int = 0
    distance: float | None = None
    threshold: float | None = None


LOOKING = Decision(Outcome.LOOKING)


def decide(
    attempt: Attempt, references: Sequence[Descriptor], rules: Rules, now: datetime, challenge: Challenge | None = None
) -> Decision:
    """Say what the frames so far amount to; without references good and steady frames are adopted.

    With a challenge the head must have turned as asked before anything else is decided, and it must be one head.
    """
    if challenge is not None and (challenge.went_wrong or challenge.is_late(now)):
        return Decision(Outcome.NOT_LIVE, len(attempt.frames))
    is_turning = challenge is not None and not challenge.has_passed
    if is_turning or not _enough(attempt, rules, now):
        return Decision(Outcome.GAVE_UP) if _is_too_long(attempt, rules, now, challenge) else LOOKING
    descriptors = [frame.descriptor for frame in attempt.frames]
    if matching.spread([*descriptors, *([challenge.face] if challenge else [])]) > rules.steady:
        return Decision(Outcome.UNSTEADY, len(descriptors))
    if not references:
        return Decision(Outcome.ADOPTED, len(descriptors), None, rules.threshold)
    distance = matching.distance(matching.centre(descriptors), matching.centre(references))
    outcome = Outcome.PASSED if distance <= rules.threshold else Outcome.FAILED
    return Decision(outcome, len(descriptors), distance, rules.threshold)


def _is_too_long(attempt: Attempt, rules: Rules, now: datetime, challenge: Challenge | None) -> bool:
    """Tell whether an attempt has gone on for too long; a challenge has a clock of its own once it asks something."""
    began_at = challenge.asked_at if challenge is not None and challenge.asked_at is not None else attempt.began_at
    return now - began_at >= rules.gives_up_after


def typical(attempt: Attempt) -> GoodFrame:
    """Return the frame that is most like all the others: the fairest single picture of an attempt."""
    middle = matching.centre([frame.descriptor for frame in attempt.frames])
    return min(attempt.frames, key=lambda frame: matching.distance(frame.descriptor, middle))


def _enough(attempt: Attempt, rules: Rules, now: datetime) -> bool:
    """All frames that are wanted or, once that takes long, the least that can be decided on."""
    if attempt.span < rules.least_span:
        return False
    count = len(attempt.frames)
    waited = bool(attempt.frames) and now - attempt.frames[0].at >= rules.waits_for_all
    return count >= rules.frames_needed or (waited and count >= rules.frames_least)
