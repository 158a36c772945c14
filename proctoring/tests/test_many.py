"""One act for many candidates: each decided on for itself, none of them twice."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Exam, Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory, minutes
from proctoring.models import Intervention
from proctoring.services import claims, interventions
from proctoring.tests import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam() -> Exam:
    exam: Exam = ExamFactory(with_paper=True)
    return exam


@pytest.fixture
def client() -> Client:
    return staff.invigilator()


@pytest.fixture
def other() -> User:
    return User.objects.create_user("li", first_name="李老师", is_staff=True)


def seated(exam: Exam, name: str = "李明") -> Sitting:
    sitting: Sitting = SittingFactory(enrolment=EnrolmentFactory(exam=exam, name=name), begun=True)
    return sitting


def send(client: Client, exam: Exam, kind: str, chosen: list[Sitting], **words: Any) -> dict[str, Any]:
    body = {"kind": kind, "reason": "断电", "batch": "one", "sittings": [one.pk for one in chosen], **words}
    url = reverse("proctoring:room_many", args=[exam.pk])
    answer: dict[str, Any] = client.post(url, json.dumps(body), content_type="application/json").json()
    return answer


def states(*chosen: Sitting) -> list[str]:
    return [Sitting.objects.get(pk=one.pk).state for one in chosen]


def test_everybody_is_paused_and_who_could_not_be_is_named_with_the_reason(client: Client, exam: Exam) -> None:
    running, done = seated(exam), seated(exam, "王芳")
    sittings.submit(done, Sitting.EndedBy.CANDIDATE, timezone.now())
    answer = send(client, exam, "pause", [running, done])
    assert answer["done"] == [running.pk]
    (left,) = answer["left_out"]
    assert left["who"].startswith("王芳")
    assert "结束" in left["why"]
    assert not left["asks"]
    assert states(running, done) == ["paused", "submitted"]
    assert Intervention.objects.get().reason == "断电"
    assert "断电" in LogEntry.objects.get().change_message


def test_a_portion_that_is_sent_again_gives_no_time_twice(client: Client, exam: Exam) -> None:
    sitting = seated(exam)
    for _time in range(2):
        assert send(client, exam, "extend", [sitting], minutes=5)["done"] == [sitting.pk]
    assert Sitting.objects.get(pk=sitting.pk).extra_seconds == 300
    assert send(client, exam, "extend", [sitting], minutes=5, batch="two")["done"] == [sitting.pk]
    assert Sitting.objects.get(pk=sitting.pk).extra_seconds == 600


def test_who_was_stopped_for_a_reason_of_their_own_does_not_go_on_with_the_others(
    client: Client, exam: Exam, other: User
) -> None:
    everybody, apart, locked = seated(exam), seated(exam, "王芳"), seated(exam, "赵敏")
    now = timezone.now()
    interventions.pause(apart, by=other, reason="键盘损坏", now=now)
    interventions.lock(locked, by=other, reason="核实情况", now=now)
    send(client, exam, "pause", [everybody, apart, locked])
    answer = send(client, exam, "resume", [everybody, apart, locked], batch="two")
    assert answer["done"] == [everybody.pk]
    assert {one["sitting"]: one["asks"] for one in answer["left_out"]} == {apart.pk: True, locked.pk: True}
    assert "键盘损坏" in answer["left_out"][0]["why"]
    assert states(everybody, apart, locked) == ["in_progress", "paused", "paused"]
    assert send(client, exam, "resume", [apart], batch="two", despite=True)["done"] == [apart.pk]


def test_a_paper_that_the_machine_locked_stays_locked(client: Client, exam: Exam) -> None:
    sitting = seated(exam)
    sittings.pause(sitting, "切屏超限", timezone.now(), locked=True)
    assert send(client, exam, "resume", [sitting])["done"] == []


def test_whom_somebody_else_handles_is_left_out_until_one_says_so(client: Client, exam: Exam, other: User) -> None:
    sitting = seated(exam)
    claims.claim(sitting, by=other, now=timezone.now())
    answer = send(client, exam, "pause", [sitting])
    assert (answer["done"], answer["left_out"][0]["asks"]) == ([], True)
    assert "李老师" in answer["left_out"][0]["why"]
    assert send(client, exam, "pause", [sitting], despite=True)["done"] == [sitting.pk]


@pytest.mark.parametrize("words", [{"reason": " "}, {"minutes": "x"}, {"minutes": 0}, {}])
def test_what_is_missing_is_said_and_nothing_is_done(client: Client, exam: Exam, words: dict[str, Any]) -> None:
    sitting = seated(exam)
    answer = send(client, exam, "extend", [sitting], **words)
    assert answer["error"] == "incomplete"
    assert answer["message"]
    assert Sitting.objects.get(pk=sitting.pk).extra_seconds == 0


def test_half_a_character_in_a_reason_is_left_out(client: Client, exam: Exam) -> None:
    running = seated(exam)
    assert send(client, exam, "pause", [running], reason="断电\ud83d")["done"] == [running.pk]
    assert Intervention.objects.get().reason == "断电"


def test_an_exam_is_given_time_in_as_many_queries_for_many_as_for_few(
    client: Client, exam: Exam, django_assert_max_num_queries: Any
) -> None:
    many = [seated(exam, f"考生{number}") for number in range(12)]
    paused, done = many[0], many[1]
    sittings.pause(paused, "断电", timezone.now())
    sittings.submit(done, Sitting.EndedBy.CANDIDATE, timezone.now())
    before = {one.pk: Sitting.objects.get(pk=one.pk).deadline_at for one in many}
    with django_assert_max_num_queries(26):
        answer = send(client, exam, "extend", many, minutes=5)
    given = set(answer["done"])
    assert given == {one.pk for one in many} - {done.pk}
    (left,) = answer["left_out"]
    assert left["sitting"] == done.pk
    for one in Sitting.objects.filter(pk__in=given):
        assert one.extra_seconds == 300
        assert one.deadline_at == (None if one.pk == paused.pk else before[one.pk] + minutes(5))  # type: ignore[operator]
        (change,) = one.changes.filter(field="extra_seconds")
        (record,) = one.interventions.filter(kind="extend")
        assert (change.reason, change.by_id, change.at) == ("断电", record.by_id, record.at)
        assert record.detail == {"minutes": 5, "batch": "one"}
    assert send(client, exam, "extend", many, minutes=5)["done"] == answer["done"]
    assert Intervention.objects.filter(kind="extend").count() == len(given)
