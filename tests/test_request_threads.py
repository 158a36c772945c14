"""Requests run in a few lasting threads; who finds too many waiting is told when to come back."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import include, path

from examplatform.handler import RequestHandler
from exams.threads import DatabaseThreads

GATE = threading.Event()
WORKED: list[str] = []


def slow(request: HttpRequest) -> HttpResponse:
    """Answer when the test says so, with the name of the thread."""
    GATE.wait(10)
    WORKED.append(request.GET.get("name", ""))
    return HttpResponse(threading.current_thread().name)


def parts(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"one ", b"two"]))


def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


urlpatterns = [
    path("slow/", slow),
    path("admin/slow/", slow),
    path("parts/", parts),
    path("read/", read),
    path("", include("examplatform.urls")),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def gate() -> Iterator[None]:
    GATE.clear()
    WORKED.clear()
    yield
    GATE.set()


@pytest.fixture
def handler(settings: Any) -> RequestHandler:
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware"]
    handler = RequestHandler()
    handler.candidates = DatabaseThreads("candidates", 2, waiting=2)
    handler.staff = DatabaseThreads("staff", 1, waiting=2)
    return handler


class Visitor:
    """One request to the handler."""

    def __init__(self, handler: RequestHandler, path: str, body: bytes = b"", **headers: str) -> None:
        sent = {"accept": "text/html", "accept_language": "zh-hans", "cookie": ""} | headers
        address, _, query = path.partition("?")
        self.scope = {
            "type": "http",
            "method": "POST" if body else "GET",
            "path": address,
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
        }
        self.exchange: Any = ApplicationCommunicator(handler, self.scope)  # type: ignore[no-untyped-call]
        self.body = body

    async def asks(self) -> "Visitor":
        await self.exchange.send_input({"type": "http.request", "body": self.body})
        await asyncio.sleep(0.02)
        return self

    async def leaves(self) -> None:
        await self.exchange.send_input({"type": "http.disconnect"})
        await self.exchange.wait(timeout=5)

    async def answer(self) -> tuple[int, dict[str, str], str]:
        start = await self.exchange.receive_output(timeout=10)
        said, more = b"", True
        while more:
            piece = await self.exchange.receive_output(timeout=10)
            said, more = said + piece["body"] if "body" in piece else said, piece.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, said.decode()


async def test_requests_share_the_threads_and_staff_have_their_own(handler: RequestHandler) -> None:
    visitors = [await Visitor(handler, "/slow/").asks() for _ in range(4)]
    staff = await Visitor(handler, "/admin/slow/").asks()
    GATE.set()
    names = {text.rpartition("_")[0] for _status, _headers, text in [await visitor.answer() for visitor in visitors]}
    assert names == {"candidates"}
    assert (await staff.answer())[2].startswith("staff")


async def test_one_request_too_many_is_asked_to_come_back(handler: RequestHandler) -> None:
    waiting = [await Visitor(handler, "/slow/").asks() for _ in range(4)]
    status, headers, page = await (await Visitor(handler, "/slow/", accept_language="en").asks()).answer()
    assert (status, headers["retry-after"], headers["cache-control"]) == (503, "3", "no-store")
    assert "The system is busy" in page
    assert 'http-equiv="refresh"' in page
    posted = await (await Visitor(handler, "/slow/", b"x=1").asks()).answer()
    assert posted[0] == 503
    assert 'http-equiv="refresh"' not in posted[2]
    script = await (await Visitor(handler, "/slow/", b"{}", content_type="application/json").asks()).answer()
    assert (script[0], json.loads(script[2])["error"]) == (503, "busy")
    GATE.set()
    assert [(await visitor.answer())[0] for visitor in waiting] == [200] * 4


async def test_whoever_leaves_before_their_turn_is_not_served(handler: RequestHandler) -> None:
    waiting = [await Visitor(handler, f"/slow/?name={number}").asks() for number in range(3)]
    await waiting[2].leaves()
    GATE.set()
    for visitor in waiting[:2]:
        await visitor.answer()
    assert sorted(WORKED) == ["0", "1"]
    assert not handler.candidates.is_busy


async def test_a_stream_is_sent_in_its_parts(handler: RequestHandler) -> None:
    assert (await (await Visitor(handler, "/parts/").asks()).answer())[2] == "one two"


async def test_a_body_is_read_in_the_thread(handler: RequestHandler) -> None:
    assert (await (await Visitor(handler, "/read/", b"what was sent").asks()).answer())[2] == "what was sent"


def test_a_static_file_that_is_not_there_is_answered_without_the_rest_of_the_platform(settings: Any) -> None:
    from examplatform.static_files import StaticFiles

    def never(request: HttpRequest) -> HttpResponseBase:
        raise AssertionError("asked the rest")

    request = HttpRequest()
    request.path_info = f"{settings.STATIC_URL}css/nothing.css"
    assert StaticFiles(never)(request).status_code == 404
