"""A network between page and server that can be told to misbehave: it loses, holds, doubles, and swallows."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

CHUNK = 256 * 1024


class Way:
    """One way to a server; every page has a connection of its own on it."""

    def __init__(self, server_port: int, chance: random.Random) -> None:
        self._server_port, self._chance = server_port, chance
        self._swallowed: asyncio.Future[None] | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._later: set[asyncio.Task[None]] = set()
        self.port = 0
        self.share = 0.0  # of requests to which something happens
        self.counts = {"request lost": 0, "reply lost": 0, "doubled": 0, "held back": 0}

    def swallow_next_reply(self) -> "asyncio.Future[None]":
        """Return what is done as soon as a reply has come this far, and went no further."""
        self._swallowed = asyncio.get_running_loop().create_future()
        return self._swallowed

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    async def settle(self) -> None:
        """Wait until everything that was held back has been delivered."""
        await asyncio.gather(*self._later, return_exceptions=True)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, request by request."""
        with self._held_open(writer), suppress(OSError, asyncio.IncompleteReadError):
            upstream = await asyncio.open_connection("127.0.0.1", self._server_port)
            with self._held_open(upstream[1]):
                while request := await message(reader):
                    if not await self._deliver(request, upstream, writer):
                        break

    @contextmanager
    def _held_open(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Cut a connection at the end of the block, or when everybody hangs up."""
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _deliver(
        self, request: bytes, upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter], back: asyncio.StreamWriter
    ) -> bool:
        """Bring a request to the server and the reply back; False where the connection is cut instead."""
        happens = self._chance.choice(list(self.counts)) if self._chance.random() < self.share else ""
        if happens:
            self.counts[happens] += 1
        if happens == "request lost":
            return False
        if happens == "held back":  # the page hears nothing, and sends something newer that overtakes it
            self._deliver_later(request)
            return False
        if happens == "doubled":
            self._deliver_later(request)
        upstream[1].write(request)
        reply = await message(upstream[0])
        if happens == "reply lost" or not reply:
            return False
        if self._swallowed is not None and not self._swallowed.done():
            self._swallowed.set_result(None)
            await asyncio.sleep(3600)  # until somebody hangs up
        back.write(reply)
        await back.drain()
        return True

    def _deliver_later(self, request: bytes) -> None:
        task = asyncio.create_task(self._deliver_after(self._chance.uniform(0.05, 2.0), request))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _deliver_after(self, seconds: float, request: bytes) -> None:
        await asyncio.sleep(seconds)
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            with self._held_open(writer):
                writer.write(request)
                await message(reader)


async def message(reader: asyncio.StreamReader) -> bytes:
    """Return one whole HTTP message with its length named; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.partition(b":")[2]))
    return head


@asynccontextmanager
async def between(server_port: int, *, seed: int = 1) -> AsyncIterator[Way]:
    """Yield a way to a server on this machine."""
    way = Way(server_port, random.Random(seed))
    listening = await asyncio.start_server(way.carry, "127.0.0.1", 0, limit=CHUNK)
    way.port = listening.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        listening.close()
        way.hang_up()
        await way.settle()
        await asyncio.sleep(0.05)  # until what was cut is closed
