"""What the socket of one camera does with its pictures: thumbnails at a slow rate, and a little memory for evidence."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError

from exams.threads import SOCKETS
from proctoring.faces.engine import Unreadable
from proctoring.faces.thumbnail import thumbnail
from proctoring.models import Camera
from proctoring.services import thumbnails

log = logging.getLogger(__name__)

IN_TRAIL_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Shot:
    """A full frame and when it was taken."""

    at: datetime
    picture: bytes


class Album:
    """The pictures of one camera of one sitting. Full frames are only held in memory here, two at most."""

    def __init__(self, sitting_id: int, camera: Camera) -> None:
        self.sitting_id = sitting_id
        self.camera = camera
        self.calm: Shot | None = None  # the last one that showed nothing doubtful
        self.last: Shot | None = None
        self.shown_at: datetime | None = None
        self.in_trail_at: datetime | None = None

    def remember(self, shot: Shot, *, is_calm: bool) -> None:
        """Hold a full frame until the next one, and a calm one until the next calm one."""
        self.last = shot
        if is_calm:
            self.calm = shot

    def before(self, picture: bytes) -> Shot | None:
        """Return the frame that led to an incident: the last calm one, or, where the picture is gone, the last one."""
        return self.calm if picture else self.last or self.calm

    async def show(self, shot: Shot, *, at_once: bool, has_trail: bool) -> None:
        """Let the wall have a frame as a thumbnail, if it is time for one or something has begun."""
        if not at_once and not _is_due(self.shown_at, shot.at, timedelta(seconds=settings.THUMBNAIL_SECONDS)):
            return
        in_trail = has_trail and (at_once or _is_due(self.in_trail_at, shot.at, IN_TRAIL_EVERY))
        self.shown_at = shot.at
        self.in_trail_at = shot.at if in_trail else self.in_trail_at
        try:
            small = await asyncio.to_thread(thumbnail, shot.picture)
            await self._keep(small, shot.at, in_trail=in_trail)
        except (Unreadable, DatabaseError) as error:  # a picture for the wall is not worth a candidate's connection
            log.warning("A thumbnail was not kept: %s", type(error).__name__)

    @SOCKETS.call
    def _keep(self, small: bytes, taken_at: datetime, *, in_trail: bool) -> None:
        thumbnails.keep(self.sitting_id, self.camera.value, small, taken_at=taken_at, in_trail=in_trail)


def _is_due(last: datetime | None, now: datetime, interval: timedelta) -> bool:
    return last is None or now - last >= interval
