"""The door of every page of the way: nobody else, and each candidate where they belong."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from exams.tests.factories import SittingFactory, browser_of, minutes, overdue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]
PAGES = ["/choose/", "/confirm/", "/consent/", "/waiting/", "/missed/", "/finished/"]
OF_A_SITTING = [address for address in PAGES if address != "/choose/"]
OWN = {
    "confirm": "/confirm/",
    "waiting": "/waiting/",
    "paper": "/waiting/",
    "missed": "/missed/",
    "finished": "/finished/",
}


def sitting_at(step: str) -> Sitting:
    """Return a sitting whose candidate belongs on the page of a step."""
    if step == "confirm":
        return SittingFactory(confirmed_at=None)
    if step == "missed":
        return SittingFactory(exam__late_entry_minutes=15)
    sitting: Sitting = SittingFactory(begun=step in {"paper", "finished"})
    return sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, now()) if step == "finished" else sitting


def now() -> datetime:
    return timezone.now()


@pytest.mark.parametrize("address", [*PAGES, "/next/"])
def test_who_is_not_signed_in_is_asked_to_sign_in(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize("address", OF_A_SITTING)
def test_a_sitting_of_somebody_else_opens_no_page(address: str) -> None:
    browser, other = browser_of(SittingFactory()), SittingFactory()
    session = browser.session
    session["sitting_id"] = other.pk
    session.save()
    answer = browser.get(address)
    assert answer.status_code == 302
    assert answer["Location"] == "/next/"


def test_a_check_code_of_another_plan_opens_no_page() -> None:
    browser = browser_of(SittingFactory())
    session = browser.session
    session["scopes"] = ["ANOTHER-PLAN"]
    session.save()
    assert browser.get("/waiting/")["Location"] == "/next/"
    assert browser.get("/next/")["Location"] == "/choose/"


@pytest.mark.parametrize("address", OF_A_SITTING)
@pytest.mark.parametrize("step", OWN)
def test_every_page_sends_a_candidate_to_where_they_belong(step: str, address: str) -> None:
    answer = browser_of(sitting_at(step)).get(address)
    if address == OWN[step]:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 302
        assert answer["Location"] == OWN[step]


@pytest.mark.parametrize("step", OWN)
def test_after_signing_in_the_candidate_comes_to_their_page(step: str) -> None:
    assert browser_of(sitting_at(step)).get("/next/")["Location"] == OWN[step]


def test_a_sitting_whose_deadline_has_passed_is_finished_before_anybody_wrote_it_down() -> None:
    sitting = overdue(SittingFactory(begun=True), ago=minutes(2))
    browser = browser_of(sitting)
    assert browser.get("/waiting/")["Location"] == "/finished/"
    assert browser.get("/finished/").status_code == 200
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.SUBMITTED
    assert sitting.ended_by == Sitting.EndedBy.DEADLINE


@pytest.mark.parametrize("step", OWN)
def test_no_page_is_kept_by_the_browser(step: str) -> None:
    assert "no-store" in browser_of(sitting_at(step)).get(OWN[step])["Cache-Control"]


@pytest.mark.parametrize("step", OWN)
def test_no_page_shows_the_document_number(step: str) -> None:
    sitting = sitting_at(step)
    shown = browser_of(sitting).get(OWN[step]).content.decode()
    shown = shown.replace(sitting.enrolment.account_number, "")  # may end up with the same four digits in it
    assert sitting.enrolment.candidate.id_number not in shown
    assert sitting.enrolment.candidate.id_number[-4:] not in shown
