"""More time: decided for each sitting, and written for as many as there are in a handful of statements.

A whole exam is given minutes in one go when something fails, and every candidate's clock must follow within seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from exams import queries
from exams.domain.lifecycle import ENDED, State
from exams.models import Sitting, StateChange
from exams.services.changes import announce, change_of, take_all
from exams.services.endings import is_overdue
from exams.services.refusals import Ended, Refused, require_reason

MOST_MINUTES = 24 * 60


@dataclass(slots=True)
class Extended:
    """What came of it: those who have the time, as they are now, and why the others have not, by their numbers."""

    done: list[Sitting] = field(default_factory=list)
    refused: dict[int, Refused] = field(default_factory=dict)


@transaction.atomic
def extend_all(
    sitting_ids: Iterable[int], minutes: int, now: datetime, by: AbstractBaseUser | None, reason: str
) -> Extended:
    """Give more time to each that has not ended, before the start or while it lasts."""
    reason = require_reason(reason)
    if not 0 < minutes <= MOST_MINUTES:
        raise Refused(_("延长时间应为1至%(most)d分钟。") % {"most": MOST_MINUTES})
    outcome, changes = Extended(), []
    for sitting in take_all(sitting_ids):
        if sitting.state in ENDED or is_overdue(sitting, now):
            outcome.refused[sitting.pk] = Ended()
            continue
        before, sitting.extra_seconds = sitting.extra_seconds, sitting.extra_seconds + minutes * 60
        if sitting.state == State.IN_PROGRESS:
            sitting.deadline_at = queries.schedule(sitting).deadline(now)
        after = sitting.extra_seconds
        changes.append(change_of(sitting, "extra_seconds", before=before, after=after, now=now, by=by, reason=reason))
        outcome.done.append(sitting)
    StateChange.objects.bulk_create(changes)
    Sitting.objects.bulk_update(outcome.done, ["extra_seconds", "deadline_at"])
    for sitting in outcome.done:
        announce(sitting)
    return outcome
