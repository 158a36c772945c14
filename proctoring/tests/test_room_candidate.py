"""The page of one candidate in the room: the acts there, what others handle, what has changed meanwhile."""

from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exams.models import Plan, Sitting
from exams.services import sittings
from proctoring import live_view
from proctoring.models import Claim, Incident, Intervention, Message, PictureViewing
from proctoring.services import claims, evidence, freshness, incidents, interventions, messages, reviews
from proctoring.tests import scenes, staff
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    cache.clear()
    return staff.invigilator()


@pytest.fixture
def sitting() -> Sitting:
    return passed_sitting(photo=None)


@pytest.fixture
def other() -> User:
    return User.objects.create_user("li", first_name="李老师", is_staff=True)


def url(name: str, sitting: Sitting) -> str:
    return reverse(f"proctoring:{name}", args=[sitting.enrolment.exam_id, sitting.pk])


def act(client: Client, sitting: Sitting, kind: str, stamp: str | None = None, **words: str) -> HttpResponse:
    stamp = freshness.stamp(sitting) if stamp is None else stamp
    return client.post(url("room_act", sitting), {"kind": kind, "reason": "核实情况", "stamp": stamp, **words})  # type: ignore[return-value]  # the test client wraps it


def fresh(sitting: Sitting) -> Sitting:
    return Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)


def test_a_page_that_names_pictures_does_not_load_them(client: Client, sitting: Sitting) -> None:
    incident = incidents.open_or_extend(
        sitting, Incident.Kind.NOT_THE_PERSON, severity="serious", began_at=timezone.now()
    )
    kept = evidence.keep(sitting.pk, scenes.frame("biden"), reason="x", taken_at=timezone.now())
    assert kept is not None
    incident.snapshots.add(kept)
    change = reverse("admin:exams_sitting_change", args=[sitting.pk])
    pages = [url("room_candidate", sitting), url("room_news", sitting), change, "/admin/proctoring/incident/"]
    for page in pages:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        assert not [query for query in asked if 'snapshot"."data"' in query["sql"]], page


# --- acting ----------------------------------------------------------------------------------------------------------


def test_an_act_is_done_said_and_on_record(client: Client, sitting: Sitting) -> None:
    answer = act(client, sitting, "pause")
    assert answer.status_code == 200
    assert "已执行：暂停" in answer.content.decode()
    assert answer.headers["HX-Trigger"] == "room:news"
    assert fresh(sitting).state == "paused"
    assert Intervention.objects.get().kind == "pause"
    assert "核实情况" in LogEntry.objects.get().change_message


def test_a_note_changes_nothing_but_the_record(client: Client, sitting: Sitting) -> None:
    act(client, sitting, "note", reason="已到座位查看")
    assert Intervention.objects.get().kind == Intervention.Kind.NOTE
    assert freshness.stamp(fresh(sitting)) == freshness.stamp(sitting)
    assert "已到座位查看" in client.get(url("room_news", sitting)).content.decode()


def test_what_was_seen_before_it_changed_is_not_acted_on(client: Client, sitting: Sitting, other: User) -> None:
    seen = freshness.stamp(sitting)
    interventions.extend(sitting, minutes=5, by=other, reason="断网", now=timezone.now())
    answer = act(client, sitting, "extend", stamp=seen, minutes="5")
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "状态已经改变" in said
    assert "李老师" in said
    assert 'value="核实情况"' in said
    assert fresh(sitting).extra_seconds == 300
    assert act(client, fresh(sitting), "extend", minutes="5").status_code == 200
    assert fresh(sitting).extra_seconds == 600


def test_the_same_form_sent_twice_gives_time_once(client: Client, sitting: Sitting) -> None:
    seen = freshness.stamp(sitting)
    for _time in range(2):
        act(client, sitting, "extend", stamp=seen, minutes="5")
    assert fresh(sitting).extra_seconds == 300


def test_acting_on_whom_somebody_else_handles_asks_first(client: Client, sitting: Sitting, other: User) -> None:
    claims.claim(sitting, by=other, now=timezone.now())
    asked = act(client, sitting, "pause")
    assert asked.status_code == 409
    assert "李老师正在处理" in asked.content.decode()
    assert 'name="despite" value="1"' in asked.content.decode()
    assert fresh(sitting).state == "in_progress"
    assert act(client, sitting, "pause", despite="1").status_code == 200
    assert fresh(sitting).state == "paused"


def test_a_note_needs_nobodys_leave(client: Client, sitting: Sitting, other: User) -> None:
    claims.claim(sitting, by=other, now=timezone.now())
    assert act(client, sitting, "note").status_code == 200


def test_a_message_and_the_answer_to_a_call_reach_the_candidate(client: Client, sitting: Sitting) -> None:
    call = messages.call_for_help(sitting, "鼠标坏了", now=timezone.now())
    assert "鼠标坏了" in client.get(url("room_acts", sitting)).content.decode()
    act(client, sitting, "message", text="马上到", call=str(call.pk))
    call.refresh_from_db()
    assert call.settled_at
    assert Message.objects.get(direction="to_candidate").answers == call


def test_a_call_that_was_answered_meanwhile_is_not_answered_twice(
    client: Client, sitting: Sitting, other: User
) -> None:
    call = messages.call_for_help(sitting, "鼠标坏了", now=timezone.now())
    interventions.send_message(sitting, text="我来", by=other, now=timezone.now(), answers=call)
    answer = act(client, sitting, "message", text="马上到", call=str(call.pk))
    assert answer.status_code == 422
    assert "已由其他考务人员处理" in answer.content.decode()
    assert "马上到" in answer.content.decode()
    assert Message.objects.filter(direction="to_candidate").count() == 1


def test_an_incident_is_judged_in_place_and_not_over_somebody_elses_word(
    client: Client, sitting: Sitting, other: User
) -> None:
    now = timezone.now()
    incident = incidents.note(sitting, Incident.Kind.SEVERAL_PERSONS, severity="serious", at=now)
    reviews.review_incident(incident, outcome="dismissed", by=other, reason="镜子", now=now)
    words = {"incident": str(incident.pk), "outcome": "confirmed", "seen": "open"}
    assert act(client, sitting, "review_incident", **words).status_code == 422
    assert act(client, sitting, "review_incident", **words | {"seen": "dismissed"}).status_code == 200
    incident.refresh_from_db()
    assert incident.review == "confirmed"


def test_an_ended_sitting_offers_no_end(client: Client, sitting: Sitting) -> None:
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    offered = client.get(url("room_acts", sitting)).content.decode()
    assert 'value="terminate"' not in offered
    assert 'value="note"' in offered


# --- who handles whom ------------------------------------------------------------------------------------------------


def test_a_candidate_is_claimed_and_let_go_on_the_page(client: Client, sitting: Sitting) -> None:
    assert "我正在处理" in client.post(url("room_claim", sitting)).content.decode()
    assert Claim.objects.get().ended_at is None
    client.post(url("room_claim", sitting), {"release": "1"})
    assert Claim.objects.get().ended_at


def test_taking_over_asks_first(client: Client, sitting: Sitting, other: User) -> None:
    claims.claim(sitting, by=other, now=timezone.now())
    asked = client.post(url("room_claim", sitting))
    assert asked.status_code == 409
    assert "李老师正在处理" in asked.content.decode()
    assert "我正在处理" in client.post(url("room_claim", sitting), {"despite": "1"}).content.decode()


# --- what the page shows ---------------------------------------------------------------------------------------------


def test_the_page_tells_the_rhythm_of_answers_and_never_an_answer(client: Client, sitting: Sitting) -> None:
    sitting.entries.create(
        number=1, question=1, epoch=1, seq=1, value=["SECRET"], outcome="accepted", received_at=timezone.now(), hash=b""
    )
    page = client.get(url("room_candidate", sitting)).content.decode()
    assert "作答1次" in page
    assert "plot__bar" in page
    assert "SECRET" not in page


def test_scores_are_drawn_with_their_threshold(client: Client, sitting: Sitting) -> None:
    now = timezone.now()
    for distance in (0.3, 0.6):
        sitting.identity_checks.create(
            occasion="minute", verdict="match", distance=distance, threshold=0.45, began_at=now, decided_at=now
        )
    page = client.get(url("room_candidate", sitting)).content.decode()
    assert page.count('class="plot__point"') == 1
    assert page.count('class="plot__over"') == 1
    assert "plot__threshold" in page


def test_the_news_tell_when_the_acts_are_out_of_date(client: Client, sitting: Sitting) -> None:
    shown = client.get(url("room_acts", sitting)).content.decode().split('data-shown-stamp="')[1].split('"')[0]
    assert f'data-acts-stamp="{shown}"' in client.get(url("room_news", sitting)).content.decode()
    incidents.note(sitting, Incident.Kind.SWITCHED_AWAY, severity="warning", at=timezone.now())
    assert f'data-acts-stamp="{shown}"' not in client.get(url("room_news", sitting)).content.decode()


# --- the live picture ------------------------------------------------------------------------------------------------


def test_without_a_frame_there_is_no_picture_and_nothing_was_viewed(client: Client, sitting: Sitting) -> None:
    assert client.get(url("room_picture", sitting)).status_code == 204
    assert not PictureViewing.objects.exists()


def test_the_newest_frame_is_shown_uncached_and_a_viewing_is_written_down_once(
    client: Client, sitting: Sitting
) -> None:
    frame = scenes.frame("obama")
    async_to_sync(live_view.show)(sitting.pk, frame, timezone.now())
    for _look in range(3):
        answer = client.get(url("room_picture", sitting))
        assert answer.content == frame
    assert "no-store" in answer.headers["Cache-Control"]
    viewing = PictureViewing.objects.get()
    assert (viewing.kind, viewing.picture, viewing.enrolment_id) == ("live", sitting.pk, sitting.enrolment_id)


def test_nobody_looks_on_after_the_end(client: Client, sitting: Sitting) -> None:
    async_to_sync(live_view.show)(sitting.pk, b"x", timezone.now())
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert client.get(url("room_picture", sitting)).status_code == 204


def test_times_are_those_of_the_exams_zone(client: Client, sitting: Sitting) -> None:
    Plan.objects.update(timezone="Asia/Urumqi")
    ended_at = timezone.now()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, ended_at)
    shown = client.get(url("room_candidate", sitting)).content.decode()
    assert f"<time>{timezone.localtime(ended_at, ZoneInfo('Asia/Urumqi')):%H:%M:%S}</time>" in shown
    assert "data-ended" in shown
