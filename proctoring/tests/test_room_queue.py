"""Those who wait for a person: in order, with what there is to compare, settled with one reason and one click."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.domain.consent import VERSION
from exams.models import Exam, Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory, browser_of, minutes
from proctoring import room_queries
from proctoring.models import Intervention, Message
from proctoring.services import announcements, freshness, interventions
from proctoring.tests import factories, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam() -> Exam:
    exam: Exam = ExamFactory(with_paper=True, face_rule="continuous", opens_at=timezone.now() - minutes(20))
    return exam


def held(exam: Exam, name: str, since: timedelta, reason: str = "入场人脸识别未通过") -> Sitting:
    sitting: Sitting = SittingFactory(enrolment=EnrolmentFactory(exam=exam, name=name), check_in="exhausted")
    sitting.enrolment.consents.create(version=VERSION, given=True, at=timezone.now())
    return sittings.move_check_in(sitting, "held", now=timezone.now() - since, reason=reason)


def decide(client: Client, sitting: Sitting, kind: str, reason: str = "已核对证件", **words: str) -> str:
    url = reverse("proctoring:room_decide", args=[sitting.enrolment.exam_id, sitting.pk])
    form = {"kind": kind, "reason": reason, "stamp": freshness.stamp(sitting), **words}
    return client.post(url, form).content.decode()


def fresh(sitting: Sitting) -> Sitting:
    return Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk)


def test_who_has_waited_longest_comes_first_with_the_reason(exam: Exam) -> None:
    held(exam, "乙", minutes(3), "摄像头权限被拒绝")
    held(exam, "甲", minutes(8))
    page = staff.invigilator().get(reverse("proctoring:room_queue", args=[exam.pk])).content.decode()
    assert page.index("甲") < page.index("乙")
    assert "摄像头权限被拒绝" in page


def test_candidates_see_their_place(exam: Exam) -> None:
    first, second = held(exam, "甲", minutes(8)), held(exam, "乙", minutes(3))
    third = held(exam, "丙", minutes(1))
    SittingFactory(enrolment=EnrolmentFactory(exam=exam))
    assert [room_queries.place_in_queue(fresh(one)) for one in (first, second, third)] == [1, 2, 3]
    assert "下一位就是您" in browser_of(first).get("/check-in/").content.decode()
    assert browser_of(third).get("/check-in/state/").json()["queue"] == "您前面还有2位考生。"
    decide(staff.invigilator(), first, "pass_check_in")
    assert browser_of(third).get("/check-in/state/").json()["queue"] == "您前面还有1位考生。"


def test_who_does_not_wait_has_no_place(exam: Exam) -> None:
    assert room_queries.place_in_queue(SittingFactory(enrolment=EnrolmentFactory(exam=exam))) == 0


def test_passing_lets_in_and_gives_the_time_back(exam: Exam) -> None:
    sitting = held(exam, "甲", minutes(12))
    answer = decide(staff.invigilator(), sitting, "pass_check_in")
    assert "已执行：人工放行" in answer
    assert f'id="held-{sitting.pk}"' not in answer
    passed = fresh(sitting)
    assert passed.check_in == "passed"
    assert 12 * 60 <= passed.held_seconds <= 12 * 60 + 5
    assert Intervention.objects.get().reason == "已核对证件"


def test_a_new_check_and_a_rejection_take_one_click_too(exam: Exam) -> None:
    client, (one, other) = staff.invigilator(), (held(exam, "甲", minutes(2)), held(exam, "乙", minutes(1)))
    decide(client, one, "new_check")
    decide(client, other, "reject_identity")
    assert (fresh(one).check_in, fresh(other).identity) == ("unchecked", "rejected")


def test_who_goes_on_waiting_is_told_why(exam: Exam) -> None:
    sitting = held(exam, "甲", minutes(2))
    answer = decide(staff.invigilator(), sitting, "message", "请准备好身份证，我马上到")
    assert f'id="held-{sitting.pk}"' in answer
    assert Message.objects.get().text == "请准备好身份证，我马上到"
    assert fresh(sitting).check_in == "held"


def test_without_a_reason_nothing_is_done(exam: Exam) -> None:
    sitting = held(exam, "甲", minutes(2))
    assert "请填写原因" in decide(staff.invigilator(), sitting, "pass_check_in", " ")
    assert fresh(sitting).check_in == "held"


def test_whom_a_colleague_has_just_settled_is_not_settled_again(exam: Exam) -> None:
    sitting = held(exam, "甲", minutes(2))
    decide(staff.invigilator(), sitting, "pass_check_in")
    assert "状态已经改变" in decide(staff.invigilator(), sitting, "reject_identity")
    assert fresh(sitting).identity == "steady"


def test_who_is_held_by_a_person_reads_why_as_it_was_written(exam: Exam) -> None:
    sitting, client = SittingFactory(enrolment=EnrolmentFactory(exam=exam)), staff.invigilator()
    sitting.enrolment.consents.create(version=VERSION, given=True, at=timezone.now())
    interventions.hold(sitting, by=factories.staff(), reason="请准备证件 <b>原件</b>", now=timezone.now())
    candidate = browser_of(sitting)
    page = candidate.get("/check-in/").content.decode()
    assert "考务人员说明：<span data-said-text>请准备证件 &lt;b&gt;原件&lt;/b&gt;</span>" in page
    assert candidate.get("/check-in/state/").json()["said"] == "请准备证件 <b>原件</b>"
    decide(client, sitting, "message", reason="前面还有一位，请稍候")
    assert candidate.get("/check-in/state/").json()["said"] == "前面还有一位，请稍候"
    decide(client, fresh(sitting), "pass_check_in")
    assert candidate.get("/check-in/state/").json()["said"] == ""


def test_who_waits_because_the_machine_could_not_tell_reads_no_words_of_a_person(exam: Exam) -> None:
    sitting = held(exam, "甲", minutes(3), "识别次数用尽")
    announcements.publish(exam, text="请保持安静", by=factories.staff(), now=timezone.now())
    told = browser_of(sitting).get("/check-in/state/").json()
    assert (told["said"], [one["kind"] for one in told["messages"]]) == ("", ["announcement"])
    assert "data-said hidden" in browser_of(sitting).get("/check-in/").content.decode()
