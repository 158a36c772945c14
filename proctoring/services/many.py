"""One act for many sittings at once: each is decided on for itself, and whoever could not is named with the reason.

The caller goes through an exam in portions, one transaction each: candidates are told as soon as their portion is
written, nobody's answers wait for the rest, and a portion that is sent again changes nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from exams.models import Sitting
from exams.services.refusals import Refused
from exams.wording import staff_name
from proctoring.models import Claim, Intervention
from proctoring.services import interventions
from proctoring.services.claims import SILENCE

Kind = Intervention.Kind


@dataclass(frozen=True, slots=True)
class NotDone:
    """A sitting that was left out, and why; `asks` where it can be done all the same, once somebody has said so."""

    sitting: Sitting
    why: str
    asks: bool = False


@dataclass(slots=True)
class Done:
    """What came of a portion."""

    done: list[Sitting] = field(default_factory=list)
    left_out: list[NotDone] = field(default_factory=list)


@transaction.atomic
def apply(
    chosen: Sequence[Sitting],
    kind: Kind,
    verb: Callable[..., Intervention],
    *,
    batch: str,
    by: AbstractUser,
    now: datetime,
    despite: bool = False,
    **words: Any,
) -> Done:
    """Do one thing for a portion of sittings; `batch` names the whole of which this is a portion."""
    outcome = Done()
    _take_all(chosen)  # the same portion, sent again, waits here and then finds what was done
    before = _done_before(chosen, kind, batch)
    doubts = {} if despite else {**_paused_apart(chosen, kind), **_handled_by_others(chosen, by, now)}
    outcome.done = [sitting for sitting in chosen if sitting.pk in before]
    left = [sitting for sitting in chosen if sitting.pk not in before]
    outcome.left_out = [NotDone(one, doubts[one.pk], asks=True) for one in left if one.pk in doubts]
    wanted = [sitting for sitting in left if sitting.pk not in doubts]
    if kind is Kind.EXTEND:
        _made, refused = interventions.extend_all(wanted, by=by, now=now, batch=batch, **words)
    else:
        refused = _one_by_one(wanted, verb, batch, {**words, "by": by, "now": now})
    outcome.done += [sitting for sitting in wanted if sitting.pk not in refused]
    outcome.left_out += [NotDone(one, str(refused[one.pk])) for one in wanted if one.pk in refused]
    return outcome


def _one_by_one(
    wanted: Sequence[Sitting], verb: Callable[..., Intervention], batch: str, words: Mapping[str, Any]
) -> dict[int, Refused]:
    """Do it for each; return who was refused why."""
    refused: dict[int, Refused] = {}
    for sitting in wanted:
        try:
            made = verb(sitting, **words)
        except Refused as refusal:
            refused[sitting.pk] = refusal
        else:
            made.detail |= {"batch": batch}
            made.save(update_fields=["detail"])
    return refused


def _take_all(chosen: Sequence[Sitting]) -> None:
    list(Sitting.objects.select_for_update().filter(pk__in=[one.pk for one in chosen]).order_by("pk").values_list("pk"))


def _done_before(chosen: Sequence[Sitting], kind: Kind, batch: str) -> set[int]:
    known = Intervention.objects.filter(sitting__in=chosen, kind=kind.value, detail__batch=batch)
    return set(known.values_list("sitting", flat=True))


def _handled_by_others(chosen: Sequence[Sitting], by: AbstractUser, now: datetime) -> dict[int, str]:
    claims = Claim.objects.filter(sitting__in=chosen, ended_at__isnull=True, heard_at__gt=now - SILENCE)
    others = claims.exclude(by_id=by.pk).select_related("by")
    return {one.sitting_id: _("%(who)s正在处理该考生") % {"who": staff_name(one.by)} for one in others}


def _paused_apart(chosen: Sequence[Sitting], kind: Kind) -> dict[int, str]:
    """Return those whom somebody stopped for a reason of their own: what stopped everybody is over, that may not be."""
    if kind is not Kind.RESUME:
        return {}
    locked = {sitting.pk: _("试卷已锁定，需单独解锁") for sitting in chosen if sitting.locked}
    stops = Intervention.objects.filter(sitting__in=chosen, kind__in=[Kind.PAUSE.value, Kind.LOCK.value])
    newest = {stop.sitting_id: stop for stop in stops.select_related("by").order_by("at", "pk")}
    return locked | {
        sitting_id: _("由%(who)s单独暂停：%(reason)s") % {"who": staff_name(stop.by), "reason": stop.reason}
        for sitting_id, stop in newest.items()
        if "batch" not in stop.detail
    }
