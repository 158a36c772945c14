"""Check-in over the candidate's websocket, with real frames, a real verifier and the whole application behind it."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from exams.models import Exam
from exams.services import sittings
from proctoring.models import IdentityCheck
from proctoring.tests.factories import Page
from proctoring.tests.socket_stage import again, kinds, make, showing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("socket_stage")]
ADOPT = Exam.WithoutReference.ADOPT.value


async def test_the_registered_person_passes_after_several_frames(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in"))
    greeting = await page.told()
    assert (greeting["state"], greeting["attempts_left"]) == ("unchecked", 3)
    first = await page.show("obama2")
    assert (first["type"], first["frames_good"], first["frames_needed"]) == ("verdict", 1, 5)
    told = await showing(page, "obama2", until="check_in")
    assert (told["state"], told["next"]) == ("passed", "/next/")
    assert (await again(sitting)).check_in == "passed"


async def test_another_person_fails_three_times_and_is_then_held(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in"))
    await page.told()
    states = [await showing(page, "biden", until="check_in") for _ in range(3)]
    assert [told["state"] for told in states] == ["unchecked", "unchecked", "held"]
    assert [told["attempts_left"] for told in states] == [2, 1, 0]
    assert states[0]["attempt"] == "failed"
    checks = await sync_to_async(lambda: list(IdentityCheck.objects.values_list("verdict", "distance")))()
    assert len(checks) == 3
    assert all(verdict == "mismatch" and (distance or 0) > 0.45 for verdict, distance in checks)
    assert await kinds() == ["check_in_failed"]
    assert (await again(sitting)).identity == "in_doubt"


async def test_frames_that_show_nobody_are_hints_and_no_attempts(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in"))
    await page.told()
    empty = await page.show()
    crowd = await page.show("obama2", "biden", tall=260)
    assert (empty["verdict"], crowd["verdict"]) == ("no_face", "several_faces")
    assert empty["hint"]
    assert (await again(sitting)).check_in_failures == 0


async def test_hints_come_in_the_language_of_the_page(pages: list[Page]) -> None:
    sitting = await make()
    pages.append(page := await Page.of(sitting, "check_in", language="zh-hans"))
    await page.told()
    assert "人脸" in (await page.show())["hint"]


async def test_without_a_photo_and_a_rule_to_adopt_a_person_is_asked(pages: list[Page]) -> None:
    sitting = await make(photo=None)
    pages.append(page := await Page.of(sitting, "check_in"))
    assert (await page.told())["state"] == "held"
    assert (await again(sitting)).check_in == "held"


async def test_or_the_first_good_picture_becomes_the_photo(pages: list[Page]) -> None:
    sitting = await make(photo=None, exam__without_reference=ADOPT)
    pages.append(page := await Page.of(sitting, "check_in"))
    await page.told()
    told = await showing(page, "biden", until="check_in")
    assert (told["state"], told["attempt"]) == ("passed", "adopted")


async def test_a_person_who_passes_a_candidate_is_heard_by_the_page(pages: list[Page]) -> None:
    sitting = await make(check_in="held")
    pages.append(page := await Page.of(sitting, "check_in"))
    assert (await page.told())["state"] == "held"
    await sync_to_async(sittings.move_check_in)(sitting, "passed", timezone.now(), reason="证件相符")
    told = await page.told("check_in")
    assert (told["state"], told["next"]) == ("passed", "/next/")


async def test_nobody_checks_in_before_the_door_opens(pages: list[Page]) -> None:
    sitting = await make(exam__opens_at=timezone.now() + timedelta(days=2))
    pages.append(page := await Page.of(sitting, "check_in"))
    assert (await page.told())["state"] == "unchecked"
    assert (await page.show("obama2"))["verdict"] == "not_wanted"
    assert (await again(sitting)).check_in == "unchecked"
