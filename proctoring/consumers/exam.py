"""The camera during the exam: looks become sightings, sightings incidents, and once a minute one row is written."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Final

from exams.models import Sitting
from exams.threads import SOCKETS
from proctoring import wording
from proctoring.consumers.album import Album, Shot
from proctoring.consumers.desk import Desk, Frame, hint_of, milliseconds
from proctoring.consumers.pacing import pacing
from proctoring.consumers.room_watch import RoomWatch
from proctoring.domain import footage, policy
from proctoring.domain.footage import Footage, Print
from proctoring.domain.incident_rules import Kind, Seen
from proctoring.domain.matching import Rolling
from proctoring.domain.policy import Change, Opened, Sighting, Watch
from proctoring.domain.protocol import Camera, Reply, Verdict
from proctoring.domain.recognition import Recognition
from proctoring.faces.engine import Hint, Near, Observation
from proctoring.models import Camera as Source
from proctoring.models import IdentityCheck, Incident
from proctoring.queries import CameraFacts
from proctoring.services import identity, incidents

MINUTE: Final = timedelta(minutes=1)
SILENCE: Final = timedelta(seconds=15)  # without a frame after this, nothing is seen
VERIFIER_GAP: Final = timedelta(seconds=20)  # how long the verifier may be away before that is written down
NOT_WATCHED_INTERVAL: Final = timedelta(seconds=10)

_SEEN: Final = {
    Hint.NO_FACE: Seen.NOBODY,
    Hint.SEVERAL_FACES: Seen.SEVERAL,
    Hint.TOO_FAR: Seen.UNCLEAR,
    Hint.BLURRED: Seen.UNCLEAR,
    Hint.TOO_DARK: Seen.DARK,
}
_VERDICTS: Final = {
    Seen.PERSON: IdentityCheck.Verdict.MATCH,
    Seen.OTHER: IdentityCheck.Verdict.MISMATCH,
    Seen.NOBODY: IdentityCheck.Verdict.NO_FACE,
    Seen.SEVERAL: IdentityCheck.Verdict.SEVERAL_FACES,
    Seen.UNCLEAR: IdentityCheck.Verdict.TOO_FAR,
    Seen.DARK: IdentityCheck.Verdict.TOO_DARK,
    Seen.COVERED: IdentityCheck.Verdict.TOO_DARK,
}
_OF_THE_CAMERA: Final = {
    footage.Picture.MOVING: Seen.MOVING,
    footage.Picture.STILL: Seen.STILL,
    footage.Picture.REPEATED: Seen.REPEATED,
}


class ExamDesk(Desk):
    """One candidate in front of the camera, before and during the exam."""

    def __init__(self, facts: CameraFacts, now: datetime) -> None:
        super().__init__(facts, now)
        self.watch: Watch = policy.resumed(facts.open_incidents)
        self.recognition = Recognition(facts.known_faces, facts.threshold, Rolling(facts.another))
        self.footage = Footage()
        self.album = Album(facts.sitting_id, Source.FACE)
        self.room = RoomWatch(facts)
        self.last_picture_at = now
        self.camera_is_live = True
        self.camera_cause = ""
        self.verifier_away_since: datetime | None = None
        self.verifier_noted = True  # perhaps, on an earlier connection: the first answer closes it
        self.minute = _Minute(now)

    def wants_frames(self) -> bool:
        return self.facts.may_watch

    def near(self) -> Near | None:
        near = super().near()
        return None if self.watch.is_doubtful else near  # what is doubtful may lie beside the face

    async def refresh(self, facts: CameraFacts, now: datetime) -> Sequence[Reply]:
        was_watched, self.facts = self.facts.is_watched, facts
        self.recognition = self.recognition.knowing(facts.known_faces, facts.threshold, facts.another)
        self.room.refresh(facts)
        if was_watched and not facts.is_watched:
            await self._suspend(now)
        elif facts.is_watched and not was_watched:
            self.last_picture_at = now  # what was missing before the exam began is nobody's business
            self.minute = _Minute(now)
        return ()

    async def look(self, frame: Frame) -> Sequence[Reply]:
        self.last_picture_at, self.camera_is_live = frame.at, True
        await self._verifier_answers(frame.at)
        seen, distance = self._seen(frame)
        changes: Sequence[Change] = ()
        if self.facts.is_watched:
            self.minute.add(seen, distance)
            changes = (
                *await self._take(Sighting(frame.at, self._camera_shows(frame)), frame.picture),
                *await self._take(Sighting(frame.at, seen, distance), frame.picture),
            )
        shot = Shot(frame.at, frame.picture)
        self.album.remember(shot, is_calm=not self.watch.is_doubtful)
        await self.album.show(shot, at_once=bool(changes), has_trail=self.facts.is_watched)
        wait = policy.next_look(self.watch, pacing.load) if self.facts.is_watched else NOT_WATCHED_INTERVAL
        return (Verdict(seen.value, self._hint(seen, frame.observation), milliseconds(wait)),)

    async def missed(self, now: datetime) -> Sequence[Reply]:
        """The verifier is away: no sighting, so nothing opens and nothing closes; a longer gap is on record."""
        self.last_picture_at = now
        self.verifier_away_since = self.verifier_away_since or now
        lasted = now - self.verifier_away_since
        if self.facts.is_watched and lasted >= VERIFIER_GAP:
            self.verifier_noted = True
            await self._write(
                incidents.open_or_extend,
                Incident.Kind.VERIFIER_DOWN,
                severity=Incident.Severity.INFO,
                began_at=self.verifier_away_since,
            )
        return await super().missed(now)

    async def camera(self, told: Camera, now: datetime) -> Sequence[Reply]:
        self.camera_is_live, self.camera_cause = told.live, told.cause.value
        if not told.live and self.facts.is_watched:
            await self._take(Sighting(now, Seen.NO_PICTURE), b"")
        return ()

    async def beat(self, now: datetime) -> Sequence[Reply]:
        if not self.facts.is_watched:
            return ()
        if not self.camera_is_live or now - self.last_picture_at >= SILENCE:
            await self._take(Sighting(now, Seen.NO_PICTURE), b"")
        await self.room.beat(now)
        if now - self.minute.began_at >= MINUTE:
            await self._end_minute(now)
        return ()

    async def leave(self, now: datetime) -> None:
        if self.facts.is_watched:
            await self._end_minute(now)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _seen(self, frame: Frame) -> tuple[Seen, float | None]:
        observation, descriptor = frame.observation, frame.observation.descriptor
        if descriptor is None:
            if not observation.faces and footage.is_flat(observation.fingerprint):
                return Seen.COVERED, None
            return _SEEN.get(observation.hint, Seen.UNCLEAR), None
        self.recognition, seen, distance = self.recognition.look(frame.at, descriptor)
        return seen, distance

    def _camera_shows(self, frame: Frame) -> Seen:
        """Say whether the picture lives, from what the last looks were like."""
        observation = frame.observation
        digest = blake2b(frame.picture, digest_size=8).digest()
        look = Print(frame.at, digest, observation.fingerprint, bool(observation.faces))
        self.footage, picture = self.footage.with_look(look)
        return _OF_THE_CAMERA[picture]

    def _hint(self, seen: Seen, observation: Observation) -> str:
        if self.watch.has_lasted(Kind.CAMERA_FROZEN):
            return str(wording.STILL)
        if seen is Seen.COVERED:
            return str(wording.COVERED)
        if seen is Seen.PERSON:
            return str(wording.PERSON if self.recognition.known else wording.PRESENT)
        return str(wording.OTHER) if seen is Seen.OTHER else hint_of(observation)

    async def _take(self, sighting: Sighting, picture: bytes) -> Sequence[Change]:
        self.watch, changes = policy.look(self.watch, sighting)
        for change in changes:
            await self._record(change, picture, sighting.at)
            before = self.album.before(picture) if isinstance(change, Opened) else None
            if before is not None:
                await self._write(incidents.add_before, change.kind.value, before.picture, taken_at=before.at)
        return changes

    async def _record(self, change: Change, picture: bytes, now: datetime) -> None:
        cause = self.camera_cause if change.kind is Kind.CAMERA_LOST else ""
        await self._write(identity.witness, change, picture, threshold=self.facts.threshold, now=now, cause=cause)

    async def _suspend(self, now: datetime) -> None:
        await self.room.suspend(now)
        await self._end_minute(now)
        self.watch, changes = policy.suspend(self.watch, now)
        for change in changes:
            await self._record(change, b"", now)

    async def _verifier_answers(self, now: datetime) -> None:
        if self.verifier_noted:
            await self._write(incidents.close, Incident.Kind.VERIFIER_DOWN, ended_at=now)
        self.verifier_away_since, self.verifier_noted = None, False

    async def _end_minute(self, now: datetime) -> None:
        ended, self.minute = self.minute, _Minute(now)
        if ended.frames:
            write = partial(identity.write_aggregate, frames=ended.frames, distance=ended.distance)
            await self._write(write, ended.verdict, threshold=self.facts.threshold, began_at=ended.began_at, now=now)

    @SOCKETS.call
    def _write(self, verb: Callable[..., object], *arguments: object, **named: object) -> None:
        sitting = Sitting.objects.select_related("enrolment__exam__plan").get(pk=self.facts.sitting_id)
        verb(sitting, *arguments, **named)


class _Minute:
    """What the frames of a minute showed."""

    def __init__(self, began_at: datetime) -> None:
        self.began_at = began_at
        self._seen: Counter[Seen] = Counter()
        self._distances: list[float] = []

    def add(self, seen: Seen, distance: float | None) -> None:
        self._seen[seen] += 1
        if distance is not None:
            self._distances.append(distance)

    @property
    def frames(self) -> int:
        return self._seen.total()

    @property
    def distance(self) -> float | None:
        return sum(self._distances) / len(self._distances) if self._distances else None

    @property
    def verdict(self) -> str:
        """Return what most frames showed."""
        return _VERDICTS[self._seen.most_common(1)[0][0]].value
