"""What is told to many at once, and who has it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.models import Exam, Sitting
from exams.services import sittings
from exams.services.refusals import Refused
from exams.tests.factories import CLIENT, EnrolmentFactory, ExamFactory, SittingFactory, browser_of
from proctoring.models import Announcement, Intervention, Message
from proctoring.services import announcements

pytestmark = pytest.mark.django_db
TEXT = "第12题题干有更正。"


@pytest.fixture
def exam() -> Exam:
    exam: Exam = ExamFactory(with_paper=True)
    return exam


@pytest.fixture
def by() -> User:
    return User.objects.create_user("warden", is_staff=True)


def sitting_of(exam: Exam, room: str = "", *, begun: bool = True) -> Sitting:
    sitting: Sitting = SittingFactory(enrolment=EnrolmentFactory(exam=exam, room=room), begun=begun)
    return Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)


def told(sitting: Sitting) -> list[str]:
    return list(Message.objects.filter(sitting=sitting).values_list("text", flat=True))


def test_everybody_of_the_exam_who_is_not_done_is_told(exam: Exam, by: User) -> None:
    here, waiting, done = sitting_of(exam), sitting_of(exam, begun=False), sitting_of(exam)
    sittings.submit(done, Sitting.EndedBy.CANDIDATE, timezone.now())
    elsewhere = SittingFactory(begun=True)
    announcements.publish(exam, text=f" {TEXT} ", by=by, now=timezone.now())
    assert [told(one) for one in (here, waiting, done, elsewhere)] == [[TEXT], [TEXT], [], []]
    assert set(Intervention.objects.values_list("sitting", "kind", "reason", "by")) == {
        (here.pk, "message", TEXT, by.pk),
        (waiting.pk, "message", TEXT, by.pk),
    }


def test_a_room_is_told_alone(exam: Exam, by: User) -> None:
    one, other = sitting_of(exam, "第1考场"), sitting_of(exam, "第2考场")
    announcements.publish(exam, text=TEXT, by=by, now=timezone.now(), room="第1考场")
    assert [told(one), told(other)] == [[TEXT], []]


def test_who_begins_later_is_told_then_and_once(
    exam: Exam, by: User, django_capture_on_commit_callbacks: object
) -> None:
    now = timezone.now()
    announcements.publish(exam, text=TEXT, by=by, now=now)
    announcements.publish(exam, text="只给第1考场", by=by, now=now, room="第1考场")
    announcements.publish(exam, text="只给所选", by=by, now=now, chosen=[sitting_of(exam)])
    late = sitting_of(exam, "第2考场", begun=False)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        sittings.begin(late, CLIENT, now)
    assert told(late) == [TEXT]
    announcements.catch_up(late, now)
    assert told(late) == [TEXT]


def test_the_same_words_twice_at_once_are_one_announcement(exam: Exam, by: User) -> None:
    sitting, now = sitting_of(exam), timezone.now()
    first = announcements.publish(exam, text=TEXT, by=by, now=now)
    assert announcements.publish(exam, text=TEXT, by=by, now=now + timedelta(seconds=5)) == first
    assert told(sitting) == [TEXT]
    assert announcements.publish(exam, text=TEXT, by=by, now=now + timedelta(minutes=2)) != first


def test_nothing_is_no_announcement(exam: Exam, by: User) -> None:
    with pytest.raises(Refused):
        announcements.publish(exam, text="  ", by=by, now=timezone.now())
    done = sitting_of(exam)
    sittings.submit(done, Sitting.EndedBy.CANDIDATE, timezone.now())
    done.refresh_from_db()
    with pytest.raises(Refused, match="已结束"):
        announcements.publish(exam, text=TEXT, by=by, now=timezone.now(), chosen=[done])
    assert not Announcement.objects.exists()


def test_what_arrived_and_what_was_read_are_known_apart(exam: Exam, by: User) -> None:
    fetched, read, absent = sitting_of(exam), sitting_of(exam), sitting_of(exam)
    made = announcements.publish(exam, text=TEXT, by=by, now=timezone.now())
    browser_of(fetched).get("/exam/status/")
    message = Message.objects.get(sitting=read)
    browser_of(read).post(f"/exam/messages/{message.pk}/seen/")
    (figures,) = announcements.with_figures(exam)
    assert [vars(figures)[name] for name in ("sent", "delivered", "seen")] == [3, 2, 1]
    missing = {
        one.sitting_id: one.delivered_at is not None for one in announcements.not_seen().filter(announcement=made)
    }
    assert missing == {fetched.pk: True, absent.pk: False}


def test_a_long_exam_is_told_in_a_handful_of_queries(
    exam: Exam, by: User, django_assert_max_num_queries: object
) -> None:
    for _number in range(8):
        sitting_of(exam)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        announcements.publish(exam, text=TEXT, by=by, now=timezone.now())


def test_who_comes_late_is_told_much_in_as_many_queries_as_little(
    exam: Exam, by: User, django_assert_max_num_queries: object
) -> None:
    for number in range(8):
        announcements.publish(exam, text=f"公告{number}", by=by, now=timezone.now())
    late = sitting_of(exam, begun=False)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        announcements.catch_up(late, timezone.now())
    assert sorted(told(late)) == [f"公告{number}" for number in range(8)]


def test_the_page_of_announcements_asks_as_often_for_many_as_for_one(
    exam: Exam, by: User, django_assert_max_num_queries: object
) -> None:
    people = [sitting_of(exam), sitting_of(exam)]
    for number in range(6):
        announcements.publish(exam, text=f"公告{number}", by=by, now=timezone.now())
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        lines = announcements.with_missing(exam, most=5, named=1)
    assert [len(missing) for _one, missing in lines] == [1] * 5
    assert {message.sitting_id for _one, missing in lines for message in missing} <= {one.pk for one in people}
