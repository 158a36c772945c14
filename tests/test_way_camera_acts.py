"""What happens in front of the camera, and how soon it is known: turned heads, exchanged persons, covered lenses."""

import time

import pytest
from playwright.sync_api import Page, expect

from proctoring.models import IdentityCheck, Incident
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import Seat, admitted, face_seat
from tests.staged_camera import StagedCamera
from tests.way import CAMERA_PATIENCE, Way, until

TURNED = 17, 25  # the frames of a clip in which the head is turned
OPPOSITE = {"left": "right", "right": "left"}


def staged(page: Page, clips: Clips) -> StagedCamera:
    paths = {"person_a": clips.person_a, "person_b": clips.person_b, "empty": clips.empty, "two": clips.two_persons}
    return StagedCamera(page, paths | {"left": clips.turn_left, "right": clips.turn_right})


def at_check_in(way: Way, camera: StagedCamera) -> None:
    way.to_check_in()
    camera.show("person_a")
    way.open_camera()
    way.check_in_is("live")


def turn_until_done(way: Way, camera: StagedCamera, *, obeys: bool = True) -> None:
    """Turn the head as the page asks, or always the other way."""
    patience, shown = time.monotonic() + 60, ""
    while way.page.locator("[data-check-in]").get_attribute("data-state") == "live":
        assert time.monotonic() < patience, "the check-in did not end"
        asked = way.page.locator("[data-turn]").get_attribute("data-turn") or ""
        if asked != shown:
            turn = (asked if obeys else OPPOSITE[asked]) if asked in OPPOSITE else ""
            camera.show(turn, *TURNED) if turn else camera.show("person_a")
            shown = asked
        way.page.wait_for_timeout(100)


def test_the_right_person_turns_their_head_as_asked_and_passes(browser_with: OpenPage, clips: Clips) -> None:
    way = Way(browser_with(clips.person_a), face_seat(asks_to_turn=True))
    camera = staged(way.page, clips)
    at_check_in(way, camera)
    turn_until_done(way, camera)
    way.page.wait_for_url("**/waiting/")
    assert way.place.sitting.check_in == "passed"


def test_a_recording_that_turns_the_wrong_way_waits_for_a_person(browser_with: OpenPage, clips: Clips) -> None:
    way = Way(browser_with(clips.person_a), face_seat(asks_to_turn=True, check_in_attempts=1))
    camera = staged(way.page, clips)
    at_check_in(way, camera)
    turn_until_done(way, camera, obeys=False)
    way.check_in_is("held")
    check = IdentityCheck.objects.get(sitting=way.place.sitting)
    assert check.verdict == IdentityCheck.Verdict.NOT_LIVE
    incident = Incident.objects.get(sitting=way.place.sitting)
    assert (incident.kind, incident.detail["cause"]) == ("check_in_failed", "not_live")


@pytest.fixture
def answering(browser_with: OpenPage, clips: Clips, exam_server: str) -> tuple[Way, StagedCamera]:
    """Return a candidate on the paper, with the right face before the camera."""
    place = face_seat()
    page = browser_with(clips.person_a)
    camera = staged(page, clips)
    admitted(place, page.context, exam_server)
    page.goto("/")
    camera.show("person_a")
    way = Way(page, place)
    way.enter()
    expect(page.locator("[data-face-box]")).to_have_attribute("data-state", "good", timeout=CAMERA_PATIENCE)
    return way, camera


def incident_after(way: Way, kind: Incident.Kind, within: float) -> float:
    """Wait for an incident and return after how many seconds it was known."""
    began, place = time.monotonic(), way.place
    until(lambda: Incident.objects.filter(sitting=place.sitting, kind=kind).exists(), way.page, within + 5)
    return time.monotonic() - began


def is_over(place: Seat, kind: Incident.Kind) -> bool:
    return not Incident.objects.filter(sitting=place.sitting, kind=kind, ended_at=None).exists()


def test_exchanged_persons_company_and_a_covered_lens_are_known_within_seconds(
    answering: tuple[Way, StagedCamera],
) -> None:
    way, camera = answering
    kinds = Incident.Kind
    way.page.wait_for_timeout(5000)
    assert not Incident.objects.filter(sitting=way.place.sitting).exclude(kind=kinds.NETWORK_GAP).exists()

    camera.show("person_b")
    assert incident_after(way, kinds.NOT_THE_PERSON, within=10) <= 10
    camera.show("two")
    assert incident_after(way, kinds.SEVERAL_PERSONS, within=12) <= 12
    camera.show("covered")
    assert incident_after(way, kinds.CAMERA_COVERED, within=18) <= 18
    camera.show("person_a")
    for kind in (kinds.NOT_THE_PERSON, kinds.SEVERAL_PERSONS, kinds.CAMERA_COVERED):
        until(lambda kind=kind: is_over(way.place, kind), way.page)  # type: ignore[misc]
    assert way.place.sitting.state == "in_progress"
