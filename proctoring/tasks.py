"""The one task of the Celery workers. It carries the key of a camera; the picture lies in Redis, for seconds."""

from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_shutdown
from django.conf import settings

from proctoring.remote.mailbox import TASK
from proctoring.remote.worker import RemoteWorker

_running: list[RemoteWorker] = []


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def start(**_: Any) -> None:
    """Load the models when the worker starts."""
    _running.append(RemoteWorker(settings.REDIS_URL, settings.VERIFIER_PROCESSES))
    _running[0].start()


@worker_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def end(**_: Any) -> None:
    """End the processes with the worker."""
    while _running:
        _running.pop().end()


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def look(key: str) -> None:
    """Have the newest picture of this camera looked at."""
    _running[0].look(key)
