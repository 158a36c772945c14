"""What runs beside the requests for as long as the server lives: the ASGI application for the scope `lifespan`."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Lifespan:
    """Enters each block when the server starts, and leaves them in reverse order when it ends."""

    def __init__(self, *blocks: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self.blocks = blocks

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()  # lifespan.startup
        async with AsyncExitStack() as running:
            for block in self.blocks:
                await running.enter_async_context(block())
            await send({"type": "lifespan.startup.complete"})
            await receive()  # lifespan.shutdown
        await send({"type": "lifespan.shutdown.complete"})
