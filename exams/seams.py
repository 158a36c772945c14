"""Where other apps plug into exams, so that exams never imports them. See the decision record 0001.

`gates`           reasons to hold a sitting back before its paper, or None
`consent`         whether a sitting must still answer the consent page
`photo_checks`    what is wrong with a reference photo that an import brings, or None
`plan_advice`     what an organizer should do about a plan that was imported, or None
`photo_stored`    told about each stored reference photo (to prepare it)
`validity`        reasons why a result does not count yet
`notices`         messages that the page of a sitting shows
Signals are sent after commit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from django.dispatch import Signal

if TYPE_CHECKING:
    from exams.models import Plan, ReferencePhoto, Sitting

Check = TypeVar("Check", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Gate:
    """Why a sitting is held back, in words for the candidate, and the name of the page that can resolve it."""

    reason: str
    url_name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the candidate; `id` tells the page which ones it has shown, `kind` how to show it."""

    id: int
    text: str
    at: datetime
    kind: str


class Registry(Generic[Check]):
    """Checks in the order in which they were registered."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def register(self, check: Check) -> Check:
        """Add a check; usable as a decorator. Registering it again changes nothing."""
        if check not in self.checks:
            self.checks.append(check)
        return check


gates: Registry[Callable[["Sitting"], Gate | None]] = Registry()
consent: Registry[Callable[["Sitting"], bool]] = Registry()
photo_checks: Registry[Callable[[bytes], str | None]] = Registry()
plan_advice: Registry[Callable[["Plan"], str | None]] = Registry()
photo_stored: Registry[Callable[["ReferencePhoto"], None]] = Registry()
validity: Registry[Callable[["Sitting"], str | None]] = Registry()
notices: Registry[Callable[["Sitting"], Sequence[Notice]]] = Registry()

sitting_began = Signal()  # sender Sitting, sitting, now
sitting_ended = Signal()  # sender Sitting, sitting, now
sitting_taken_over = Signal()  # sender Sitting, sitting, now: another page or device holds it from now on
sitting_changed = Signal()  # sender Sitting, sitting: clock or state differs, tell the page


def reasons_to_wait(sitting: "Sitting") -> list[Gate]:
    """Return what holds a sitting back, nothing if it may go on."""
    return [gate for check in gates.checks if (gate := check(sitting)) is not None]


def consent_needed(sitting: "Sitting") -> bool:
    """Tell whether the consent page must still be answered."""
    return any(check(sitting) for check in consent.checks)


def faults_of_photo(image: bytes) -> list[str]:
    """Return what is wrong with a reference photo, in words for the organizer."""
    return [fault for check in photo_checks.checks if (fault := check(image)) is not None]


def advice_on(plan: "Plan") -> list[str]:
    """Return what an organizer should do about a plan, in words."""
    return [advice for check in plan_advice.checks if (advice := check(plan)) is not None]


def reasons_to_review(sitting: "Sitting") -> list[str]:
    """Return why the result of a sitting does not count yet."""
    return [reason for check in validity.checks if (reason := check(sitting)) is not None]


def notices_for(sitting: "Sitting") -> list[Notice]:
    """Return the messages that the page of a sitting shows, oldest first."""
    return sorted((notice for check in notices.checks for notice in check(sitting)), key=lambda notice: notice.at)
