"""When something seen becomes an incident: one rule for each kind that a camera can tell.

Every figure is here, with its unit in its type, so that a measurement can bring others (see docs/identity.md).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Seen(StrEnum):
    """What one look at the camera showed."""

    PERSON = "person"  # the registered one; or somebody, where there is nothing to compare with
    OTHER = "other"
    UNCLEAR = "unclear"  # a face, but too far or too blurred to tell whose
    NOBODY = "nobody"
    SEVERAL = "several"
    DARK = "dark"
    COVERED = "covered"  # nothing can be made out at all, dark or bright
    NO_PICTURE = "no_picture"
    # Of the camera itself, beside what it shows:
    MOVING = "moving"
    STILL = "still"
    REPEATED = "repeated"


class Kind(StrEnum):
    """The incidents that a camera can tell; the values are those of the table of incidents."""

    NOT_THE_PERSON = "not_the_person"
    NOBODY_THERE = "nobody_there"
    SEVERAL_PERSONS = "several_persons"
    TOO_DARK = "too_dark"
    CAMERA_LOST = "camera_lost"
    CAMERA_COVERED = "camera_covered"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_LOOPING = "camera_looping"


# What speaks about who is there. A frozen picture does not: drivers freeze too, and then it is as if it were lost.
IDENTITY_KINDS = frozenset({Kind.NOT_THE_PERSON, Kind.CAMERA_LOOPING})


@dataclass(frozen=True, slots=True)
class Rule:
    """When something seen becomes an incident.

    It opens once `shown_by` has lasted for `lasts`, in at least `least` looks and `share` of those that can tell (what
    is in neither set cannot). `confirmed_after` makes it weigh on the identity. `denials` in a row end it.
    """

    kind: Kind
    severity: str
    shown_by: frozenset[Seen]
    denied_by: frozenset[Seen]
    lasts: timedelta
    least: int
    share: float = 0.6
    confirmed_after: timedelta | None = None
    denials: int = 2


_FACES = frozenset({Seen.PERSON, Seen.OTHER, Seen.UNCLEAR})
_LIT = _FACES | {Seen.NOBODY, Seen.SEVERAL}

RULES: tuple[Rule, ...] = (
    Rule(
        kind=Kind.NOT_THE_PERSON,
        severity="serious",
        shown_by=frozenset({Seen.OTHER}),
        denied_by=frozenset({Seen.PERSON}),
        lasts=timedelta(seconds=4),
        least=5,
        confirmed_after=timedelta(seconds=15),
    ),
    Rule(
        kind=Kind.NOBODY_THERE,
        severity="warning",
        shown_by=frozenset({Seen.NOBODY}),
        denied_by=_FACES | {Seen.SEVERAL},
        lasts=timedelta(seconds=10),
        least=4,
        share=0.7,
    ),
    Rule(
        kind=Kind.SEVERAL_PERSONS,
        severity="warning",
        shown_by=frozenset({Seen.SEVERAL}),
        denied_by=_FACES | {Seen.NOBODY},
        lasts=timedelta(seconds=5),
        least=4,
    ),
    Rule(
        kind=Kind.TOO_DARK,
        severity="info",
        shown_by=frozenset({Seen.DARK}),
        denied_by=_LIT,
        lasts=timedelta(seconds=20),
        least=5,
        share=0.7,
    ),
    Rule(
        kind=Kind.CAMERA_LOST,
        severity="warning",
        shown_by=frozenset({Seen.NO_PICTURE}),
        denied_by=_LIT | {Seen.DARK},
        lasts=timedelta(seconds=20),
        least=2,
        share=0.9,
        denials=1,
    ),
    Rule(
        kind=Kind.CAMERA_COVERED,
        severity="warning",
        shown_by=frozenset({Seen.COVERED}),
        denied_by=_LIT | {Seen.DARK},
        lasts=timedelta(seconds=10),
        least=4,
        share=0.7,
    ),
    Rule(
        kind=Kind.CAMERA_FROZEN,
        severity="warning",
        shown_by=frozenset({Seen.STILL}),
        denied_by=frozenset({Seen.MOVING, Seen.REPEATED}),
        lasts=timedelta(seconds=20),
        least=6,
        share=0.9,
    ),
    Rule(
        kind=Kind.CAMERA_LOOPING,
        severity="serious",
        shown_by=frozenset({Seen.REPEATED}),
        denied_by=frozenset({Seen.MOVING}),
        lasts=timedelta(seconds=10),
        least=3,
        confirmed_after=timedelta(seconds=60),
        denials=6,  # most looks at a long loop are new
    ),
)
