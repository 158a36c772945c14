"""Bodies that are too large are refused while they arrive, before anything keeps them."""

from typing import Any

import pytest

from examplatform.body_limit import BodyLimit

LARGEST = {"/": 10, "/admin/": 30}


class Exchange:
    """One request with a body in pieces, and what was answered."""

    def __init__(self, *pieces: bytes, path: str = "/exam/", length: int | None = None, language: str = "") -> None:
        headers = [(b"cookie", f"sessionid=x; django_language={language}".encode())]
        headers += [(b"content-length", str(length).encode())] if length is not None else []
        self.scope = {"type": "http", "path": path, "headers": headers}
        self.pieces = list(pieces)
        self.read = b""
        self.sent: list[Any] = []

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.pieces.pop(0), "more_body": bool(self.pieces)}

    async def send(self, event: Any) -> None:
        self.sent.append(event)

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            event = await receive()
            self.read += event["body"]
            more = event["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def status(self) -> int:
        await BodyLimit(self.application, LARGEST)(self.scope, self.receive, self.send)
        return int(self.sent[0]["status"])


async def test_what_is_small_enough_passes_in_pieces_too() -> None:
    exchange = Exchange(b"12345", b"67890")
    assert await exchange.status() == 200
    assert exchange.read == b"1234567890"


async def test_a_body_that_does_not_say_its_length_is_cut_off_when_it_is_too_long() -> None:
    exchange = Exchange(b"12345", b"67890", b"1", b"never asked for")
    assert await exchange.status() == 413
    assert exchange.pieces == [b"never asked for"]
    assert "提交的内容过大" in exchange.sent[1]["body"].decode()


async def test_a_body_that_says_that_it_is_too_long_is_not_read_at_all() -> None:
    exchange = Exchange(b"12345678901", length=11, language="en")
    assert await exchange.status() == 413
    assert len(exchange.pieces) == 1
    assert "too large" in exchange.sent[1]["body"].decode()


async def test_the_longest_path_counts() -> None:
    assert await Exchange(b"1" * 30, path="/admin/x/").status() == 200
    assert await Exchange(b"1" * 31, path="/admin/x/").status() == 413


@pytest.mark.parametrize("said", ["-1", "many", "٣"])
async def test_a_length_that_is_no_number_does_not_let_more_in(said: str) -> None:
    exchange = Exchange(b"1" * 11)
    exchange.scope["headers"] = [(b"content-length", said.encode())]
    assert await exchange.status() == 413
