"""What the room reads: the wall of an exam in five queries, kept for a second, and the queue of those who wait."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from exams.domain.lifecycle import ENDED, CheckIn, Identity, State
from exams.models import Enrolment, Exam, Paper, Response, Sitting, StateChange
from exams.services.changes import for_reader
from exams.wording import staff_name
from proctoring import broadcasts, presence
from proctoring.domain import wall
from proctoring.domain.wall import Noticed
from proctoring.models import Camera, Claim, Incident, Message, Snapshot
from proctoring.services.claims import SILENCE as CLAIM_SILENCE

FRESH = 1  # seconds for which one reading serves everybody who watches
REMEMBERED = 120  # seconds for which it is known what a watcher has seen
SILENT_AFTER = timedelta(seconds=40)  # of a page that asks every three to five seconds
LONGEST_EXCERPT = 80
SHOWN_INCIDENTS = 3
SEVERITIES = {Incident.Severity.SERIOUS: 0, Incident.Severity.WARNING: 1, Incident.Severity.INFO: 2}


# --- the wall --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """A candidate on the wall, in codes and moments: it differs only when there is something new to see."""

    id: int  # of the enrolment: those who have not come are shown too
    sitting: int | None
    name: str
    account: str
    room: str
    seat: str
    place: str
    rank: int
    tone: str
    check_in: str
    identity: str
    answered: int
    deadline_at: str
    since: str  # since when it has been waiting, calling or over
    silent_since: str
    open: int
    incidents: list[dict[str, Any]]
    call: dict[str, str] | None
    claim: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Wall:
    """Everybody of an exam; `cursor` differs whenever any tile does."""

    cursor: str
    total: int  # questions of a paper
    tiles: dict[int, dict[str, Any]]
    digests: dict[int, str] = field(default_factory=dict)

    def changed_since(self, cursor: str, exam_id: int) -> list[dict[str, Any]]:
        """Return the tiles that differ from what a watcher saw at `cursor`: all where that is not known any more."""
        if cursor == self.cursor:
            return []
        seen = cache.get(_seen_key(exam_id, cursor), {}) if cursor else {}
        return [tile for pk, tile in self.tiles.items() if seen.get(pk) != self.digests[pk]]


def wall_of(exam: Exam, now: datetime) -> Wall:
    """Return the wall as it was within the last second."""
    key = broadcasts.wall_key(exam.pk)
    found: Wall | None = cache.get(key)
    if found is None:
        found = read_wall(exam, now)
        cache.set(key, found, FRESH)
        cache.set(_seen_key(exam.pk, found.cursor), found.digests, REMEMBERED)
    return found


def read_wall(exam: Exam, now: datetime) -> Wall:
    """Read the wall from the database."""
    rows = list(_rows(exam))
    noticed, calls, claims = _incidents(exam), _calls(exam), _claims(exam, now)
    heard = presence.last_heard(row["sitting"] for row in rows if row["state"] == State.IN_PROGRESS)
    tiles = {}
    for row in rows:
        pk = row["sitting"]
        tile = _tile(row, noticed.get(pk, []), calls.get(pk), claims.get(pk), heard.get(pk), now)
        tiles[row["id"]] = asdict(tile)
    digests = {pk: _digest(tile) for pk, tile in tiles.items()}
    return Wall(_digest(digests), _total(exam), tiles, digests)


def _total(exam: Exam) -> int:
    """Return how many questions a paper of the exam has; all have as many."""
    items = Paper.objects.filter(sitting__enrolment__exam=exam).values_list("items", flat=True).first()
    return len(items or ())


def _rows(exam: Exam) -> Iterable[Mapping[str, Any]]:
    of_the_sitting = Response.objects.filter(sitting=OuterRef("sitting__pk")).exclude(value=[]).order_by()
    answered = of_the_sitting.values("sitting").annotate(count=Count("pk")).values("count")
    names = ("state", "check_in", "identity", "locked", "deadline_at", "held_since", "ended_at", "started_at")
    through = {name: F(f"sitting__{name}") for name in names}
    rows = Enrolment.objects.filter(exam=exam).order_by("room", "seat", "account_number")
    return rows.values(
        "id", "sitting", "name", "account_number", "room", "seat", answered=Coalesce(Subquery(answered), 0), **through
    )


def _incidents(exam: Exam) -> Mapping[int, list[Mapping[str, Any]]]:
    found = Incident.objects.filter(sitting__enrolment__exam=exam, review=Incident.Review.OPEN).order_by("began_at")
    lists: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found.values("sitting", "pk", "kind", "severity", "began_at", "ended_at"):
        lists[row["sitting"]].append(row)
    return lists


def _calls(exam: Exam) -> Mapping[int, dict[str, Any]]:
    """Return the newest open call of each sitting, with the moment of the first: that is how long they have waited."""
    known: dict[int, dict[str, Any]] = {}
    for call in open_calls(exam).order_by("at", "pk").values("sitting", "pk", "text", "at"):
        first = known.get(call["sitting"], call)
        known[call["sitting"]] = {**call, "at": first["at"]}
    return known


def open_calls(exam: Exam) -> QuerySet[Message]:
    """Return the calls for help of an exam that nobody has answered."""
    calls = Message.objects.filter(direction=Message.Direction.FROM_CANDIDATE, settled_at__isnull=True)
    return calls.filter(sitting__enrolment__exam=exam)


def _claims(exam: Exam, now: datetime) -> Mapping[int, Claim]:
    claims = Claim.objects.filter(
        sitting__enrolment__exam=exam, ended_at__isnull=True, heard_at__gt=now - CLAIM_SILENCE
    )
    return {claim.sitting_id: claim for claim in claims.select_related("by")}


def _tile(
    row: Mapping[str, Any],
    noticed: Sequence[Mapping[str, Any]],
    call: Mapping[str, Any] | None,
    claim: Claim | None,
    heard_at: datetime | None,
    now: datetime,
) -> Tile:
    silent_since = _silent_since(row, heard_at, now)
    facts = _facts(row, noticed, call is not None, bool(silent_since))
    rank = wall.rank(facts)
    worst = sorted(noticed, key=lambda one: (one["ended_at"] is not None, SEVERITIES[one["severity"]]))
    moment = call["at"] if call else row["held_since"] or row["ended_at"]
    return Tile(
        id=row["id"],
        sitting=row["sitting"],
        name=row["name"],
        account=row["account_number"],
        room=row["room"],
        seat=row["seat"],
        place=wall.place(facts).value,
        rank=int(rank),
        tone=wall.TONES[rank].value,
        check_in=row["check_in"] or "",
        identity=row["identity"] or "",
        answered=row["answered"],
        deadline_at=_iso(row["deadline_at"]) if facts.state is State.IN_PROGRESS else "",
        since=_iso(moment),
        silent_since=_iso(silent_since),
        open=sum(one["severity"] != Incident.Severity.INFO for one in noticed),
        incidents=[_incident(one) for one in worst[:SHOWN_INCIDENTS] if one["severity"] != Incident.Severity.INFO],
        call=None if call is None else {"at": _iso(call["at"]), "text": call["text"][:LONGEST_EXCERPT]},
        claim=None if claim is None else {"by": claim.by_id, "name": staff_name(claim.by)},
    )


def _facts(
    row: Mapping[str, Any], noticed: Sequence[Mapping[str, Any]], is_called: bool, is_silent: bool
) -> wall.Facts:
    if row["state"] is None:
        return wall.Facts(None)
    return wall.Facts(
        state=State(row["state"]),
        check_in=CheckIn(row["check_in"]),
        identity=Identity(row["identity"]),
        is_locked=row["locked"],
        noticed=tuple(Noticed(one["severity"], one["ended_at"] is not None) for one in noticed),
        calls=is_called,
        is_silent=is_silent,
    )


def _silent_since(row: Mapping[str, Any], heard_at: datetime | None, now: datetime) -> datetime | None:
    """Return since when nothing has been heard of a page that should be there; None while it is heard."""
    if row["state"] != State.IN_PROGRESS:
        return None
    since: datetime = max(heard_at, row["started_at"]) if heard_at else row["started_at"]
    return since if now - since > SILENT_AFTER else None


def _incident(row: Mapping[str, Any]) -> dict[str, Any]:
    over = row["ended_at"] is not None
    return {"kind": row["kind"], "severity": row["severity"], "at": _iso(row["began_at"]), "over": over}


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:16]


def _seen_key(exam_id: int, cursor: str) -> str:
    return f"proctoring:seen:{exam_id}:{cursor[:16]}"


# --- those who wait for a person -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A candidate in the queue: why they wait, and what there is to compare."""

    sitting: Sitting
    reason: str
    last_picture: Snapshot | None
    claim: Claim | None


def queue(exam: Exam, now: datetime) -> list[Waiting]:
    """Return those who wait for a person, in the order in which they began to."""
    sittings = list(held(exam).select_related("enrolment__exam", "enrolment__candidate").order_by("held_since", "pk"))
    reasons = _newest(StateChange.objects.filter(field="check_in", after=CheckIn.HELD.value), sittings, "at")
    pictures = _newest(Snapshot.objects.filter(camera=Camera.FACE).defer("data"), sittings, "taken_at")
    claims = _claims(exam, now)
    return [
        Waiting(
            sitting=sitting,
            reason=reasons[sitting.pk].reason if sitting.pk in reasons else "",
            last_picture=pictures.get(sitting.pk),
            claim=claims.get(sitting.pk),
        )
        for sitting in sittings
    ]


def place_in_queue(sitting: Sitting) -> int:
    """Return how many have their turn before this one, and this one; 0 for whoever does not wait."""
    if sitting.check_in != CheckIn.HELD or sitting.held_since is None:
        return 0
    earlier = held(sitting.enrolment.exam).filter(held_since__lt=sitting.held_since)
    at_once = held(sitting.enrolment.exam).filter(held_since=sitting.held_since, pk__lt=sitting.pk)
    return earlier.count() + at_once.count() + 1


def said_to_who_waits(sitting: Sitting) -> str:
    """Return what a person said last to a candidate who waits: why they are held, or must go on waiting."""
    if sitting.check_in != CheckIn.HELD or sitting.held_since is None:
        return ""
    held_by = sitting.changes.filter(field="check_in", after=CheckIn.HELD.value, by__isnull=False).last()
    told = Message.objects.filter(sitting=sitting, direction=Message.Direction.TO_CANDIDATE, announcement=None)
    newest = told.filter(at__gte=sitting.held_since).order_by("at", "pk").last()
    if newest is not None:
        return newest.text
    return for_reader(held_by.reason) if held_by is not None and held_by.at >= sitting.held_since else ""


def held(exam: Exam) -> QuerySet[Sitting]:
    """Return those of an exam who wait for a person."""
    return Sitting.objects.filter(enrolment__exam=exam, check_in=CheckIn.HELD.value).exclude(state__in=ENDED)


def _newest(rows: Any, sittings: list[Sitting], moment: str) -> dict[int, Any]:
    return {row.sitting_id: row for row in rows.filter(sitting__in=sittings).order_by(moment, "pk")}
