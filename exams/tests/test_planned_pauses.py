"""services.planned_pauses: everybody of an exam or a room is paused at a moment and goes on at another, on record."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from exams import sweeper
from exams.models import Exam, Pause, PlannedPause, Sitting
from exams.services import planned_pauses, sittings
from exams.services.refusals import ReasonMissing, Refused
from exams.tests.factories import CLIENT, ExamFactory, SittingFactory, end_of, hours, minutes, seconds
from exams.views.clock_news import clock_news

pytestmark = pytest.mark.django_db
NOW = timezone.now()
AT = NOW + minutes(10)  # when pauses of these tests begin
OVER = AT + minutes(15)


@pytest.fixture
def organizer() -> User:
    return User.objects.create_user("organizer", first_name="王")


@pytest.fixture
def exam() -> Exam:
    made: Exam = ExamFactory(with_paper=True)
    return made


@pytest.fixture
def sitting(exam: Exam) -> Sitting:
    return sitting_in(exam)


def sitting_in(exam: Exam, room: str = "") -> Sitting:
    made: Sitting = SittingFactory(begun=True, exam=exam, enrolment__room=room)
    return made


def planned(exam: Exam, by: User, **fields: object) -> PlannedPause:
    facts: dict[str, object] = {"begins_at": AT, "minutes": 15, "reason": "消防演习", "room": ""}
    return planned_pauses.plan(exam, by=by, now=NOW, **(facts | fields))  # type: ignore[arg-type]


def state(sitting: Sitting) -> str:
    return Sitting.objects.get(pk=sitting.pk).state


# --- carried out -----------------------------------------------------------------------------------------------------


def test_before_its_time_nothing_happens(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    assert planned_pauses.carry_out(AT - seconds(1)) == 0
    assert state(sitting) == "in_progress"


def test_at_its_time_everybody_is_paused_with_the_reason_and_the_end(
    exam: Exam, sitting: Sitting, organizer: User
) -> None:
    planned(exam, organizer)
    other = SittingFactory(begun=True)
    planned_pauses.carry_out(AT)
    sitting.refresh_from_db()
    assert (sitting.state, sitting.pause_cause, sitting.pause_ends_at) == ("paused", "消防演习", OVER)
    change = sitting.changes.get(after="paused")
    assert (change.by, change.reason) == (organizer, "消防演习")
    assert state(other) == "in_progress"


def test_at_its_end_everybody_goes_on_and_the_time_is_given_back(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned(exam, organizer)
    before = end_of(sitting)
    planned_pauses.carry_out(AT)
    planned_pauses.carry_out(OVER + seconds(2))  # a sweep that comes late costs nobody time
    after = Sitting.objects.get(pk=sitting.pk)
    assert (after.state, after.pause_cause, after.pause_ends_at) == ("in_progress", "", None)
    assert end_of(after) - before == minutes(15) + seconds(2)
    assert after.changes.filter(after="in_progress").last().reason == "统一暂停结束"  # type: ignore[union-attr]
    made.refresh_from_db()
    assert made.finished_at == OVER + seconds(2)


def test_sweeping_again_changes_nothing(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    assert [planned_pauses.carry_out(AT + seconds(ago)) for ago in range(3)] == [1, 0, 0]
    assert [planned_pauses.carry_out(OVER + seconds(ago)) for ago in range(3)] == [1, 0, 0]
    assert Pause.objects.count() == 1


def test_a_plan_that_nobody_swept_for_is_over_without_a_trace(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned(exam, organizer)
    assert planned_pauses.carry_out(OVER + hours(1)) == 0
    made.refresh_from_db()
    assert made.finished_at is not None
    assert not Pause.objects.exists()


def test_a_room_is_paused_alone(exam: Exam, organizer: User) -> None:
    here, there = sitting_in(exam, "一"), sitting_in(exam, "二")
    planned(exam, organizer, room="一")
    planned_pauses.carry_out(AT)
    assert (state(here), state(there)) == ("paused", "in_progress")


def test_who_was_paused_by_hand_stays_so(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    sittings.pause(sitting, "设备故障", AT - minutes(1))
    planned_pauses.carry_out(AT)
    planned_pauses.carry_out(OVER)
    sitting.refresh_from_db()
    assert (sitting.state, sitting.pause_cause) == ("paused", "设备故障")


def test_who_is_let_go_on_by_hand_is_not_paused_again(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    planned_pauses.carry_out(AT)
    sittings.resume(sitting, AT + minutes(1), organizer, "不受影响")
    planned_pauses.carry_out(AT + minutes(2))
    assert state(sitting) == "in_progress"


def test_who_was_locked_meanwhile_stays_locked(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned(exam, organizer)
    planned_pauses.carry_out(AT)
    sittings.pause(sitting, "待核实", AT + minutes(1), locked=True)
    planned_pauses.carry_out(OVER)
    sitting.refresh_from_db()
    made.refresh_from_db()
    assert (sitting.state, sitting.locked, sitting.pause_cause) == ("paused", True, "待核实")
    assert (sitting.pause_ends_at, made.finished_at) == (None, OVER)


def test_who_waits_for_a_person_goes_on_once_somebody_has_looked(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    planned_pauses.carry_out(AT)
    sittings.move_check_in(sitting, "held", AT + minutes(1))
    planned_pauses.carry_out(OVER)
    assert state(sitting) == "paused"
    let_go = sittings.move_check_in(sitting, "passed", OVER + minutes(5))
    assert let_go.state == "in_progress"
    assert end_of(let_go) - end_of(sitting) == minutes(20)


def test_who_begins_during_it_is_paused_at_once(exam: Exam, organizer: User) -> None:
    planned(exam, organizer, begins_at=NOW)
    late: Sitting = SittingFactory(exam=exam)
    begun = sittings.begin(late, CLIENT, NOW + minutes(5))
    assert (begun.state, begun.deadline_at) == ("paused", None)
    planned_pauses.carry_out(NOW + minutes(15))
    after = Sitting.objects.get(pk=late.pk)
    assert end_of(after) == NOW + minutes(5 + 60 + 10)


def test_an_end_during_it_leaves_nothing_to_resume(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    planned_pauses.carry_out(AT)
    sittings.terminate(sitting, AT + minutes(1), organizer, "离场")
    assert planned_pauses.carry_out(OVER) == 0
    assert state(sitting) == "terminated"


def test_a_deadline_does_not_come_during_it(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    planned_pauses.carry_out(AT)
    assert sittings.close_overdue(NOW + hours(2)) == 0


def test_the_database_keeps_one_pause_of_a_plan_for_each(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned(exam, organizer)
    Pause.objects.create(sitting=sitting, planned=made, began_at=AT, ended_at=OVER)
    with pytest.raises(IntegrityError):
        Pause.objects.create(sitting=sitting, planned=made, began_at=AT)


def test_the_sweep_carries_it_out(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer, begins_at=NOW)
    sweeper.sweep()
    assert state(sitting) == "paused"


# --- planned and given up --------------------------------------------------------------------------------------------


def test_given_up_before_its_time_it_never_comes(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned_pauses.cancel(planned(exam, organizer), by=organizer, now=NOW)
    assert planned_pauses.carry_out(AT) == 0
    made.refresh_from_db()
    assert (state(sitting), made.cancelled_by, made.finished_at) == ("in_progress", organizer, AT)


def test_given_up_while_it_is_on_everybody_goes_on(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned(exam, organizer)
    planned_pauses.carry_out(AT)
    planned_pauses.cancel(made, by=organizer, now=AT + minutes(1))
    planned_pauses.carry_out(AT + minutes(1))
    assert state(sitting) == "in_progress"


def test_what_is_over_cannot_be_given_up(exam: Exam, organizer: User) -> None:
    with pytest.raises(Refused):
        planned_pauses.cancel(planned(exam, organizer), by=organizer, now=OVER)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"minutes": 0}, "1至240分钟"),
        ({"minutes": 241}, "1至240分钟"),
        ({"begins_at": NOW - minutes(2)}, "已经过去"),
        ({"begins_at": NOW + timedelta(days=61)}, "考试开始之后"),
        ({"room": "九"}, "没有考场“九”"),
    ],
)
def test_what_cannot_be_is_refused_in_words(exam: Exam, organizer: User, fields: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said):
        planned(exam, organizer, **fields)


def test_a_plan_needs_a_reason(exam: Exam, organizer: User) -> None:
    with pytest.raises(ReasonMissing):
        planned(exam, organizer, reason=" ")


def test_nobody_is_paused_by_two_plans_at_once(exam: Exam, organizer: User) -> None:
    sitting_in(exam, "一"), sitting_in(exam, "二")
    planned(exam, organizer, room="一")
    with pytest.raises(Refused, match="重叠"):
        planned(exam, organizer, begins_at=AT + minutes(14))
    planned(exam, organizer, room="二")
    planned(exam, organizer, begins_at=OVER)


# --- told ------------------------------------------------------------------------------------------------------------


def news(sitting: Sitting, at: datetime) -> dict[str, str]:
    return clock_news(Sitting.objects.select_related("enrolment__exam__plan").get(pk=sitting.pk), at)


def test_candidates_are_told_before_and_during_it(exam: Exam, sitting: Sitting, organizer: User) -> None:
    planned(exam, organizer)
    begins, ends = (timezone.localtime(at).strftime("%H:%M") for at in (AT, OVER))
    assert news(sitting, NOW)["planned"] == f"{begins} 将统一暂停15分钟：消防演习"
    planned_pauses.carry_out(AT)
    assert (news(sitting, AT)["planned"], news(sitting, AT)["resumes"]) == ("", f"预计 {ends} 恢复。")
    planned_pauses.carry_out(OVER)
    assert news(sitting, OVER) == {"compensated": "", "planned": "", "resumes": ""}


def test_another_room_is_told_nothing(exam: Exam, organizer: User) -> None:
    here, there = sitting_in(exam, "一"), sitting_in(exam, "二")
    planned(exam, organizer, room="一")
    assert news(here, NOW)["planned"]
    assert not news(there, NOW)["planned"]


def test_what_was_given_up_is_not_announced_any_more(exam: Exam, sitting: Sitting, organizer: User) -> None:
    made = planned(exam, organizer)
    assert news(sitting, NOW)["planned"]
    planned_pauses.cancel(made, by=organizer, now=NOW)
    assert not news(sitting, NOW)["planned"]
