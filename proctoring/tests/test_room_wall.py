"""The wall as the page asks for it: everybody once, then only what has changed, for a handful of queries."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exams.models import Exam, Response, Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory, browser_of
from proctoring import broadcasts, presence, room_queries
from proctoring.domain.wall import Place
from proctoring.models import Incident
from proctoring.services import claims, incidents, interventions, messages, reviews
from proctoring.tests import factories, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam() -> Exam:
    cache.clear()
    exam: Exam = ExamFactory(with_paper=True)
    return exam


def begun(exam: Exam, name: str = "李明", **enrolment: Any) -> Sitting:
    sitting: Sitting = SittingFactory(enrolment=EnrolmentFactory(exam=exam, name=name, **enrolment), begun=True)
    presence.heard(sitting.pk, timezone.now())
    return sitting


def tiles(exam: Exam, client: Client | None = None, after: str = "") -> dict[str, Any]:
    cache.delete(broadcasts.wall_key(exam.pk))  # as if a second had passed
    client = client or staff.invigilator()
    answer: dict[str, Any] = client.get(reverse("proctoring:room_tiles", args=[exam.pk]), {"after": after}).json()
    return answer


def tile_of(exam: Exam, sitting: Sitting) -> dict[str, Any]:
    found: dict[str, Any] = room_queries.read_wall(exam, timezone.now()).tiles[sitting.enrolment_id]
    return found


def test_everybody_enrolled_has_a_tile(exam: Exam) -> None:
    sitting = begun(exam, "王芳", room="第1考场", seat="03")
    EnrolmentFactory(exam=exam, name="赵敏")
    Response.objects.create(sitting=sitting, question=1, value=["A"], seq=1, saved_at=timezone.now())
    Response.objects.create(sitting=sitting, question=2, value=[], seq=1, saved_at=timezone.now())
    answer = tiles(exam)
    known = {tile["name"]: tile for tile in answer["tiles"]}
    assert answer["total"] == 3
    assert (known["王芳"]["place"], known["王芳"]["answered"], known["王芳"]["seat"]) == ("sitting", 1, "03")
    assert known["王芳"]["deadline_at"] == sitting.deadline_at.isoformat()  # type: ignore[union-attr]
    assert (known["赵敏"]["place"], known["赵敏"]["sitting"]) == ("absent", None)


def test_only_what_has_changed_is_sent_again(exam: Exam) -> None:
    client, (first, second) = staff.invigilator(), (begun(exam, "甲"), begun(exam, "乙"))
    before = tiles(exam, client)
    assert len(before["tiles"]) == 2
    assert tiles(exam, client, before["cursor"])["tiles"] == []
    Response.objects.create(sitting=second, question=1, value=["A"], seq=1, saved_at=timezone.now())
    after = tiles(exam, client, before["cursor"])
    assert [tile["sitting"] for tile in after["tiles"]] == [second.pk]
    assert first.pk not in [tile["sitting"] for tile in after["tiles"]]


def test_a_watcher_whom_the_server_does_not_remember_is_sent_everything(exam: Exam) -> None:
    begun(exam)
    assert len(tiles(exam, after="0123456789abcdef")["tiles"]) == 1


def test_the_clock_alone_changes_no_tile(exam: Exam) -> None:
    begun(exam)
    now = timezone.now()
    assert room_queries.read_wall(exam, now).cursor == room_queries.read_wall(exam, now + timedelta(seconds=20)).cursor


def test_incidents_calls_and_claims_are_on_the_tile(exam: Exam) -> None:
    sitting, now = begun(exam), timezone.now()
    user = factories.staff("proctoring.watch_room")
    incidents.note(sitting, Incident.Kind.SWITCHED_AWAY, severity="warning", at=now)
    incidents.open_or_extend(sitting, Incident.Kind.NOT_THE_PERSON, severity="serious", began_at=now)
    incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=now)
    messages.call_for_help(sitting, "键盘坏了", now=now)
    claims.claim(sitting, by=user, now=now)
    tile = tile_of(exam, sitting)
    assert [(one["kind"], one["over"]) for one in tile["incidents"]] == [
        ("not_the_person", False),
        ("switched_away", True),
    ]
    assert (tile["open"], tile["tone"], tile["call"]["text"]) == (2, "danger", "键盘坏了")
    assert tile["claim"] == {"by": user.pk, "name": user.username}


def test_a_judged_incident_and_an_answered_call_leave_the_tile(exam: Exam) -> None:
    sitting, now = begun(exam), timezone.now()
    user = factories.staff()
    incident = incidents.note(sitting, Incident.Kind.SEVERAL_PERSONS, severity="serious", at=now)
    call = messages.call_for_help(sitting, "", now=now)
    reviews.review_incident(incident, outcome="dismissed", by=user, reason="x", now=now)
    interventions.send_message(sitting, text="马上来", by=user, now=now, answers=call)
    tile = tile_of(exam, sitting)
    assert (tile["incidents"], tile["call"], tile["tone"]) == ([], None, "plain")


def test_a_page_that_has_fallen_silent_is_shown_with_since_when(exam: Exam) -> None:
    sitting = begun(exam)
    heard = timezone.now() - timedelta(minutes=2)
    Sitting.objects.filter(pk=sitting.pk).update(started_at=heard - timedelta(minutes=5))
    presence.heard(sitting.pk, heard)
    tile = tile_of(exam, sitting)
    assert (tile["silent_since"], tile["tone"]) == (heard.isoformat(), "warning")


def test_a_paused_or_ended_candidate_need_not_be_heard(exam: Exam) -> None:
    sitting, now = begun(exam), timezone.now()
    presence.heard(sitting.pk, now - timedelta(hours=1))
    sittings.pause(sitting, "x", now)
    assert tile_of(exam, sitting)["silent_since"] == ""


def test_asking_how_things_stand_is_a_sign_of_life(exam: Exam) -> None:
    sitting: Sitting = SittingFactory(enrolment=EnrolmentFactory(exam=exam), begun=True)
    assert presence.last_heard([sitting.pk]) == {}
    browser_of(sitting).get("/exam/status/")
    assert sitting.pk in presence.last_heard([sitting.pk])


def test_the_queries_do_not_grow_with_the_candidates(exam: Exam) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            room_queries.read_wall(exam, timezone.now())
        return len(captured)

    for number in range(2):
        begun(exam, str(number))
    few = queries()
    for number in range(6):
        incidents.note(begun(exam, str(number)), Incident.Kind.SWITCHED_AWAY, severity="warning", at=timezone.now())
    assert queries() == few <= 5


def test_one_reading_serves_everybody_for_a_second_and_a_notice_ends_it(
    exam: Exam, django_capture_on_commit_callbacks: Any
) -> None:
    sitting = begun(exam)
    first = room_queries.wall_of(exam, timezone.now())
    Response.objects.create(sitting=sitting, question=1, value=["A"], seq=1, saved_at=timezone.now())
    assert room_queries.wall_of(exam, timezone.now()).cursor == first.cursor
    with django_capture_on_commit_callbacks(execute=True):
        broadcasts.room_changed(exam.pk)
    assert room_queries.wall_of(exam, timezone.now()).cursor != first.cursor


def test_the_page_holds_every_word_the_wall_shows(exam: Exam) -> None:
    page = staff.invigilator().get(reverse("proctoring:room", args=[exam.pk])).content.decode()
    assert 'data-tiles="' in page
    labels = json.loads(page.split('<script id="wall-labels" type="application/json">')[1].split("</script>")[0])
    assert labels["incident"].keys() == set(Incident.Kind.values)
    assert labels["place"].keys() == {place.value for place in Place}


def test_exams_that_are_near_are_listed_and_others_not() -> None:
    now = timezone.now()
    ExamFactory(name="正在进行")
    ExamFactory(name="下个月", opens_at=now + timedelta(days=30))
    ExamFactory(name="上周", opens_at=now - timedelta(days=7))
    page = staff.invigilator().get(reverse("proctoring:room_exams")).content.decode()
    assert "正在进行" in page
    assert "下个月" not in page
    assert "上周" not in page
