"""The websocket of a phone that shows the room: pictures in, nothing concluded. No face is looked for in them.

The same limits as for the page's camera: one frame at a time, its size, type and rate checked before it is decoded.
"""

from datetime import datetime
from typing import Any, Final

from django.utils.timezone import now as wall_clock

from exams.domain.lifecycle import State
from exams.threads import SOCKETS
from proctoring import access, broadcasts, wording
from proctoring.consumers.album import Album, Shot
from proctoring.consumers.socket import Socket
from proctoring.domain import protocol
from proctoring.domain.protocol import Camera as Told
from proctoring.domain.protocol import CloseCode, Received
from proctoring.faces.engine import FRAME, Unreadable
from proctoring.faces.images import size
from proctoring.models import Camera, SecondCamera
from proctoring.services import second_camera

COOKIE: Final = "second_camera"
FRAMES_A_SECOND: Final = 1.0
FRAMES_AT_ONCE: Final = 3
INTERVAL: Final = 5000  # ms between two pictures of the room
AT_ONCE: Final = 0
READ_AGAIN_AFTER: Final = 60  # seconds: a notice may be lost
WHY_NOT: Final = {
    "unknown": wording.PHONE_UNKNOWN,
    "taken": wording.PHONE_TAKEN,
    "released": wording.PHONE_RELEASED,
}


class SecondCameraConsumer(Socket):
    """One phone of one sitting."""

    phone: SecondCamera | None = None
    read_at: datetime
    kept: tuple[Shot, int] | None = None  # the newest full picture that is stored, and its number

    async def connect(self) -> None:
        self.limit(FRAMES_A_SECOND, FRAMES_AT_ONCE)
        await self.accept()  # first: a close before it reaches the browser as a bare failure, without its reason
        if not await self._is_wanted():
            return
        self.album = Album(self.sitting_id, Camera.ROOM)
        self.owed: list[int] = []  # incidents that still want the next picture
        for group in self._groups:
            await self.channel_layer.group_add(group, self.channel_name)
        if await self._is_wanted():  # again: what changed before the groups were joined was not heard
            await self._say((Received(AT_ONCE),))

    async def disconnect(self, code: int) -> None:
        if self.phone is None:
            return
        for group in self._groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        await SOCKETS.run(second_camera.leaves, self.sitting_id, self.phone.number)

    @property
    def _groups(self) -> tuple[str, str]:
        return broadcasts.sitting_group(self.sitting_id), broadcasts.phone_group(self.sitting_id)

    # --- what the phone says -----------------------------------------------------------------------------------------

    async def _receive_words(self, text: str) -> None:
        match self._checked_words(text):
            case Told() as told if self.phone is not None:
                cause = "" if told.live else told.cause.value or protocol.CameraCause.LOST.value
                await self._note(cause)

    async def _receive_frame(self, data: bytes) -> None:
        if self.phone is None:
            raise protocol.Malformed("a frame of nobody")
        if await self._is_too_fast():
            return
        protocol.check_frame(data, FRAME.most_bytes)
        try:
            size(data)
        except Unreadable:
            raise protocol.Malformed("not a picture of a camera") from None
        now = wall_clock()
        if (now - self.read_at).total_seconds() >= READ_AGAIN_AFTER and not await self._is_wanted():
            return
        await self._take(Shot(now, data))
        await self._say((Received(INTERVAL),))

    async def _take(self, shot: Shot) -> None:
        await self._note("")
        self.album.remember(shot, is_calm=True)
        await self.album.show(shot, at_once=bool(self.owed), has_trail=self.is_running)
        owed, self.owed = self.owed, []
        for incident in owed:
            await self._keep(incident, shot)

    # --- what the rest of the platform says --------------------------------------------------------------------------

    async def incident_began(self, event: dict[str, Any]) -> None:
        """Keep the picture before an incident, and ask for the one after it at once."""
        if self.gone:
            return
        if self.album.last is not None:
            await self._keep(event["incident"], self.album.last)
        self.owed.append(event["incident"])
        await self._say((Received(AT_ONCE),))

    async def phone_changed(self, event: dict[str, Any]) -> None:
        if self.phone is not None and event["number"] != self.phone.number:
            await self._is_wanted()

    async def sitting_changed(self, event: dict[str, Any]) -> None:
        await self._is_wanted()

    async def sitting_ended(self, event: dict[str, Any]) -> None:
        await self._refuse("ended", wording.ENDED, protocol.CloseCode.ENDED)

    async def sitting_superseded(self, event: dict[str, Any]) -> None:
        """Another page of the candidate took over: nothing to a phone."""

    async def sitting_watched(self, event: dict[str, Any]) -> None:
        """An invigilator looks at the candidate's live picture, which is that of the page: nothing to a phone."""

    async def sitting_session_ended(self, event: dict[str, Any]) -> None:
        """A session of the candidate is over: a phone has none, its pairing is what counts."""

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _is_wanted(self) -> bool:
        """Read the pairing again; close where it is void, and say why."""
        if self.gone:
            return False
        phone, error = await self._read()
        if phone is None:
            await self._refuse(error, WHY_NOT[error], CloseCode.SUPERSEDED)
            return False
        self.phone, self.read_at = phone, wall_clock()
        return True

    @property
    def sitting_id(self) -> int:
        return 0 if self.phone is None else self.phone.sitting_id

    @property
    def is_running(self) -> bool:
        return self.phone is not None and self.phone.sitting.state == State.IN_PROGRESS

    @SOCKETS.call
    def _read(self) -> tuple[SecondCamera | None, str]:
        """Return the pairing as it is stored now, or why there is none."""
        phone = access.second_camera_of(self.scope.get("cookies", {}).get(COOKIE, ""))
        if phone is not None or self.phone is None:
            return phone, "unknown"
        is_taken = SecondCamera.objects.filter(sitting=self.sitting_id, is_paired=True).exists()
        return None, "taken" if is_taken else "released"

    @SOCKETS.call
    def _note(self, cause: str) -> None:
        if self.phone is not None:
            second_camera.shows(self.sitting_id, self.phone.number, cause)

    @SOCKETS.call
    def _keep(self, incident: int, shot: Shot) -> None:
        """Store a picture with an incident: once, however many incidents begin before the next picture."""
        known = self.kept[1] if self.kept is not None and self.kept[0] is shot else None
        stored = second_camera.add_picture(incident, self.sitting_id, shot.picture, taken_at=shot.at, kept=known)
        self.kept = None if stored is None else (shot, stored)
