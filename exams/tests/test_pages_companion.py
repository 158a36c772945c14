"""The phone's page behind the QR code: short-lived, of one sitting, without a sign-in."""

from datetime import timedelta

import pytest
import segno
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from exams.models import Sitting
from exams.services import phone_links, sittings
from exams.tests.factories import SittingFactory
from exams.views import companion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


def signed_now(sitting: Sitting) -> str:
    return phone_links.signed(sitting, timezone.now())


def open_link(signed: str) -> tuple[int, str]:
    answer = Client().get(reverse("exams:companion", args=[signed]))
    return answer.status_code, answer.content.decode()


def test_it_says_whose_exam_it_is_and_whom_to_call() -> None:
    sitting = SittingFactory(begun=True, enrolment__name="李晓明")
    status, shown = open_link(signed_now(sitting))
    assert status == 200
    assert "李**" in shown
    assert "李晓明" not in shown
    assert "010-12345678" in shown
    assert sitting.enrolment.account_number not in shown


@pytest.mark.parametrize("signed", ["1", "MQ:1abc:forged", "x" * 60])
def test_a_link_that_we_did_not_make_opens_nothing(signed: str) -> None:
    status, shown = open_link(signed)
    assert status == companion.GONE
    assert "链接已失效" in shown


def test_an_old_link_has_expired() -> None:
    signed = signed_now(SittingFactory(begun=True))
    with time_machine.travel(timezone.now() + phone_links.LASTS + timedelta(minutes=1)):
        assert open_link(signed)[0] == companion.GONE


def test_the_end_of_the_exam_ends_the_link() -> None:
    sitting = SittingFactory(begun=True)
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert open_link(signed_now(sitting))[0] == companion.GONE


def test_the_code_leads_to_the_public_address(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PUBLIC_ORIGIN = "https://exam.example.org"
    sitting = SittingFactory(begun=True)
    monkeypatch.setattr(phone_links, "signed", lambda of, now: f"sitting-{of.pk}")
    drawn = segno.make(f"https://exam.example.org/s/sitting-{sitting.pk}/", error="m", micro=False)
    outline = drawn.svg_inline(border=2, svgclass=None, lineclass=None, omitsize=True)
    assert companion.code(sitting, timezone.now()) == outline


@pytest.mark.parametrize(("name", "masked"), [("李明", "李*"), ("欧阳晓明", "欧**"), ("A", "A*")])
def test_a_name_is_masked(name: str, masked: str) -> None:
    assert companion.masked(name) == masked
