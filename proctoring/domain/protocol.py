"""Every message of the candidate's websockets: what a page may say, and what it is told.

A page says hello once, then sends JPEG frames as binary messages, one at a time: the answer to a frame says when the
next one is wanted. Refusals carry a code for the page's script; texts for people are put in by the consumer. The phone
that shows the room speaks the same.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

MOST_TEXT = 2048
MOST_CAMERAS = 32
_JPEG = b"\xff\xd8\xff"


class Purpose(StrEnum):
    """What a page wants the camera for."""

    CHECK_IN = "check_in"
    EXAM = "exam"
    ROOM = "room"


class CameraCause(StrEnum):
    """Why a page has no picture to send."""

    NONE = ""
    DENIED = "denied"
    MISSING = "missing"
    BUSY = "busy"
    INSECURE = "insecure"
    UNSUPPORTED = "unsupported"
    LOST = "lost"
    MUTED = "muted"
    HIDDEN = "hidden"  # a phone whose page is not in front


class CloseCode:
    """Why the server closes: the page reconnects after any other code only."""

    SIGNED_OUT = 4401
    NOT_ALLOWED = 4403
    SUPERSEDED = 4409
    ENDED = 4410
    MALFORMED = 4400


class Malformed(ValueError):
    """A message that no page of ours sends."""


class TooLarge(Malformed):
    """A frame with more bytes than a camera picture needs."""


# --- what a page says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message: who speaks, what for, and how many cameras there are."""

    purpose: Purpose
    client: str
    cameras: int


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera went away or came back, or another one was plugged in."""

    live: bool
    cause: CameraCause
    cameras: int


def parse(text: str) -> Hello | Camera:
    """Return what a text message says, or raise `Malformed`."""
    if len(text) > MOST_TEXT:
        raise Malformed("too long")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("not an object")
    match data.get("type"):
        case "hello":
            return Hello(_purpose(data), _client(data), _cameras(data))
        case "camera":
            return Camera(data.get("live") is True, _cause(data), _cameras(data))
    raise Malformed("unknown type")


def check_frame(data: bytes, most_bytes: int) -> None:
    """Refuse what cannot be a camera picture, before anything decodes it."""
    if len(data) > most_bytes:
        raise TooLarge(f"{len(data)} bytes")
    if not data.startswith(_JPEG):
        raise Malformed("not a JPEG")


def _purpose(data: dict[str, Any]) -> Purpose:
    try:
        return Purpose(data.get("purpose", ""))
    except ValueError:
        raise Malformed("unknown purpose") from None


def _client(data: dict[str, Any]) -> str:
    client = data.get("client", "")
    if not isinstance(client, str) or len(client) > 64:
        raise Malformed("no client")
    return client


def _cameras(data: dict[str, Any]) -> int:
    count = data.get("cameras", 0)
    if not isinstance(count, int) or isinstance(count, bool):
        raise Malformed("no number of cameras")
    return min(max(count, 0), MOST_CAMERAS)


def _cause(data: dict[str, Any]) -> CameraCause:
    try:
        return CameraCause(data.get("cause", ""))
    except ValueError:
        raise Malformed("unknown cause") from None


# --- what a page is told ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a frame showed, in a code and in words, and when to send the next one."""

    verdict: str
    hint: str
    next_in_ms: int
    distance: float | None = None
    frames_good: int = 0
    frames_needed: int = 0
    turn: str = ""  # where to look, at check-in: left, right, straight
    type: str = field(default="verdict", init=False)


@dataclass(frozen=True, slots=True)
class CheckInState:
    """Where the check-in stands; `attempt` says what became of the last one, "" where none has ended."""

    state: str
    message: str
    attempts_left: int
    attempt: str = ""
    next: str = ""
    type: str = field(default="check_in", init=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A picture of the room has arrived; nothing is concluded from it. Says when the next one is wanted."""

    next_in_ms: int
    type: str = field(default="received", init=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """Something about the sitting differs: ask over HTTP."""

    type: str = field(default="changed", init=False)


@dataclass(frozen=True, slots=True)
class Look:
    """A frame is wanted now, before the time that the last verdict named: somebody looks at the picture."""

    type: str = field(default="look", init=False)


@dataclass(frozen=True, slots=True)
class SlowDown:
    """The last frame was not looked at."""

    next_in_ms: int
    type: str = field(default="slow_down", init=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """No further frame will be looked at on this connection, or this one was not."""

    error: str
    message: str
    type: str = field(default="refused", init=False)


Reply = Verdict | CheckInState | Received | Changed | Look | SlowDown | Refused


def encode(reply: Reply) -> str:
    """Return the text message for a reply."""
    return json.dumps(asdict(reply), ensure_ascii=False)
