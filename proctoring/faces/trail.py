"""Where to look in the next frame of a camera: where the face was, and now and then everywhere."""

from typing import Final

from proctoring.faces.observation import Box, Observation

WHOLE_EVERY: Final = 6  # frames of which one is searched whole, so that a second person is not missed for long


class Trail:
    """Remembers the face of one camera from frame to frame."""

    def __init__(self) -> None:
        self._face: Box | None = None
        self._frames = 0

    def near(self) -> Box | None:
        """Return where to look first in the frame that comes, or None where all of it is to be searched."""
        self._frames += 1
        return None if self._frames % WHOLE_EVERY == 0 else self._face

    def remember(self, observation: Observation) -> None:
        """Keep where the one face was; with company, or with nobody, the next frame is searched whole."""
        nearest = observation.largest
        self._face = nearest.box if nearest is not None and observation.persons == 1 else None
