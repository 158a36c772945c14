"""The websocket of a played page: says hello, shows frames one at a time, hears what comes back."""

import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from scripts.rehearsal.browser import Browser


class Greeted:
    """A socket that has said hello: `async with Greeted(browser, "exam", client) as socket`."""

    def __init__(self, browser: Browser, purpose: str, client: str) -> None:
        address = browser.origin.replace("http", "ws", 1) + "/ws/sitting/"
        head = {"Cookie": browser.cookie}
        self._connecting = connect(
            address,
            origin=browser.origin,  # type: ignore[arg-type]
            additional_headers=head,
            compression=None,
            proxy=None,
            open_timeout=60,
        )
        self._hello = {"type": "hello", "purpose": purpose, "client": client, "cameras": 1}

    async def __aenter__(self) -> ClientConnection:
        socket = await self._connecting.__aenter__()
        await socket.send(json.dumps(self._hello))
        return socket

    async def __aexit__(self, *error: Any) -> None:
        await self._connecting.__aexit__(*error)
