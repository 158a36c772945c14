"""A busy exam for the screenshots: some wait, some answer, one has handed in, one asks for help."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from exams.domain.consent import VERSION
from exams.domain.lifecycle import CheckIn
from exams.models import Enrolment, Exam, Sitting
from exams.services import enrolments, responses, sittings
from proctoring.domain.lockdown import Event, Report
from proctoring.services import incidents, interventions, lockdown, messages

CLIENT = "elsewhere"


def seats(code: str) -> list[Enrolment]:
    """Return the enrolments of a demo exam, in the order of the seats."""
    found = Enrolment.objects.filter(exam__plan__code="DEMO", exam__code=code).select_related("exam__plan", "candidate")
    return list(found.order_by("account_number"))


def opens(code: str, after: timedelta) -> None:
    """Let a demo exam begin so long from now."""
    opens_at = timezone.now() + after
    Exam.objects.filter(plan__code="DEMO", code=code).update(opens_at=opens_at, closes_at=opens_at + timedelta(hours=1))


def fill_room(room: list[Enrolment], by: User) -> None:
    """Let the others of the exam be in the middle of it; the first two seats are left to the browser."""
    now = timezone.now()
    states = ((14, 21), (11, 17), (8, 9), (24, 45))  # minutes ago, questions answered
    asking, switching, paused, done = (
        _sits(seat, now - timedelta(minutes=minutes), answered)
        for seat, (minutes, answered) in zip(room, states, strict=False)
    )
    messages.call_for_help(asking, "鼠标失灵，正在更换，请问可以补时吗？", now=now)
    for minutes in (6, 3):
        began = now - timedelta(minutes=minutes)
        trip = Report(f"trip-{minutes}", Event.HIDDEN, began, began + timedelta(seconds=12))
        lockdown.record(switching, [trip], now=now)
    interventions.pause(paused, by=by, reason="考场临时断电，正在恢复", now=now)
    sittings.submit(done, Sitting.EndedBy.CANDIDATE, now)


def _sits(enrolment: Enrolment, began: datetime, answered: int) -> Sitting:
    """Return a sitting that began a while ago, with its first questions answered."""
    enrolments.answer_consent(enrolment, VERSION, True, began)
    sitting = sittings.confirm(sittings.open_for(enrolment, began), began)
    sitting = sittings.move_check_in(sitting, CheckIn.PASSED, now=began)
    sitting = sittings.begin(sitting, CLIENT, began)
    ops = [
        {"question": number, "seq": 1, "value": item["options"][:1], "doubtful": number % 8 == 0}
        for number, item in enumerate(sitting.paper.items[:answered], start=1)
    ]
    sitting = Sitting.objects.select_related("enrolment__exam__plan", "paper").get(pk=sitting.pk)
    incidents.connection_back(sitting, at=began)  # no camera of a browser stands behind these
    responses.save(sitting, {"client": CLIENT, "epoch": sitting.epoch, "ops": ops})
    return sitting
