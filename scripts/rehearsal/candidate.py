"""One played candidate: the real pages and sockets, in the order in which a person comes to them."""

import asyncio
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from exams.domain.arrivals import STORED
from scripts.rehearsal.browser import Answer, Browser, Dropped
from scripts.rehearsal.socket import Greeted

CHECK_IN_WITHIN = 180.0  # seconds
GIVES_UP_AFTER = 60.0  # seconds in which an answer must arrive here; a real page never gives up
RETRY_FIRST, RETRY_MOST = 0.2, 2.0
TOO_MANY, LOCKED, UNAVAILABLE = 429, 423, 503
PASSING = frozenset({TOO_MANY, LOCKED, UNAVAILABLE, 500, 502, 504})
QUESTION = re.compile(r'<article[^>]*data-question="(\d+)"[^>]*data-next-seq="(\d+)".*?</article>', re.DOTALL)
CHOSEN = re.compile(r'<input[^>]*value="([^"]+)"[^>]*\schecked')
PAPER_DATA = re.compile(r'<script[^>]*id="paper-data"[^>]*>(.*?)</script>', re.DOTALL)

Value = tuple[str, ...]
Stored = dict[int, tuple[int, Value]]  # by question: the seq and the value


class Unexpected(RuntimeError):
    """The server answered something else than a candidate on this way should get."""


@dataclass(frozen=True)
class Ticket:
    """What a candidate signs in with."""

    id_number: str
    check_code: str


@dataclass
class Record:
    """What all played candidates together have met."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    dropped: int = 0  # connections cut on purpose
    retried: int = 0  # answers that had to be sent again
    pushed_back: int = 0  # times the server said: not now
    saved: int = 0
    bytes_sent: list[int] = field(default_factory=list)  # of saves: head and body as this client writes them
    bytes_received: list[int] = field(default_factory=list)
    body_bytes: list[int] = field(default_factory=list)

    @contextmanager
    def timed(self, operation: str) -> Iterator[None]:
        """Note how long something took that came to a good end."""
        began = time.monotonic()
        yield
        self.latencies[operation].append(time.monotonic() - began)


class Candidate:
    """Signs in, passes the check-in, begins, answers, and hands in."""

    gives_up_after = GIVES_UP_AFTER

    def __init__(self, number: int, ticket: Ticket, origin: str, record: Record, frames: list[bytes]) -> None:
        self.number, self.ticket, self.record, self.frames = number, ticket, record, frames
        self.client = f"rehearsal-{number}"
        self.chance = random.Random(number)
        self.browser = Browser(origin)
        self.epoch = 0
        self.sitting: int | None = None
        self.questions = 0
        self.seqs: dict[int, int] = {}
        self.acked: Stored = {}
        self.sent: dict[int, dict[int, tuple[str, ...]]] = defaultdict(dict)  # everything that was ever sent
        self.handed_out: Stored = {}
        self.page = Answer(0, "", {}, 0, 0)
        self._busy = asyncio.Lock()  # a page sends one request at a time

    # --- up to the camera --------------------------------------------------------------------------------------------

    async def sign_in(self) -> None:
        """Sign in, confirm the details, answer the consent; end before the camera, or where there is none, waiting."""
        with self.record.timed("sign_in"):
            self._expect(200, await self.browser.get("/login/"))
            ticket = {"id_number": self.ticket.id_number, "check_code": self.ticket.check_code}
            path = await self._go("/login/", **ticket)
            if path == "/login/":
                raise Unexpected("signing in was refused")
            path = await self._go("/confirm/", accepted="yes")
            if path == "/consent/":
                version = re.search(r'name="version" value="([^"]*)"', self.page.body)
                if version is None:
                    raise Unexpected("no consent page")
                path = await self._go("/consent/", version=version[1], answer="yes")
            if path not in {"/check-in/", "/waiting/"}:
                raise Unexpected(f"signing in ended on {path}")

    async def check_in(self) -> None:
        """Show the camera until the check has passed."""
        with self.record.timed("check_in"):
            async with asyncio.timeout(CHECK_IN_WITHIN), Greeted(self.browser, "check_in", self.client) as socket:
                while True:
                    await socket.send(self.frame())
                    told = json.loads(await socket.recv())
                    while told["type"] == "check_in" and told["state"] == "unchecked":
                        told = json.loads(await socket.recv())
                    if told["type"] == "check_in":
                        break
                    await asyncio.sleep(told.get("next_in_ms", 500) / 1000)
        if told["state"] != "passed":
            raise Unexpected(f"check-in: {told['state']}")

    def frame(self) -> bytes:
        """Return a picture that is never the same twice in a row."""
        return self.frames[self.chance.randrange(len(self.frames))]

    async def wait(self) -> None:
        """Open the page on which everybody waits for the start."""
        with self.record.timed("waiting"):
            path, self.page = await self.browser.follow(await self.browser.get("/next/"))
            self._expect(200, self.page)
        if path != "/waiting/":
            raise Unexpected(f"not let through to the waiting page, but to {path}")

    async def ask_status(self) -> dict[str, Any]:
        """Ask how the sitting stands, as the page does every few seconds."""
        async with self._busy:
            with self.record.timed("status"):
                page = f"?epoch={self.epoch}&client={self.client}" if self.epoch else ""
                return self._expect(200, await self.browser.get(f"/exam/status/{page}")).json()

    # --- the paper ---------------------------------------------------------------------------------------------------

    async def enter(self, operation: str = "enter") -> None:
        """Fetch the paper, and learn from it what is stored; goes on trying while the server says: not now."""
        with self.record.timed(operation):
            answer = await self._until_taken("/exam/begin/", {"client": self.client})
        self._read(self._expect(200, answer).body)

    def _read(self, paper: str) -> None:
        data = PAPER_DATA.search(paper)
        if data is None:
            raise Unexpected("no paper")
        told = json.loads(data[1])
        self.epoch, self.sitting = told["epoch"], told.get("sitting")
        self.handed_out = stored_on(paper)
        self.questions = len(self.handed_out)
        self.seqs = {question: seq for question, (seq, _value) in self.handed_out.items()}

    async def reload(self) -> None:
        """Load the page anew on a new connection and take the paper again."""
        self.browser.hang_up()
        with self.record.timed("reload"):
            self._expect(200, await self.browser.get("/waiting/"))
        await self.enter("enter_again")

    def lost_on_the_page(self) -> int:
        """Return how many acked answers the paper that was handed out last does not show."""
        return lost(self.acked, self.handed_out, self.sent)

    # --- answers -----------------------------------------------------------------------------------------------------

    async def save(self, *, drop: float = 0.0) -> None:
        """Change one answer and bring it to the server, however often that takes; `drop` is the share of cut tries."""
        async with self._busy:
            op = self._op(self.chance.randrange(1, self.questions + 1))
            body = self._saying(op)
            began, tries = time.monotonic(), 0
            while time.monotonic() < began + self.gives_up_after:
                tries += 1
                if drop and self.chance.random() < drop:
                    await self._lose_the_network(body)
                elif await self._is_acked(op, body):
                    self.record.latencies["save"].append(time.monotonic() - began)
                    self.record.retried += tries - 1
                    return
                await asyncio.sleep(min(RETRY_MOST, RETRY_FIRST * 2 ** (tries - 1)) * (0.5 + self.chance.random() / 2))
            raise Unexpected(f"an answer did not arrive within {self.gives_up_after:.0f} s")

    async def _lose_the_network(self, body: dict[str, Any]) -> None:
        """Cut the connection before the request is sent, right after it, or when the server may have acted on it."""
        self.record.dropped += 1
        match self.chance.randrange(3):
            case 0:
                self.browser.hang_up()
            case 1:
                await self.browser.send_and_hang_up("/exam/responses/", body)
            case _:
                await self.browser.send_and_hang_up("/exam/responses/", body, after=0.05)

    def _op(self, question: int) -> dict[str, Any]:
        """Return a new answer to a question."""
        self.seqs[question] = seq = self.seqs.get(question, 0) + 1
        value = [self.chance.choice("ABCD")]
        self.sent[question][seq] = tuple(value)
        return {"question": question, "seq": seq, "value": value, "doubtful": False}

    def _saying(self, op: dict[str, Any]) -> dict[str, Any]:
        whose = {} if self.sitting is None else {"sitting": self.sitting}
        return whose | {"client": self.client, "epoch": self.epoch, "ops": [op]}

    async def _is_acked(self, op: dict[str, Any], body: dict[str, Any]) -> bool:
        """Send an answer; tell whether the server said that it is stored."""
        try:
            answer = await self.browser.post_json("/exam/responses/", body)
        except (OSError, TimeoutError):
            return False
        if answer.status in PASSING:
            self.record.pushed_back += 1
            if answer.status == TOO_MANY:
                await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
            return False
        self._expect(200, answer)
        mine = [ack for ack in answer.json()["acks"] if (ack["question"], ack["seq"]) == (op["question"], op["seq"])]
        if not mine or mine[0]["outcome"] not in STORED:
            raise Unexpected(f"an answer was not stored: {answer.body[:200]}")
        self.note_ack(op)
        self._weigh(answer, body)
        return True

    def note_ack(self, op: dict[str, Any]) -> None:
        """Remember what the server has promised to keep."""
        if self.acked.get(op["question"], (0, ()))[0] < op["seq"]:
            self.acked[op["question"]] = op["seq"], tuple(op["value"])
        self.record.saved += 1

    def _weigh(self, answer: Answer, body: dict[str, Any]) -> None:
        self.record.bytes_sent.append(answer.sent)
        self.record.bytes_received.append(answer.received)
        self.record.body_bytes.append(len(json.dumps(body, separators=(",", ":"))))

    # --- the end -----------------------------------------------------------------------------------------------------

    async def hand_in(self) -> None:
        """Hand the paper in and read the page that says so."""
        with self.record.timed("hand_in"):
            body = {"client": self.client, "epoch": self.epoch}
            self._expect(200, await self._until_taken("/exam/hand-in/", body))
            path, self.page = await self.browser.follow(await self.browser.get("/finished/"))
            self._expect(200, self.page)
        if path not in {"", "/finished/"}:
            raise Unexpected(f"the end was on {path}")

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _until_taken(self, path: str, body: dict[str, Any]) -> Answer:
        began, tries = time.monotonic(), 0
        while True:
            try:
                answer = await self.browser.post_json(path, body)
            except Dropped:
                answer = Answer(UNAVAILABLE, "", {}, 0, 0)
            early = answer.json().get("error") == "too_early"
            if not (early or answer.status in PASSING) or time.monotonic() > began + GIVES_UP_AFTER:
                return answer
            tries += 1
            self.record.pushed_back += 1
            named = float(answer.headers.get("retry-after", 0))
            await asyncio.sleep(named or min(RETRY_MOST, RETRY_FIRST * 2**tries) * (0.5 + self.chance.random() / 2))

    async def _go(self, path: str, **form: str) -> str:
        """Send a form and follow; return the path of the page at which that ends, which is kept as `page`."""
        sent = await self.browser.post(path, **form)
        where, self.page = await self.browser.follow(sent)
        self._expect(200, self.page)
        return where or path

    @staticmethod
    def _expect(wanted: int, answer: Answer) -> Answer:
        if answer.status != wanted:
            raise Unexpected(f"{answer.status} instead of {wanted}: {answer.body[:200]}")
        return answer


def stored_on(paper: str) -> Stored:
    """Return what a paper shows as stored: for every question the seq and what is chosen."""
    return {
        int(found[1]): (int(found[2]) - 1, tuple(sorted(CHOSEN.findall(found[0]))))
        for found in QUESTION.finditer(paper)
    }


def lost(
    acked: Mapping[int, tuple[int, Value]],
    stored: Mapping[int, tuple[int, Value]],
    sent: Mapping[int, Mapping[int, Value]],
) -> int:
    """Return how many acked answers are not there: neither the acked one, nor a newer one that was sent."""
    missing = 0
    for question, (seq, _value) in acked.items():
        there, value = stored.get(question, (0, ()))
        missing += there < seq or sent.get(question, {}).get(there) != value
    return missing
