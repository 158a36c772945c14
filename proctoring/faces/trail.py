"""Where to look in the next frame of a camera: where the face was, and now and then around it, or everywhere."""

from typing import Final

from proctoring.faces.observation import Box, Near, Observation

AROUND_EVERY: Final = 6  # frames of which one is searched beside the face, too: so soon is a second person seen
WHOLE_EVERY: Final = 5 * AROUND_EVERY  # and everything anew, whether it has changed or not


class Trail:
    """Remembers the face of one camera from frame to frame, and how its surroundings were when last searched."""

    def __init__(self) -> None:
        self._face: Box | None = None
        self._searched = b""
        self._frames = 0

    def near(self) -> Near | None:
        """Return where to look first in the frame that comes, or None where all of it is to be searched."""
        self._frames += 1
        if self._face is None or self._frames % WHOLE_EVERY == 0:
            return None
        return Near(self._face, self._searched if self._frames % AROUND_EVERY == 0 else b"")

    def remember(self, observation: Observation) -> None:
        """Keep where the one face was; with company, or with nobody, the next frame is searched whole."""
        nearest = observation.largest
        self._face = nearest.box if nearest is not None and observation.persons == 1 else None
        self._searched = observation.searched or self._searched
