"""What every change of a sitting does: lock it, write its history, tell the world after commit."""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.dispatch import Signal
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams import seams
from exams.domain import lifecycle
from exams.domain.lifecycle import AnyState
from exams.models import Sitting, StateChange
from exams.services.refusals import Refused

REASON_LENGTH = 300
_TAKEN = Prepared(
    lambda number: (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("enrolment__exam__plan", "enrolment__candidate")
        .filter(pk=number)
    )
)
JOINTS = re.compile("(；|：|: )")  # i18n: data; between the pieces of what is kept


def take(sitting_id: int) -> Sitting:
    """Return the sitting as it is now, ours until the transaction ends."""
    sitting = _TAKEN.first(sitting_id)
    if sitting is None:
        raise Sitting.DoesNotExist
    return sitting


def take_all(sitting_ids: Iterable[int]) -> list[Sitting]:
    """Return sittings as they are now with their pauses, ours until the transaction ends; always in this order."""
    sittings = Sitting.objects.select_for_update(of=("self",)).select_related("enrolment__exam__plan")
    return list(sittings.filter(pk__in=list(sitting_ids)).prefetch_related("pauses").order_by("pk"))


def take_if_free(sitting_id: int) -> Sitting | None:
    """Return the sitting, ours until the transaction ends, or None while somebody else has it."""
    free = Sitting.objects.select_for_update(of=("self",), skip_locked=True)
    return free.select_related("enrolment__exam__plan").filter(pk=sitting_id).first()


def moved(current: AnyState, to: AnyState) -> AnyState:
    """Return the new state, or refuse in words what the table of moves does not allow."""
    try:
        return lifecycle.move(current, to)
    except lifecycle.IllegalMove:
        raise Refused(_("当前状态不允许此操作，请刷新页面后重试。")) from None


def record(
    sitting: Sitting,
    field: str,
    *,
    before: object,
    after: object,
    now: datetime,
    by: AbstractBaseUser | None = None,
    reason: str = "",
) -> None:
    """Add to the history, unless nothing changed."""
    if before != after:
        change_of(sitting, field, before=before, after=after, now=now, by=by, reason=reason).save(force_insert=True)


def change_of(
    sitting: Sitting,
    field: str,
    *,
    before: object,
    after: object,
    now: datetime,
    by: AbstractBaseUser | None = None,
    reason: str = "",
) -> StateChange:
    """Return a line of the history, for whoever writes many of them at once."""
    return StateChange(
        sitting=sitting,
        field=field,
        before=str(before),
        after=str(after),
        at=now,
        by_id=by.pk if by else None,
        reason=reason[:REASON_LENGTH],
    )


def in_source_language() -> AbstractContextManager[None]:
    """Word what is kept for staff in the source language: whoever caused it may read another one."""
    return translation.override(settings.LANGUAGE_CODE)


def for_staff(text: object) -> str:
    """Return a lazy text of ours as it is kept."""
    with in_source_language():
        return str(text)


def for_reader(kept: str) -> str:
    """Return a kept text in the language of its reader: what is ours is translated, what people wrote stays."""
    return "".join(_(piece) for piece in JOINTS.split(kept) if piece)


def announce(sitting: Sitting, *signals: Signal, **facts: Any) -> None:
    """Send the signals after commit, and always `sitting_changed`; a receiver that fails never undoes what was done."""
    for signal in (*signals, seams.sitting_changed):
        transaction.on_commit(partial(signal.send_robust, Sitting, sitting=sitting, **facts))
