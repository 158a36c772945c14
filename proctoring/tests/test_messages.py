"""Calls for help, and messages from invigilators."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from exams import seams
from exams.tests.factories import SittingFactory, browser_of
from proctoring.models import Message
from proctoring.services import messages

pytestmark = pytest.mark.django_db


def call(page: object, text: str = "耳机没有声音") -> tuple[int, dict[str, str]]:
    response = page.post(reverse("proctoring:help"), {"text": text}, content_type="application/json")  # type: ignore[attr-defined]
    return response.status_code, response.json()


def test_a_call_for_help_reaches_the_invigilators() -> None:
    sitting = SittingFactory(begun=True)
    status, answer = call(browser_of(sitting))
    message = Message.objects.get()
    assert status == 200
    assert answer["message"]
    assert (message.sitting, message.direction, message.text) == (sitting, "from_candidate", "耳机没有声音")


def test_the_words_are_optional() -> None:
    assert call(browser_of(SittingFactory(begun=True)), "  ")[0] == 200
    assert Message.objects.get().text


def test_a_second_call_at_once_is_refused_in_words() -> None:
    page = browser_of(SittingFactory(begun=True))
    call(page)
    status, answer = call(page)
    assert status == 429
    assert answer["error"] == "too_many"
    assert Message.objects.count() == 1


def test_a_later_call_is_heard() -> None:
    sitting = SittingFactory(begun=True)
    now = timezone.now()
    messages.call_for_help(sitting, "一", now=now - timedelta(seconds=30))
    messages.call_for_help(sitting, "二", now=now)
    assert Message.objects.count() == 2


def test_what_an_invigilator_writes_is_shown_until_it_was_read() -> None:
    sitting = SittingFactory(begun=True)
    said = Message.objects.create(sitting=sitting, direction="to_candidate", text="请保持安静", at=timezone.now())
    assert [notice.text for notice in seams.notices_for(sitting)] == ["请保持安静"]
    response = browser_of(sitting).post(reverse("proctoring:message_seen", args=[said.pk]))
    assert response.status_code == 200
    assert seams.notices_for(sitting) == []


def test_nobody_puts_away_the_message_of_somebody_else() -> None:
    mine, theirs = SittingFactory(begun=True), SittingFactory(begun=True)
    said = Message.objects.create(sitting=theirs, direction="to_candidate", text="x", at=timezone.now())
    assert browser_of(mine).post(reverse("proctoring:message_seen", args=[said.pk])).status_code == 404
    assert len(seams.notices_for(theirs)) == 1
