"""The page of answer files: what a file holds is seen before it is let in, and only by those who may."""

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from exams.tests.answers import logged, op, send, stored
from exams.tests.factories import browser_of, overdue
from exams.tests.files import made_by
from proctoring import timeline
from proctoring.models import Intervention
from proctoring.tests import staff
from proctoring.tests.factories import passed_sitting

pytestmark = pytest.mark.django_db
URL = "admin:exams_sitting_answer_file"


@pytest.fixture
def sitting() -> Sitting:
    return passed_sitting(photo=None)


def upload(client: Client, raw: bytes) -> Any:
    return client.post(reverse(URL), {"file": SimpleUploadedFile("answers.json", raw)})


def let_in(client: Client, raw: bytes, **fields: str) -> Any:
    form = {"raw": base64.b64encode(raw).decode(), "reason": "考生设备断网"} | fields
    return client.post(reverse(URL), form, follow=True)


def test_a_file_is_compared_and_nothing_is_written_yet(sitting: Sitting) -> None:
    send(sitting, op(1, 1, "A"), client=sitting.client, epoch=sitting.epoch)
    page = upload(staff.organizer(), made_by(sitting, op(1, 2, "B"), op(2, 1, "C"))).content.decode()
    assert sitting.enrolment.account_number in page
    assert page.count("不同，文件较新") == 2
    assert len(logged(sitting)) == 1


def test_with_a_reason_it_arrives_by_the_rule_and_the_rest_by_a_persons_word(sitting: Sitting) -> None:
    raw = made_by(sitting, op(1, 1, "B"))
    sittings.close_if_overdue(overdue(sitting), timezone.now())
    client = staff.organizer()
    assert "已导入1条作答记录。" in let_in(client, raw).content.decode()
    assert (stored(sitting), Intervention.objects.count()) == ({}, 0)
    page = let_in(client, raw, accept="1").content.decode()
    assert "这个文件此前已经导入，没有新的作答。采用了1题。" in page
    assert stored(sitting) == {1: ["B"]}
    done = Intervention.objects.get()
    assert (done.kind, done.reason) == ("accept_late", "考生设备断网")
    assert "采用了" not in let_in(client, raw, accept="1").content.decode()
    told = [line for entry in timeline.of(sitting) for line in (entry.title, *entry.lines) if "作答" in line]
    assert told == ["采用迟到作答（第1题）", "第1题的作答已采用", "作答文件带来1次作答"], (
        "none in the candidate's rhythm"
    )


def test_without_a_reason_it_comes_back(sitting: Sitting) -> None:
    answer = let_in(staff.organizer(), made_by(sitting, op()), reason=" ")
    assert answer.status_code == 422
    assert "请填写原因" in answer.content.decode()
    assert logged(sitting) == []


@pytest.mark.parametrize(
    ("raw", "said"), [(b"PK", "不是本系统的作答文件。"), (b" " * 1_100_000, "文件过大"), (b"", "请选择作答文件。")]
)
def test_what_is_no_answer_file_is_refused_in_words(sitting: Sitting, raw: bytes, said: str) -> None:
    answer = upload(staff.organizer(), raw)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_nobody_else_opens_a_file(sitting: Sitting) -> None:
    raw = made_by(sitting, op())
    for client in (Client(), browser_of(sitting)):
        assert upload(client, raw).status_code == 302
    assert upload(staff.staff_without_group(), raw).status_code == 403
    assert let_in(staff.staff_without_group(), raw).status_code == 403
    assert logged(sitting) == []
