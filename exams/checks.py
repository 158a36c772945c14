"""What `manage.py check --database default` and the start of a server say about the database's settings."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from channels.db import database_sync_to_async
from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from exams.services import durability

logger = logging.getLogger(__name__)


@register(Tags.database)
def durable(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **given: Any
) -> list[CheckMessage]:
    """Warn of settings under which an acknowledged answer may be lost."""
    return [Warning(fault, id="exams.W001") for fault in durability.faults()] if databases else []


@asynccontextmanager
async def durability_stated() -> AsyncIterator[None]:
    """Say at a server's start, in its log, which settings let acknowledged answers be lost; it serves all the same."""
    try:
        for fault in await database_sync_to_async(durability.faults)():
            logger.error(fault)
    except DatabaseError:
        logger.exception("the settings of the database could not be read")
    yield
