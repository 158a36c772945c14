"""As much of a browser as a candidate's way needs: cookies, forms, JSON and one kept connection, without threads."""

import asyncio
import json
from contextlib import suppress
from http.cookies import SimpleCookie
from urllib.parse import urlencode

PATIENCE = 60  # seconds for one answer


class Browser:
    """One candidate's HTTP; not to be used by two tasks at once."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.cookies: dict[str, str] = {}
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def get(self, path: str) -> tuple[int, str]:
        return await self._ask("GET", path, b"", "")

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        return await self._ask("POST", path, urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def post_json(self, path: str, body: object) -> tuple[int, str]:
        return await self._ask("POST", path, json.dumps(body).encode(), "application/json")

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _ask(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str]:
        """Ask, once more on a new connection where the server had closed the kept one, as a browser does."""
        async with asyncio.timeout(PATIENCE):
            for is_kept in (self._writer is not None, False):
                reader = await self._send(method, path, body, kind)
                if line := await self._status_line(reader):
                    return await self._answer(reader, int(line.split()[1]))
                await self.close()
                self._writer = None
                if not is_kept:
                    break
        raise ConnectionError("the server closed the connection")

    async def _send(self, method: str, path: str, body: bytes, kind: str) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        head = {"Host": f"{self.host}:{self.port}", "Cookie": self.cookie, "Accept-Language": "zh-hans"}
        if method == "POST":
            token = self.cookies.get("csrftoken", "")
            head |= {"Content-Type": kind, "Content-Length": str(len(body)), "X-CSRFToken": token}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value)
        with suppress(ConnectionError):  # told by the empty answer
            self._writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            await self._writer.drain()
        return self._reader

    async def _status_line(self, reader: asyncio.StreamReader) -> bytes:
        with suppress(ConnectionError):
            return await reader.readline()
        return b""

    async def _answer(self, reader: asyncio.StreamReader, status: int) -> tuple[int, str]:
        length, chunked = 0, False
        while line := (await reader.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            match name.lower():
                case "set-cookie":
                    self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(value.strip()).items()}
                case "content-length":
                    length = int(value)
                case "transfer-encoding":
                    chunked = "chunked" in value
        body = await _chunks(reader) if chunked else await reader.readexactly(length)
        return status, body.decode(errors="replace")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
