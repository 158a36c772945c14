"""Every door of the room, tried by the wrong person."""

import json
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import PlannedPause, ServerOutage, Sitting
from exams.tests.factories import SittingFactory, browser_of
from proctoring import access, live_view
from proctoring.models import Announcement, Claim, Intervention, PictureViewing
from proctoring.tests import factories, scenes, staff
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db
PAGES = ["room", "room_tiles", "room_queue", "room_announcements", "room_schedule"]
OF_A_CANDIDATE = ["room_candidate", "room_news", "room_acts", "room_picture"]
POSTS = ["room_decide", "room_act", "room_claim"]


@pytest.fixture
def sitting() -> Sitting:
    return passed_sitting(photo=None)


def pages(sitting: Sitting) -> list[str]:
    exam = sitting.enrolment.exam_id
    return [
        reverse("proctoring:room_exams"),
        *(reverse(f"proctoring:{name}", args=[exam]) for name in PAGES),
        *(reverse(f"proctoring:{name}", args=[exam, sitting.pk]) for name in OF_A_CANDIDATE),
    ]


def posts(client: Client, sitting: Sitting) -> list[int]:
    """Try to change something by every form of the room; return the answers."""
    exam = sitting.enrolment.exam_id
    form = {"kind": "pause", "reason": "because", "stamp": ""}
    forms = [client.post(reverse(f"proctoring:{name}", args=[exam, sitting.pk]), form) for name in POSTS]
    words = {"kind": "pause", "reason": "because", "batch": "b", "sittings": [sitting.pk], "text": "x"}
    scripts = [
        client.post(reverse(f"proctoring:{name}", args=[exam]), json.dumps(words), content_type="application/json")
        for name in ("room_many", "room_announce")
    ]
    ago = timezone.now() - timedelta(hours=1)
    outage, _made = ServerOutage.objects.get_or_create(began_at=ago, defaults={"ended_at": timezone.now()})
    plain = client.post(reverse("proctoring:room_compensate", args=[exam, outage.pk]), {"reason": "because"})
    begins = (timezone.localtime() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    paused = client.post(
        reverse("proctoring:room_plan_pause", args=[exam]), {"begins_at": begins, "minutes": "9", "reason": "because"}
    )
    return [answer.status_code for answer in (*forms, *scripts, plain, paused)]


def nothing_was_done() -> bool:
    return not any(model.objects.exists() for model in (Intervention, Claim, Announcement, PlannedPause))


def test_strangers_and_candidates_are_sent_to_the_sign_in_page(sitting: Sitting) -> None:
    for client in (Client(), browser_of(sitting)):
        for url in pages(sitting):
            answer = client.get(url)
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(reverse("admin:login"))
        assert set(posts(client, sitting)) == {302, 401}  # forms, and scripts that cannot follow
    assert nothing_was_done()


def test_a_script_is_told_that_nobody_is_signed_in(sitting: Sitting) -> None:
    url = reverse("proctoring:room_tiles", args=[sitting.enrolment.exam_id])
    answer = Client().get(url, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert staff.organizer().get(url, headers={"accept": "application/json"}).status_code == 403


def test_an_organizer_and_staff_without_a_group_stay_outside(sitting: Sitting) -> None:
    for client in (staff.organizer(), staff.staff_without_group()):
        assert {client.get(url).status_code for url in pages(sitting)} == {403}
        assert set(posts(client, sitting)) == {403}
    assert nothing_was_done()


def test_who_may_only_watch_changes_nothing(sitting: Sitting) -> None:
    client = Client()
    client.force_login(factories.staff("proctoring.watch_room"))
    exam = sitting.enrolment.exam_id
    wall = client.get(reverse("proctoring:room", args=[exam]))
    assert wall.status_code == 200
    assert "data-open-many" not in wall.content.decode()
    page = client.get(reverse("proctoring:room_candidate", args=[exam, sitting.pk])).content.decode()
    assert 'name="kind"' not in page
    assert set(posts(client, sitting)) == {403}
    assert nothing_was_done()


def test_the_live_picture_takes_the_right_to_see_pictures(sitting: Sitting) -> None:
    client = Client()
    client.force_login(factories.staff("proctoring.watch_room"))
    assert (
        client.get(reverse("proctoring:room_picture", args=[sitting.enrolment.exam_id, sitting.pk])).status_code == 403
    )
    assert not PictureViewing.objects.exists()


def test_a_sitting_is_reached_through_its_own_exam_only(sitting: Sitting) -> None:
    other = SittingFactory(begun=True)
    client = staff.invigilator()
    for name in OF_A_CANDIDATE:
        assert client.get(reverse(f"proctoring:{name}", args=[other.enrolment.exam_id, sitting.pk])).status_code == 404
    wrong = reverse("proctoring:room_act", args=[other.enrolment.exam_id, sitting.pk])
    assert client.post(wrong, {"kind": "pause", "reason": "x"}).status_code == 404
    words = {"kind": "pause", "reason": "x", "batch": "b", "sittings": [sitting.pk]}
    many = reverse("proctoring:room_many", args=[other.enrolment.exam_id])
    answer = client.post(many, json.dumps(words), content_type="application/json")
    assert answer.json() == {"done": [], "left_out": []}
    assert nothing_was_done()


def test_what_is_not_there_is_not_found() -> None:
    client = staff.invigilator()
    for name in PAGES:
        assert client.get(reverse(f"proctoring:{name}", args=[987654])).status_code == 404


@pytest.mark.parametrize(
    "body",
    ["", "[]", '{"kind": "terminate", "batch": "b", "sittings": [1]}', '{"kind": "pause", "sittings": [1]}',
     '{"kind": "pause", "batch": "b", "sittings": ["1"]}', '{"kind": "pause", "batch": "b", "sittings": [true]}',
     '{"kind": "pause", "batch": "b", "sittings": 1}', '{"kind": ["pause"], "batch": {}, "sittings": []}',
     "[" * 5000],
)  # fmt: skip
def test_a_body_that_no_page_sends_is_refused_in_words(sitting: Sitting, body: str) -> None:
    client = staff.invigilator()
    url = reverse("proctoring:room_many", args=[sitting.enrolment.exam_id])
    answer = client.post(url, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_pages_of_the_room_are_kept_by_no_cache(sitting: Sitting) -> None:
    client = staff.invigilator()
    live_view_frame(sitting)
    for url in pages(sitting):
        assert "no-store" in client.get(url).headers["Cache-Control"]


def live_view_frame(sitting: Sitting) -> None:
    async_to_sync(live_view.show)(sitting.pk, scenes.frame("obama"), timezone.now())


def test_a_live_picture_lies_sealed_in_the_cache(sitting: Sitting) -> None:
    live_view_frame(sitting)
    key = live_view._key(sitting.pk)
    taken_at, stored = cache.get(key)
    assert scenes.frame("obama") not in stored
    assert live_view.newest(sitting.pk) == (taken_at, scenes.frame("obama"))
    cache.set(key, (taken_at, scenes.frame("biden")))
    assert live_view.newest(sitting.pk) is None


def test_somebody_who_was_dismissed_watches_no_more(sitting: Sitting) -> None:
    user = factories.staff("proctoring.watch_room")
    assert access.may_watch(user)
    for field in ("is_active", "is_staff"):
        left = User.objects.get(pk=user.pk)
        setattr(left, field, False)
        assert not access.may_watch(left)
