"""Thumbnails: made small, kept at a slow rate, given to the wall once, and to nobody else."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from exams.models import Exam, Sitting
from exams.tests.factories import SittingFactory, browser_of
from proctoring.consumers.album import Album, Shot
from proctoring.faces.engine import Unreadable, decode
from proctoring.faces.images import size
from proctoring.faces.thumbnail import thumbnail
from proctoring.models import Camera, RoomViewing, Thumbnail
from proctoring.services import evidence, thumbnails
from proctoring.tests import scenes, staff

PICTURE = b"\xff\xd8\xff picture"
FACE, ROOM = Camera.FACE.value, Camera.ROOM.value


@pytest.fixture(autouse=True)
def nobody_watches_yet() -> None:
    cache.clear()


def keep(sitting: Sitting, picture: bytes = PICTURE, *, camera: str = FACE, in_trail: bool = False) -> None:
    thumbnails.keep(sitting.pk, camera, picture, taken_at=timezone.now(), in_trail=in_trail)


def ask(browser: Client, exam: Exam, *sittings: Sitting, after: str = "", **headers: str) -> Any:
    address = reverse("proctoring:room_thumbnails", args=[exam.pk])
    numbers = ",".join(str(one.pk) for one in sittings)
    return browser.get(address, {"sittings": numbers, "after": after}, headers=headers)


# --- made ------------------------------------------------------------------------------------------------------------


def test_a_thumbnail_is_small_and_of_the_same_shape() -> None:
    small = thumbnail(scenes.frame("obama"))
    assert size(small) == (160, 120)
    assert len(small) < 8_000
    whole = decode(scenes.frame("obama")).mean()
    assert abs(decode(small).mean() - whole) < 3


def test_what_is_no_picture_makes_none() -> None:
    with pytest.raises(Unreadable):
        thumbnail(b"\xff\xd8\xff not really")


# --- kept ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_newest_is_overwritten_and_the_trail_stays() -> None:
    sitting = SittingFactory()
    keep(sitting, b"one", in_trail=True)
    keep(sitting, b"two")
    keep(sitting, b"room", camera=ROOM)
    newest = Thumbnail.objects.filter(is_newest=True)
    assert {row.camera: row.data for row in newest} == {FACE: b"two", ROOM: b"room"}
    assert [row.data for row in Thumbnail.objects.filter(is_newest=False)] == [b"one"]


@pytest.mark.django_db
def test_each_has_a_reason_and_its_own_last_day() -> None:
    keep(SittingFactory(), in_trail=True)
    lives = {row.is_newest: (row.reason, row.expires_at - row.taken_at) for row in Thumbnail.objects.all()}
    assert lives[True] == ("监考实时画面", timedelta(days=1))
    assert lives[False] == ("监考过程留存", timedelta(days=30))


@pytest.mark.django_db
def test_what_has_expired_is_purged() -> None:
    keep(SittingFactory(), in_trail=True)
    in_two_days = timezone.now() + timedelta(days=2)
    assert evidence.purge(in_two_days).thumbnails == 1
    assert [row.is_newest for row in Thumbnail.objects.all()] == [False]


@pytest.mark.django_db(transaction=True)
def test_a_camera_is_shown_every_ten_seconds_and_at_once_when_something_begins() -> None:
    sitting, nine = SittingFactory(), datetime(2026, 1, 19, 9, tzinfo=UTC)
    album, frame = Album(sitting.pk, Camera.FACE), scenes.frame("obama")

    async def shown(at: float, *, at_once: bool = False) -> float:
        await album.show(Shot(nine + timedelta(seconds=at), frame), at_once=at_once, has_trail=True)
        newest = await sync_to_async(Thumbnail.objects.get)(is_newest=True)
        return (newest.taken_at - nine).total_seconds()

    async def minute() -> list[float]:
        return [await shown(0), await shown(4), await shown(11), await shown(13, at_once=True), await shown(20)]

    assert async_to_sync(minute)() == [0, 0, 11, 13, 13]
    trail = Thumbnail.objects.filter(is_newest=False).order_by("taken_at")
    assert [(row.taken_at - nine).total_seconds() for row in trail] == [0, 13]


@pytest.mark.django_db(transaction=True)
def test_a_frame_that_makes_no_thumbnail_costs_nobody_the_connection() -> None:
    album = Album(SittingFactory().pk, Camera.FACE)
    async_to_sync(album.show)(Shot(timezone.now(), PICTURE), at_once=True, has_trail=True)
    assert not Thumbnail.objects.exists()


def test_what_led_to_an_incident_is_the_last_calm_frame_or_the_last_before_the_picture_went() -> None:
    album, at = Album(1, Camera.FACE), timezone.now()
    assert album.before(PICTURE) is None
    album.remember(Shot(at, b"calm"), is_calm=True)
    album.remember(Shot(at, b"doubtful"), is_calm=False)
    assert album.before(PICTURE) == Shot(at, b"calm")
    assert album.before(b"") == Shot(at, b"doubtful")


# --- given -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_wall_gets_what_has_changed_and_no_cache_keeps_it() -> None:
    one = SittingFactory()
    exam = one.enrolment.exam
    other = SittingFactory(enrolment__exam=exam)
    keep(one)
    keep(other, camera=ROOM)
    browser = staff.invigilator()
    answer = ask(browser, exam, one, other)
    assert answer["Cache-Control"] == "no-store, private"
    told = answer.json()["thumbnails"]
    assert [(row["sitting"], row["camera"]) for row in told] == [(one.pk, FACE), (other.pk, ROOM)]
    assert b64decode(told[0]["jpeg"]) == PICTURE
    age_all(seconds=5)
    cursor = ask(browser, exam, one, other).json()["cursor"]
    assert ask(browser, exam, one, other, after=cursor).json() == {"cursor": cursor, "thumbnails": []}
    keep(other, b"new", camera=ROOM)
    changed = ask(browser, exam, one, other, after=cursor).json()
    assert [b64decode(row["jpeg"]) for row in changed["thumbnails"]] == [b"new"]
    assert int(changed["cursor"]) > int(cursor)


def age_all(seconds: int) -> None:
    """Let the pictures be older than the lag within which a wall is given them twice."""
    for row in Thumbnail.objects.all():
        row.stored_at -= timedelta(seconds=seconds)
        row.save()


@pytest.mark.django_db
@pytest.mark.parametrize("microseconds", [0, 123_000, 999_000])
def test_a_picture_is_given_once_whatever_its_fraction_of_a_second(microseconds: int) -> None:
    sitting = SittingFactory()
    keep(sitting)
    stored_at = timezone.now().replace(microsecond=microseconds) - timedelta(seconds=5)
    Thumbnail.objects.update(stored_at=stored_at)
    first = thumbnails.changed(sitting.enrolment.exam_id, [sitting.pk], 0)
    assert len(first.thumbnails) == 1
    assert thumbnails.changed(sitting.enrolment.exam_id, [sitting.pk], first.cursor).thumbnails == []
    assert len(thumbnails.changed(sitting.enrolment.exam_id, [sitting.pk], first.cursor - 1).thumbnails) == 1


@pytest.mark.django_db
def test_a_wall_that_has_seen_everything_is_told_so_in_a_few_bytes() -> None:
    sitting = SittingFactory()
    exam, browser = sitting.enrolment.exam, staff.invigilator()
    both = sitting, SittingFactory(enrolment__exam=exam)
    keep(sitting)
    age_all(seconds=5)
    cursor = ask(browser, exam, *both).json()["cursor"]
    tag = ask(browser, exam, *both, after=cursor)["ETag"]
    again = ask(browser, exam, *both, after=cursor, if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "no-store, private"
    keep(sitting, b"new")
    assert ask(browser, exam, *both, after=cursor, if_none_match=tag).status_code == 200


@pytest.mark.django_db
def test_a_wall_of_an_exam_shows_no_sitting_of_another() -> None:
    sitting, elsewhere = SittingFactory(), SittingFactory()
    keep(elsewhere)
    answer = ask(staff.invigilator(), sitting.enrolment.exam, sitting, elsewhere)
    assert answer.json()["thumbnails"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["", "sittings=", "sittings=1,x", "sittings=1&after=-1", "sittings=" + "1," * 50 + "1"]
)
def test_a_question_that_no_wall_asks_is_refused(query: str) -> None:
    exam = SittingFactory().enrolment.exam
    answer = staff.invigilator().get(reverse("proctoring:room_thumbnails", args=[exam.pk]) + f"?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


@pytest.mark.django_db
def test_nobody_else_is_shown_a_wall() -> None:
    sitting = SittingFactory()
    exam = sitting.enrolment.exam
    keep(sitting)
    assert ask(Client(), exam, sitting).status_code == 401
    assert ask(browser_of(sitting), exam, sitting).status_code == 401  # a candidate, even of this sitting
    assert ask(staff.staff_without_group(), exam, sitting).status_code == 403
    assert ask(staff.organizer(), exam, sitting).status_code == 403  # prepares the exam, does not watch it
    missing = reverse("proctoring:room_thumbnails", args=[exam.pk + 1])
    assert staff.invigilator().get(missing, {"sittings": "1"}).status_code == 403
    assert not RoomViewing.objects.exists()


@pytest.mark.django_db
def test_a_question_costs_one_query_beside_the_door(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    exam = SittingFactory().enrolment.exam
    several = [SittingFactory(enrolment__exam=exam) for _ in range(36)]
    for sitting in several:
        keep(sitting)
    browser = staff.invigilator()
    ask(browser, exam, *several)
    with django_assert_max_num_queries(6):  # session, user, two of permissions, the exam, the pictures
        assert len(ask(browser, exam, *several).json()["thumbnails"]) == 36


# --- who watched -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_watches_is_written_down_once_for_a_stretch() -> None:
    sitting, browser = SittingFactory(), staff.invigilator()
    for _ in range(3):
        ask(browser, sitting.enrolment.exam, sitting)
    viewing = RoomViewing.objects.get()
    assert (viewing.exam, viewing.by_id) == (sitting.enrolment.exam, int(browser.session["_auth_user_id"]))


@pytest.mark.django_db
def test_whoever_goes_on_watching_prolongs_the_stretch_and_whoever_comes_back_begins_another() -> None:
    exam, by = SittingFactory().enrolment.exam, User.objects.create_user("watching", is_staff=True)
    nine = timezone.now()
    for after in (0, 6, 12, 40):
        cache.clear()
        thumbnails.note_watching(exam.pk, by, nine + timedelta(minutes=after))
    spans = [(row.began_at - nine, row.ended_at - nine) for row in RoomViewing.objects.order_by("began_at")]
    minute = timedelta(minutes=1)
    assert spans == [(0 * minute, 12 * minute), (40 * minute, 40 * minute)]
