"""What becomes of a phone that should show the room and does not: after a grace, an incident; never more than that."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Rule(StrEnum):
    """Whether an exam wants a second camera; the values are those of the exam."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Link(StrEnum):
    """How the phone of a sitting stands."""

    UNPAIRED = "unpaired"
    CONNECTED = "connected"
    LOST = "lost"


class Kind(StrEnum):
    """The incidents of a second camera; the values are those of the table of incidents."""

    MISSING = "second_camera_missing"
    LOST = "second_camera_lost"


@dataclass(frozen=True, slots=True)
class Phone:
    """What is known of the phone: whether it belongs to the sitting now, ever did, and why it shows nothing."""

    is_paired: bool = False
    was_paired: bool = False
    cause: str | None = None  # None: its pictures come

    @property
    def link(self) -> Link:
        if not self.is_paired:
            return Link.UNPAIRED
        return Link.CONNECTED if self.cause is None else Link.LOST


@dataclass(frozen=True, slots=True)
class Absence:
    """Since when there is no room to see, and what has been written down about it."""

    since: datetime | None = None
    noted: Kind | None = None
    may_be_open: bool = True  # perhaps from an earlier connection: the first sight of the phone closes it


@dataclass(frozen=True, slots=True)
class Open:
    """An incident is to be written down."""

    kind: Kind
    severity: str
    began_at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Close:
    """Whatever is open about the second camera is over."""

    ended_at: datetime


def look(
    absence: Absence, rule: Rule, phone: Phone, now: datetime, grace: timedelta
) -> tuple[Absence, Open | Close | None]:
    """Take one look at how the phone stands into account; return what to remember and what to write down."""
    kind = _lacking(rule, phone)
    if kind is None:
        return Absence(may_be_open=False), Close(now) if absence.may_be_open else None
    if absence.noted not in {None, kind}:
        return Absence(since=now, may_be_open=False), Close(now)
    absence = replace(absence, since=absence.since or now)
    since = absence.since or now
    if absence.noted is not None or now - since < grace:
        return absence, None
    severity = "warning" if rule is Rule.REQUIRED else "info"
    cause = (phone.cause or "") if phone.is_paired else "unpaired" if phone.was_paired else "never_paired"
    return replace(absence, noted=kind, may_be_open=True), Open(kind, severity, since, cause)


def _lacking(rule: Rule, phone: Phone) -> Kind | None:
    """Return what is missing: a required phone that never came or was sent away, or any phone that fell silent."""
    match phone.link:
        case Link.CONNECTED:
            return None
        case Link.LOST:
            return Kind.LOST if rule is not Rule.OFF else None
    if rule is not Rule.REQUIRED:
        return None
    return Kind.LOST if phone.was_paired else Kind.MISSING
