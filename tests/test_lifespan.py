"""What runs beside the requests begins with the server and ends with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examplatform.lifespan import Lifespan, Message


async def test_the_blocks_last_as_long_as_the_server() -> None:
    told: list[str] = []

    @asynccontextmanager
    async def block() -> AsyncIterator[None]:
        told.append("begins")
        yield
        told.append("ends")

    inbox: asyncio.Queue[Message] = asyncio.Queue()
    outbox: asyncio.Queue[Message] = asyncio.Queue()
    server = asyncio.create_task(Lifespan(block)({"type": "lifespan"}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    assert told == ["begins"]
    await inbox.put({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await server
    assert told == ["begins", "ends"]
