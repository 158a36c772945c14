"""Candidates straight before their paper, who answer as fast as the server lets them; what the database says after."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from accounts.devices import COOKIE
from exams.domain.arrivals import STORED
from exams.domain.consent import VERSION
from exams.domain.lifecycle import CheckIn
from exams.models import Exam, ResponseEntry, Sitting
from exams.services import sittings
from scripts.faults.outcome import Outcome
from scripts.rehearsal import exam as exams
from scripts.rehearsal import sessions
from scripts.rehearsal.browser import Browser
from scripts.rehearsal.candidate import Candidate, Record, Ticket, lost

SECRET = "f" * 32  # as a browser's csrf cookie


class Writer(Candidate):
    """A candidate who answers one question after the other, and remembers when each ack came."""

    gives_up_after = 300.0  # seconds: many deaths of a server in a row may come upon one answer

    def __init__(self, number: int, sitting: Sitting, origin: str, record: Record) -> None:
        super().__init__(number, Ticket("", ""), origin, record, [])
        self.sitting = sitting.pk
        self.acks: list[float] = []
        self.saves: list[tuple[float, float]] = []  # when each began, and how long it took
        self.logged: list[tuple[int, int]] = []  # (question, seq) of every acked op
        self.stops = asyncio.Event()

    async def save_once(self, question: int) -> bool:
        """Change the answer to a question, try once, and tell whether it was acked; if not, nobody tries again."""
        op = self._op(question)
        return await self._is_acked(op, self._saying(op))

    async def try_to_save(self, question: int) -> None:
        """Change the answer to a question; whatever the server says is right, as long as it keeps its word."""
        op = self._op(question)
        answer = await self.browser.post_json("/exam/responses/", self._saying(op))
        for ack in answer.json().get("acks", []):
            if (ack["question"], ack["seq"]) == (op["question"], op["seq"]) and ack["outcome"] in STORED:
                self.note_ack(op)

    def beside(self) -> Browser:
        """Return a second connection of the same browser."""
        other = Browser(self.browser.origin)
        other.cookies = dict(self.browser.cookies)
        return other

    async def write(self, pause: float = 0.0) -> None:
        """Answer until told to stop; what is under way is brought to its end."""
        while not self.stops.is_set():
            began = time.monotonic()
            try:
                await self.save()
                self.saves.append((began, time.monotonic() - began))
            except Exception as error:
                self.record.errors.append(f"{self.client}: {error!r}")
                await asyncio.sleep(0.5)
            await asyncio.sleep(pause)

    def note_ack(self, op: dict[str, Any]) -> None:
        super().note_ack(op)
        self.acks.append(time.monotonic())
        self.logged.append((op["question"], op["seq"]))


class Room:
    """The candidates of one exam, made for one fault."""

    def __init__(self, exam: Exam, writers: Sequence[Writer], record: Record) -> None:
        self.exam, self.writers, self.record = exam, writers, record

    @property
    def acks(self) -> int:
        return sum(len(writer.acks) for writer in self.writers)

    @property
    def saves(self) -> list[tuple[float, float]]:
        return [one for writer in self.writers for one in writer.saves]

    def recovery(self, moments: Iterable[float]) -> float:
        """Return the longest time from one of these moments to the next ack of anybody."""
        acks = sorted(moment for writer in self.writers for moment in writer.acks)
        waits = [next((ack - moment for ack in acks if ack > moment), float("inf")) for moment in moments]
        return max(waits, default=0.0)

    def acks_between(self, begins: float, ends: float) -> int:
        return sum(begins < ack < ends for writer in self.writers for ack in writer.acks)

    @asynccontextmanager
    async def writing(self, pause: float = 0.0) -> AsyncIterator[None]:
        """Let everybody answer for as long as the block lasts."""
        tasks = [asyncio.create_task(writer.write(pause)) for writer in self.writers]
        try:
            yield
        finally:
            for writer in self.writers:
                writer.stops.set()
            await asyncio.gather(*tasks)
            for writer in self.writers:
                writer.browser.hang_up()

    def missing(self) -> int:
        """Return how many answers that are acked by now are not stored; may be asked while they come in."""
        return sum(_missing(writer) for writer in self.writers)

    def compare(self, outcome: Outcome) -> None:
        """Look for every acked answer in the answers and in the log, where it must stand once."""
        connections.close_all()  # the database may have been away since
        for writer in self.writers:
            outcome.lost += _missing(writer)
            logged = ResponseEntry.objects.filter(sitting=writer.sitting, client=writer.client)
            entries = Counter(logged.values_list("question", "seq"))
            outcome.lost += sum(entries[op] == 0 for op in writer.logged)
            twice = sum(count > 1 for count in entries.values())
            outcome.require(not twice, f"{twice} answers of {writer.client} stand in the log more than once")
        broken = exams.broken_logs(self.exam)
        outcome.require(not broken, f"{broken} sittings do not pass verify_plan")
        outcome.failures += sorted(set(self.record.errors))[:3]


def _missing(writer: Writer) -> int:
    acked = dict(writer.acked)  # before the database is asked
    rows = Sitting.objects.get(pk=writer.sitting or 0).responses.values_list("question", "seq", "value")
    held = {question: (seq, tuple(sorted(value))) for question, seq, value in rows}
    return lost(acked, held, writer.sent)


def taken(count: int, origin: str, *, face_rule: str = "none", begins: bool = True, minutes: int | None = None) -> Room:
    """Return a room of an exam that is open, everybody signed in, checked, and with `begins` holding the paper."""
    now, record = timezone.now(), Record()
    exam, _tickets = exams.prepare(count, face_rule, now)
    exams.open_at(exam, now - timedelta(minutes=1))
    if minutes is not None:
        Exam.objects.filter(pk=exam.pk).update(duration_minutes=minutes)
    writers = []
    for number, enrolment in enumerate(exam.enrolments.select_related("candidate").order_by("pk")):
        sitting = sittings.confirm(sittings.open_for(enrolment, now), now)
        device = f"device-{number}"
        if exam.uses_camera:
            enrolment.consents.create(version=VERSION, given=True, at=now)
            Sitting.objects.filter(pk=sitting.pk).update(check_in=CheckIn.PASSED.value)
        writer = Writer(number, sitting, origin, record)
        if begins:
            begun = sittings.begin(Sitting.objects.get(pk=sitting.pk), writer.client, timezone.now())
            writer.epoch, writer.questions = begun.epoch, exams.QUESTIONS
        writer.browser.cookies = {
            settings.SESSION_COOKIE_NAME: sessions.of_candidate(sitting, exam),
            settings.CSRF_COOKIE_NAME: SECRET,
            COOKIE: device,
        }
        writers.append(writer)
    return Room(exam, writers, record)


def staff_browser(origin: str) -> Browser:
    """Return the browser of a member of staff who is signed in and may see everything."""
    user, _made = User.objects.get_or_create(username="faults", defaults={"is_staff": True, "is_superuser": True})
    session = sessions.SESSIONS.SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    browser = Browser(origin)
    browser.cookies = {settings.SESSION_COOKIE_NAME: str(session.session_key)}
    return browser
