"""What the server and a worker on another machine say to each other, sealed: pictures and face numbers are personal.

A letter is a header of JSON, and after it the picture, all sealed with the data keys for this one purpose. Nothing is
unpickled: whoever can write to Redis cannot make either side run anything, nor invent a verdict.
"""

import base64
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from accounts import encryption
from proctoring.faces.images import Fault, Unreadable
from proctoring.faces.line import VerifierBusy, VerifierFailed, WorkerLost
from proctoring.faces.observation import Box, Descriptor, Face, Hint, Near, Observation, PhotoReport

Header = dict[str, Any]
REQUEST, REPLY = "verifier.request", "verifier.reply"


@dataclass(frozen=True, slots=True)
class Request:
    """A picture on its way to a worker: `number` comes back with the reply, which goes to the list `reply_to`.

    `embedder` is the face model of the server: what another model says could not be compared with what is stored.
    """

    number: str
    key: str
    reply_to: str
    kind: str
    near: Near | None
    picture: bytes
    embedder: str


def sealed_request(request: Request) -> bytes:
    """Return the bytes that lie in Redis for the seconds until a worker takes them."""
    header = {
        "number": request.number,
        "key": request.key,
        "reply_to": request.reply_to,
        "kind": request.kind,
        "embedder": request.embedder,
        "near": None if request.near is None else _where(request.near),
    }
    return _sealed(header, request.picture, REQUEST)


def opened_request(letter: bytes) -> Request:
    """Return what was asked; raise `encryption.Undecipherable` for what is not from us."""
    header, picture = _opened(letter, REQUEST)
    near = header.pop("near")
    return Request(near=None if near is None else _near(near), picture=picture, **header)


def sealed_reply(number: str, outcome: Observation | PhotoReport | Exception) -> bytes:
    """Return what is sent back: what was seen, or why nothing was."""
    return _sealed({"number": number, **_told(outcome)}, b"", REPLY)


def opened_reply(letter: bytes) -> tuple[str, Observation | PhotoReport | Exception]:
    """Return the number of the request, and what came of it."""
    header, _ = _opened(letter, REPLY)
    return header.pop("number"), _understood(header)


# --- headers ---------------------------------------------------------------------------------------------------------


def _told(outcome: Observation | PhotoReport | Exception) -> Header:
    match outcome:
        case Observation():
            fields = _fields(outcome, "fingerprint", "searched")
            return {"seen": fields | {"faces": [asdict(face) for face in outcome.faces]}}
        case PhotoReport():
            return {"photo": _fields(outcome) | {"face": None if outcome.face is None else asdict(outcome.face)}}
        case Unreadable():
            return {"unreadable": [outcome.fault.value, outcome.detail]}
        case WorkerLost():
            return {"lost": str(outcome)}
        case VerifierBusy():
            return {"busy": str(outcome)}
    return {"failed": str(outcome) if isinstance(outcome, VerifierFailed) else type(outcome).__name__}


def _understood(header: Header) -> Observation | PhotoReport | Exception:
    match header:
        case {"seen": fields}:
            faces = tuple(Face(**face) for face in fields.pop("faces"))
            fingerprint, searched = (base64.b64decode(fields.pop(name)) for name in ("fingerprint", "searched"))
            return Observation(**_values(fields), faces=faces, fingerprint=fingerprint, searched=searched)
        case {"photo": fields}:
            face = fields.pop("face")
            return PhotoReport(**_values(fields), face=None if face is None else Face(**face))
        case {"unreadable": [fault, detail]}:
            return Unreadable(Fault(fault), detail)
        case {"lost": text}:
            return WorkerLost(text)
        case {"busy": text}:
            return VerifierBusy(text)
    return VerifierFailed(str(header.get("failed", "a reply that nobody understands")))


def _where(near: Near) -> Header:
    return {"face": asdict(near.face), "searched": base64.b64encode(near.searched).decode()}


def _near(fields: Header) -> Near:
    return Near(Box(**fields["face"]), base64.b64decode(fields["searched"]))


def _fields(value: Observation | PhotoReport, *of_bytes: str) -> Header:
    """Return the plain fields as they are, and those of bytes as text."""
    names = [name for name in value.__slots__ if name not in {"faces", "face"}]
    fields = {name: getattr(value, name) for name in names}
    fields |= {name: base64.b64encode(fields[name]).decode() for name in of_bytes}
    return fields | {"descriptor": _packed(value.descriptor)}


def _values(fields: Header) -> Header:
    return fields | {"hint": Hint(fields["hint"]), "descriptor": _unpacked(fields["descriptor"])}


def _packed(descriptor: Descriptor | None) -> str | None:
    return None if descriptor is None else base64.b64encode(descriptor.astype("<f8").tobytes()).decode()


def _unpacked(packed: str | None) -> Descriptor | None:
    return None if packed is None else np.frombuffer(base64.b64decode(packed), dtype="<f8").astype(np.float64)


# --- envelopes -------------------------------------------------------------------------------------------------------


def _sealed(header: Header, picture: bytes, purpose: str) -> bytes:
    return encryption.seal(json.dumps(header).encode() + b"\n" + picture, purpose=purpose)


def _opened(letter: bytes, purpose: str) -> tuple[Header, bytes]:
    header, _, picture = encryption.unseal(letter, purpose=purpose).partition(b"\n")
    return json.loads(header), picture
