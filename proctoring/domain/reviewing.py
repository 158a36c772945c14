"""What one or two people have said of an incident -> what stands."""

from enum import StrEnum

from exams.domain.lifecycle import Review


class Standing(StrEnum):
    """What an incident counts as."""

    OPEN = "open"
    AWAITING_SECOND = "awaiting_second"
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


def standing(first: Review, second: Review, *, wants_second: bool) -> Standing:
    """Return what stands: where an exam wants two people, nothing is settled before both have said the same."""
    if first is Review.OPEN or not wants_second:
        return Standing(first.value)
    if second is Review.OPEN:
        return Standing.AWAITING_SECOND
    return Standing(first.value) if first is second else Standing.DISPUTED
