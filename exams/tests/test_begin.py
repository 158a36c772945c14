"""sittings.begin: who gets the paper, and when the clock starts."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exams import seams
from exams.models import Paper, Sitting, StateChange
from exams.services import sittings
from exams.tests.factories import CLIENT, SectionFactory, SittingFactory, hours, minutes, overdue, seconds

pytestmark = pytest.mark.django_db


def test_beginning_draws_the_paper_and_starts_the_clock() -> None:
    now = timezone.now()
    sitting = sittings.begin(SittingFactory(), CLIENT, now)
    assert (sitting.state, sitting.started_at, sitting.deadline_at) == ("in_progress", now, now + hours(1))
    assert (sitting.client, sitting.epoch) == (CLIENT, 1)
    assert len(Paper.objects.get(sitting=sitting).items) == 3


def test_beginning_is_on_record_and_announced(sent: list[str], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sitting = SittingFactory(begun=True)
    assert sent == ["sitting_began", "sitting_changed"]
    change = StateChange.objects.get(sitting=sitting, field="state")
    assert (change.before, change.after) == ("ready", "in_progress")


def test_a_receiver_that_fails_does_not_stop_the_candidate(django_capture_on_commit_callbacks: Any) -> None:
    def broken(**facts: object) -> None:
        raise RuntimeError

    seams.sitting_began.connect(broken)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert SittingFactory(begun=True).state == Sitting.State.IN_PROGRESS
    finally:
        seams.sitting_began.disconnect(broken)


def test_beginning_again_takes_over_with_the_same_paper_and_deadline() -> None:
    first = SittingFactory(begun=True)
    items = Paper.objects.get(sitting=first).items
    again = sittings.begin(first, "page-2", timezone.now() + minutes(5))
    assert (again.client, again.epoch, again.deadline_at) == ("page-2", 2, first.deadline_at)
    assert Paper.objects.get(sitting=first).items == items


def test_taking_over_is_announced(sent: list[str], django_capture_on_commit_callbacks: Any) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    with django_capture_on_commit_callbacks(execute=True):
        sittings.begin(sitting, "page-2", timezone.now())
    assert sent == ["sitting_taken_over", "sitting_changed"]


def test_a_page_that_was_reloaded_takes_over_from_nobody(
    sent: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    with django_capture_on_commit_callbacks(execute=True):
        assert sittings.begin(sitting, CLIENT, timezone.now()).epoch == 2
    assert sent == ["sitting_changed"]


def test_the_close_of_the_window_cuts_the_time() -> None:
    sitting: Sitting = SittingFactory(begun=True, exam__closes_at=timezone.now() + minutes(20))
    assert sitting.deadline_at == sitting.enrolment.exam.closes_at


def test_an_accommodation_adds_its_time() -> None:
    sitting: Sitting = SittingFactory(enrolment__extra_minutes=15)
    sitting = sittings.begin(sitting, CLIENT, now := timezone.now())
    assert sitting.deadline_at == now + minutes(75)


def test_the_spread_of_the_entry_costs_no_time() -> None:
    now = timezone.now()
    sitting: Sitting = SittingFactory(
        exam__opens_at=now - seconds(90), exam__closes_at=now + minutes(30), exam__entry_spread_seconds=3
    )
    sitting = sittings.begin(sitting, CLIENT, now)
    assert 0 < sitting.held_seconds <= 3
    assert sitting.deadline_at == sitting.enrolment.exam.closes_at + seconds(sitting.held_seconds)


def test_before_the_opening_there_is_no_paper() -> None:
    sitting: Sitting = SittingFactory(exam__not_open=True)
    with pytest.raises(sittings.TooEarly) as refused:
        sittings.begin(sitting, CLIENT, timezone.now())
    assert refused.value.opens_at == sitting.enrolment.exam.opens_at
    assert not Paper.objects.exists()


def test_after_the_late_entry_limit_it_is_too_late() -> None:
    with pytest.raises(sittings.TooLate):
        sittings.begin(SittingFactory(exam__late_entry_minutes=15), CLIENT, timezone.now())


def test_after_the_close_it_is_too_late() -> None:
    with pytest.raises(sittings.TooLate):
        sittings.begin(SittingFactory(exam__over=True), CLIENT, timezone.now())


def test_without_confirmed_details_there_is_no_paper() -> None:
    with pytest.raises(sittings.Held):
        sittings.begin(SittingFactory(confirmed_at=None), CLIENT, timezone.now())


def test_an_open_consent_holds_back(open_seams: None) -> None:
    seams.consent.register(lambda sitting: True)
    with pytest.raises(sittings.Held):
        sittings.begin(SittingFactory(), CLIENT, timezone.now())


def test_a_gate_holds_back_and_says_why(open_seams: None) -> None:
    seams.gates.register(lambda sitting: seams.Gate("请先完成人脸核验。", "exams:waiting"))
    with pytest.raises(sittings.Held, match="人脸核验"):
        sittings.begin(SittingFactory(), CLIENT, timezone.now())


def test_a_gate_holds_back_another_page_too(open_seams: None) -> None:
    sitting: Sitting = SittingFactory(begun=True)
    seams.gates.register(lambda sitting: seams.Gate("请先完成人脸核验。", "exams:waiting"))
    with pytest.raises(sittings.Held):
        sittings.begin(sitting, "page-2", timezone.now())
    sitting.refresh_from_db()
    assert sitting.epoch == 1


def test_a_paused_sitting_hands_out_no_paper() -> None:
    sitting = sittings.pause(SittingFactory(begun=True), "网络故障", timezone.now())
    with pytest.raises(sittings.Paused):
        sittings.begin(sitting, "page-2", timezone.now())


@pytest.mark.parametrize("ago", [timedelta(0), minutes(5)])
def test_a_sitting_whose_deadline_has_passed_is_over_though_nobody_closed_it(ago: timedelta) -> None:
    sitting = overdue(SittingFactory(begun=True), ago)
    with pytest.raises(sittings.Ended):
        sittings.begin(sitting, "page-2", timezone.now())


def test_an_exam_without_questions_asks_for_the_staff() -> None:
    sitting: Sitting = SittingFactory(exam__with_paper=False)
    with pytest.raises(sittings.Refused, match="考务人员"):
        sittings.begin(sitting, CLIENT, timezone.now())
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.READY


def test_a_section_draws_from_its_pool() -> None:
    sitting: Sitting = SittingFactory()
    SectionFactory(exam=sitting.enrolment.exam, kind="multiple", size=5, draw=2)
    sitting = sittings.begin(sitting, CLIENT, timezone.now())
    items = Paper.objects.get(sitting=sitting).items
    assert [item["kind"] for item in items] == ["single"] * 3 + ["multiple"] * 2


def test_right_stands_before_wrong_however_options_are_shuffled() -> None:
    sitting: Sitting = SittingFactory(exam__with_paper=False)
    SectionFactory(exam=sitting.enrolment.exam, kind="true_false", size=12, shuffle_options=True)
    sitting = sittings.begin(sitting, CLIENT, timezone.now())
    assert {tuple(item["options"]) for item in Paper.objects.get(sitting=sitting).items} == {("T", "F")}
