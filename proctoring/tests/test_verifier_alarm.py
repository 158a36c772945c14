"""Staff hear of it when nobody looks at pictures while an exam with a camera runs."""

import asyncio
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Exam
from proctoring import verifier
from proctoring.faces.asking import Health
from proctoring.tests import staff
from proctoring.tests.factories import camera_sitting

DOWN, UP = Health(0, silent_for=20), Health(2)


class Known:
    """A verifier of which only the health is asked."""

    def __init__(self, health: Health) -> None:
        self.told = health

    def health(self) -> Health:
        return self.told

    def warm(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    known = Known(DOWN)
    monkeypatch.setattr(verifier, "verifier", lambda: known)
    return known


def is_missed(client: Client) -> bool:
    answer = client.get(reverse("admin:verifier"))
    assert "no-store" in answer.headers["Cache-Control"]
    missed: bool = answer.json()["missed"]
    return missed


def is_shown(client: Client) -> bool:
    page = client.get(reverse("admin:index")).content.decode()
    assert "人脸识别服务没有响应" in page
    return '<div class="notice notice--danger">' in page


@pytest.mark.django_db
def test_every_page_of_staff_carries_the_alarm_while_an_exam_runs(known: Known) -> None:
    camera_sitting()
    invigilator = staff.invigilator()
    assert is_missed(invigilator)
    assert is_shown(invigilator)
    known.told = UP
    assert not is_missed(invigilator)
    assert not is_shown(invigilator)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"face_rule": Exam.FaceRule.NONE.value}, {"closes_at": timezone.now() - timedelta(seconds=1)}],
    ids=["no camera", "over"],
)
def test_where_no_camera_is_used_nobody_is_alarmed(known: Known, change: dict[str, object]) -> None:
    exam = camera_sitting().enrolment.exam
    Exam.objects.filter(pk=exam.pk).update(**change)
    assert not is_missed(staff.invigilator())


@pytest.mark.django_db
def test_only_staff_are_told(known: Known) -> None:
    answer = Client().get(reverse("admin:verifier"))
    assert answer.status_code == 302
    login = Client().get(reverse("admin:login")).content.decode()
    assert "data-verifier" not in login


async def test_the_log_says_when_the_verifier_goes_and_when_it_is_back(
    known: Known, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(verifier, "LOOKS_EVERY", 0.01)
    monkeypatch.setattr(verifier, "STARTS_WITHIN", 0.0)
    async with verifier.warmed():
        await asyncio.sleep(0.05)
        known.told = UP
        await asyncio.sleep(0.05)
    told = [(record.levelno, record.getMessage()) for record in caplog.records if record.name == verifier.__name__]
    assert [level for level, _ in told] == [logging.ERROR, logging.WARNING]
    assert "No verifier worker answers" in told[0][1]
    assert "answer again: 2" in told[1][1]
