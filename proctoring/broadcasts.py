"""The only module that names channel groups. Messages are small, hold ids only, and are sent after commit."""

import logging
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.core.cache import cache
from django.db import transaction

from exams.threads import start

log = logging.getLogger(__name__)


def sitting_group(sitting_id: int) -> str:
    """Name the group of the sockets of one sitting (at most one socket, but for the moment of a change-over)."""
    return f"sitting.{sitting_id}"


def phone_group(sitting_id: int) -> str:
    """Name the group of the phone that shows the room of a sitting."""
    return f"phone.{sitting_id}"


def room_group(exam_id: int) -> str:
    """Name the group of the invigilators who watch one exam."""
    return f"room.{exam_id}"


def wall_key(exam_id: int) -> str:
    """Name the place in the cache where the last reading of a wall is kept; a notice makes it stale."""
    return f"proctoring:wall:{exam_id}"


def sitting_changed(sitting_id: int) -> None:
    """Tell the candidate's page that clock, state or messages differ."""
    _send_on_commit(sitting_group(sitting_id), {"type": "sitting.changed"})


def sitting_ended(sitting_id: int) -> None:
    """Tell the candidate's page that its camera is not needed any more."""
    _send_on_commit(sitting_group(sitting_id), {"type": "sitting.ended"})


def sitting_watched(sitting_id: int, seconds: int) -> None:
    """Tell the candidate's socket that an invigilator looks at the live picture, for so many seconds more."""
    _send_on_commit(sitting_group(sitting_id), {"type": "sitting.watched", "seconds": seconds})


def session_ended(sitting_id: int) -> None:
    """Tell the pages of a candidate that one of their sessions is over: each looks whether it was its own."""
    _send_on_commit(sitting_group(sitting_id), {"type": "sitting.session_ended"})


def room_changed(exam_id: int) -> None:
    """Tell the invigilators of an exam that there is something to look at."""
    transaction.on_commit(partial(cache.delete, wall_key(exam_id)), robust=True)
    _send_on_commit(room_group(exam_id), {"type": "room.changed", "exam": exam_id})


def phone_changed(sitting_id: int, number: int) -> None:
    """Tell phones that only the one with this number is wanted any more."""
    _send_on_commit(phone_group(sitting_id), {"type": "phone.changed", "number": number})


def incident_began(sitting_id: int, incident_id: int) -> None:
    """Tell the phone of a sitting that full pictures are wanted for an incident."""
    _send_on_commit(phone_group(sitting_id), {"type": "incident.began", "incident": incident_id})


def _send_on_commit(group: str, message: dict[str, Any]) -> None:
    transaction.on_commit(partial(_send, group, message), robust=True)


def _send(group: str, message: dict[str, Any]) -> None:
    """Let a notice go out; nobody waits for it, and one that cannot go out is lost and nothing else."""
    try:
        start(_notify, group, message)
    except RuntimeError as error:  # a thread that is busy with an event loop of its own
        log.warning("A notice was lost: %s", type(error).__name__)


async def _notify(group: str, message: dict[str, Any]) -> None:
    """Send a notice; a layer that is down costs only the notice, since every page also asks from time to time."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(group, message)
    except Exception as error:  # the layer's own errors differ from backend to backend
        log.warning("A notice was lost: %s", type(error).__name__)
