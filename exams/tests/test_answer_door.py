"""The fast door for answers: it stores what Django would store, and whoever Django turns away does not pass it."""

import asyncio
import json
from collections import OrderedDict
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.sessions.models import Session
from django.core.asgi import get_asgi_application
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from exams import access
from exams.answer_door import AnswerDoor
from exams.models import ResponseEntry, Sitting
from exams.services import database_thread, group_commit, sittings
from exams.tests.answers import logged, op, stored
from exams.tests.factories import CLIENT, SittingFactory, browser_of, overdue
from exams.views.responses import ANSWERS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("open_seams")]
TOKEN = "t" * 32
HOST = "localhost"


class Reply:
    """What came back over ASGI."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.content = b""

    @property
    def data(self) -> Any:
        return json.loads(self.content)

    async def take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self.content += message.get("body", b"")


class Page:
    """A page of a candidate, as its requests reach the server; `asked` counts those that Django had to look at."""

    def __init__(self, sitting: Sitting, browser: Client | None = None) -> None:
        self.sitting = sitting
        self.session = (browser or browser_of(sitting)).cookies["sessionid"].value
        self.asked = 0
        self.headers: dict[str, str] = {}

    def body(self, *ops: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"sitting": self.sitting.pk, "client": CLIENT, "epoch": 1, "ops": list(ops), **more}

    def send(self, *ops: dict[str, Any]) -> Reply:
        """Send one request with these answers, through a door of its own."""
        (reply,) = self.send_all(self.body(*ops))
        return reply

    def send_all(self, *bodies: object, between: Any = None) -> list[Reply]:
        """Send requests one after the other through one door; `between` runs before each but the first."""

        async def whole() -> list[Reply]:
            door = AnswerDoor(self._django())
            async with door.open():
                replies = [await self._request(door, bodies[0])]
                for body in bodies[1:]:
                    if between:
                        await asyncio.to_thread(_in_a_thread, between)
                    replies.append(await self._request(door, body))
                return replies

        return asyncio.run(whole())

    def _django(self) -> Any:
        django = get_asgi_application()

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.asked += 1
            await django(scope, receive, send)

        return counted

    async def _request(self, door: AnswerDoor, body: object) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "host": HOST,
            "cookie": f"csrftoken={TOKEN}; sessionid={self.session}",
            "x-csrftoken": TOKEN,
            "content-type": "application/json",
            "content-length": str(len(content)),
            **self.headers,
        }
        pieces = [content[at : at + 40_000] for at in range(0, len(content), 40_000)] or [b""]
        messages = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces, start=1)
        ]

        async def receive() -> Any:
            while not messages:
                await asyncio.sleep(3600)
            return messages.pop(0)

        reply = Reply()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/exam/responses/",
            "raw_path": b"/exam/responses/",
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items() if value],
            "client": ("127.0.0.1", 1),
            "server": (HOST, 80),
        }
        await door(scope, receive, reply.take)
        return reply


def _in_a_thread(act: Any) -> None:
    try:
        act()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sittings of different tests may have the same number."""
    monkeypatch.setattr(ANSWERS, "_buckets", OrderedDict())


@pytest.fixture
def sitting() -> Sitting:
    begun: Sitting = SittingFactory(begun=True)
    return begun


@pytest.fixture
def tab(sitting: Sitting) -> Page:
    return Page(sitting)


def test_a_plain_answer_is_stored_and_acknowledged_without_django(tab: Page) -> None:
    reply = tab.send(op(2, 1, "C"))
    assert (reply.status, tab.asked) == (200, 0)
    assert reply.data["acks"] == [{"question": 2, "seq": 1, "outcome": "accepted"}]
    assert (reply.data["state"], reply.data["epoch"]) == ("in_progress", 1)
    assert reply.data["server_now"] < reply.data["deadline_at"]
    assert "no-store" in reply.headers["cache-control"]
    assert (stored(tab.sitting), logged(tab.sitting)) == ({2: ["C"]}, [(2, 1, "accepted")])


def test_a_request_and_its_reply_are_small(tab: Page) -> None:
    reply = tab.send(op(2, 1, "C"))
    assert len(json.dumps(tab.body(op(2, 1, "C")))) < 200
    assert len(reply.content) < 250


def test_sending_the_same_again_is_acknowledged_and_logged_once(tab: Page) -> None:
    replies = tab.send_all(*[tab.body(op(1, 1, "B"))] * 3)
    assert [reply.data["acks"][0]["outcome"] for reply in replies] == ["accepted"] * 3
    assert (logged(tab.sitting), tab.asked) == ([(1, 1, "accepted")], 0)


def test_a_session_is_looked_up_once_and_not_for_every_save(tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = Mock(side_effect=access.pass_of)
    monkeypatch.setattr(access, "pass_of", look_up)
    tab.send_all(*(tab.body(op(1, seq)) for seq in range(1, 6)))
    assert (look_up.call_count, tab.asked) == (1, 0)


# --- who is turned away ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-csrftoken": ""}, 403),
        ({"x-csrftoken": "x" * 32}, 403),
        ({"origin": "http://elsewhere.example"}, 403),
        ({"host": "elsewhere.example"}, 400),
        ({"cookie": f"csrftoken={TOKEN}"}, 401),
        ({"cookie": f"csrftoken={TOKEN}; sessionid=unknown"}, 401),
        ({"cookie": ""}, 403),
    ],
)
def test_who_is_not_a_page_of_the_candidate_is_turned_away_by_django(
    tab: Page, headers: dict[str, str], status: int
) -> None:
    tab.headers = headers
    assert (tab.send(op()).status, tab.asked) == (status, 1)
    assert logged(tab.sitting) == []


def test_a_page_of_ours_may_name_its_origin(tab: Page) -> None:
    tab.headers = {"origin": f"http://{HOST}"}
    assert (tab.send(op()).status, tab.asked) == (200, 0)


def test_signing_out_elsewhere_is_noticed_by_the_very_next_save(tab: Page) -> None:
    first, second = tab.send_all(
        tab.body(op(1, 1)), tab.body(op(1, 2, "B")), between=lambda: Session.objects.all().delete()
    )
    assert (first.status, second.status, second.data["error"]) == (200, 401, "signed_out")
    assert stored(tab.sitting) == {1: ["A"]}


def test_a_session_that_has_expired_meanwhile_opens_nothing(tab: Page) -> None:
    ago = timezone.now() - timedelta(seconds=1)
    _first, second = tab.send_all(
        tab.body(op(1, 1)), tab.body(op(1, 2, "B")), between=lambda: Session.objects.update(expire_date=ago)
    )
    assert second.status == 401
    assert stored(tab.sitting) == {1: ["A"]}


def test_a_candidate_who_turns_to_another_exam_does_not_answer_this_one_any_more(sitting: Sitting) -> None:
    enrolment = sitting.enrolment
    other = SittingFactory(enrolment__candidate=enrolment.candidate, enrolment__exam__plan=enrolment.exam.plan)
    browser = browser_of(sitting)
    tab = Page(sitting, browser)

    def turn() -> None:
        session = browser.session
        session["sitting_id"] = other.pk
        session.save()

    _first, second = tab.send_all(tab.body(op(1, 1)), tab.body(op(1, 2, "B")), between=turn)
    assert (second.status, second.data["error"]) == (409, "superseded")
    assert stored(sitting) == {1: ["A"]}


def test_the_sitting_of_another_candidate_is_out_of_reach(tab: Page) -> None:
    other = SittingFactory(begun=True)
    (reply,) = tab.send_all(tab.body(op(1, 1), sitting=other.pk))
    assert (reply.status, reply.data["error"]) == (409, "no_sitting")
    assert ResponseEntry.objects.count() == 0


# --- what django words ---------------------------------------------------------------------------------------------


def test_what_is_malformed_is_worded_by_django(tab: Page) -> None:
    replies = tab.send_all(b"{", tab.body(op(9)), tab.body(op()) | {"padding": "x" * 70_000}, b"[]")
    assert [(reply.status, reply.data["fault"]) for reply in replies] == [
        (400, "not_json"),
        (400, "question"),
        (400, "too_large"),
        (400, "not_json"),
    ]
    assert logged(tab.sitting) == []


def test_a_page_that_was_taken_over_is_told_so_and_its_answer_logged_once(tab: Page) -> None:
    sittings.begin(tab.sitting, "page-2", timezone.now())
    for _time in range(2):
        reply = tab.send(op(1, 1, "B"))
        assert (reply.status, reply.data["error"]) == (409, "superseded")
    assert logged(tab.sitting) == [(1, 1, "superseded")]


def test_in_a_pause_a_page_is_asked_to_come_again(tab: Page) -> None:
    sittings.pause(tab.sitting, "停电", timezone.now())
    reply = tab.send(op())
    assert (reply.status, reply.data["error"], reply.headers["retry-after"]) == (423, "paused", "5")


def test_after_the_deadline_the_late_rule_is_asked_and_the_sitting_closed(sitting: Sitting) -> None:
    tab = Page(overdue(sitting))
    reply = tab.send(op())
    assert (reply.status, reply.data["error"]) == (409, "ended")
    sitting.refresh_from_db()
    assert (sitting.state, logged(sitting)) == ("submitted", [(1, 1, "late_refused")])


def test_within_the_grace_a_late_answer_is_accepted_as_late() -> None:
    sitting = SittingFactory(begun=True, exam__late_responses="grace", exam__late_grace_seconds=60)
    reply = Page(overdue(sitting, timedelta(seconds=5))).send(op())
    assert reply.data["acks"][0]["outcome"] == "late_accepted"
    assert logged(sitting) == [(1, 1, "late_accepted")]


def test_a_cookie_that_no_database_takes_is_signed_out(tab: Page) -> None:
    tab.session = '"a\\000b45678"'  # a quoted cookie may hold any letter in octal
    reply = tab.send(op())
    assert (reply.status, reply.data["error"]) == (401, "signed_out")


def test_who_asks_too_often_is_told_when_to_come_back(tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ANSWERS, "burst", 1)
    monkeypatch.setattr(ANSWERS, "rate", 0.01)
    replies = tab.send_all(tab.body(op(1, 1)), tab.body(op(1, 2)))
    assert [reply.status for reply in replies] == [200, 429]
    assert int(replies[1].headers["retry-after"]) >= 1


def test_a_sitting_without_a_log_gets_one(tab: Page) -> None:
    tab.sitting.log.delete()
    assert tab.send(op()).status == 200
    assert logged(tab.sitting) == [(1, 1, "accepted")]


# --- when the database is away ---------------------------------------------------------------------------------------


def test_while_the_database_is_away_nothing_is_acknowledged_and_the_page_told_when_to_come_back(
    tab: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: object) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(access, "pass_of", away)
    monkeypatch.setattr(database_thread, "is_lost", lambda _used: True)
    tab.headers = {"accept-language": "en"}
    reply = tab.send(op())
    assert (reply.status, reply.data["error"], reply.headers["retry-after"]) == (503, "unavailable", "3")
    assert reply.data["message"].startswith("The server cannot save answers")
    assert (tab.asked, logged(tab.sitting)) == (0, [])


@pytest.mark.postgresql
def test_a_connection_that_broke_is_made_anew(tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "TRY_AGAIN", 0.01)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()  # of the test itself, which goes on using it

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                own,
            )

    replies = tab.send_all(tab.body(op(1, 1)), tab.body(op(1, 2, "B")), between=cut)
    assert ([reply.status for reply in replies], tab.asked) == ([200, 200], 0)
    assert stored(tab.sitting) == {1: ["B"]}
