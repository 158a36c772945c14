"""services.outages: a silence of the heart is an outage, once, and what the rule of each exam gives back for it."""

from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from exams.models import Compensation, Exam, Heartbeat, Result, ServerOutage, Sitting
from exams.services import outages, sittings
from exams.services.database_clock import database_now
from exams.services.refusals import ReasonMissing, Refused
from exams.tests.factories import CLIENT, SittingFactory, end_of, hours, minutes, seconds

pytestmark = pytest.mark.django_db
FIVE_MINUTES = minutes(5)


def silent_for(span: timedelta) -> datetime:
    """Let the heart have been heard last so long ago; return when."""
    beat_at = database_now() - span
    Heartbeat.objects.update_or_create(pk=1, defaults={"beat_at": beat_at})
    return beat_at


def began(ago: timedelta, rule: str = "automatic", **fields: object) -> Sitting:
    """Return a sitting of an hour that began so long ago."""
    fields = {"exam__outage_rule": rule, "exam__opens_at": timezone.now() - hours(2), **fields}
    sitting = SittingFactory(**fields)
    return sittings.begin(sitting, CLIENT, timezone.now() - ago)


def again(sitting: Sitting) -> Sitting:
    return Sitting.objects.get(pk=sitting.pk)


@pytest.fixture
def invigilator() -> User:
    return User.objects.create_user("invigilator")


# --- the heart -------------------------------------------------------------------------------------------------------


def test_the_first_beat_of_an_installation_ends_no_outage() -> None:
    assert outages.beat() is None
    assert Heartbeat.objects.count() == 1


def test_a_heart_that_is_heard_in_time_is_no_outage() -> None:
    began(minutes(10))
    before = silent_for(seconds(4))
    assert outages.beat() is None
    assert Heartbeat.objects.get().beat_at > before
    assert not ServerOutage.objects.exists()


def test_a_silence_is_an_outage_from_the_last_beat_to_the_first_after_it() -> None:
    began(minutes(10))
    before = silent_for(minutes(3))
    outage = outages.beat()
    assert outage is not None
    assert outage.began_at == before
    assert outage.ended_at == Heartbeat.objects.get().beat_at
    assert outages.beat() is None


def test_a_silence_with_nobody_sitting_does_not_matter() -> None:
    SittingFactory()
    sittings.submit(began(minutes(30)), "candidate", timezone.now() - minutes(10))
    silent_for(minutes(8))
    assert outages.beat() is None
    assert not ServerOutage.objects.exists()


def test_the_heart_is_never_set_back() -> None:
    ahead = database_now() + seconds(3)
    Heartbeat.objects.create(beat_at=ahead)
    outages.beat()
    assert Heartbeat.objects.get().beat_at == ahead


def test_a_door_asks_for_nothing_while_the_heart_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "beat", lambda: pytest.fail("asked"))
    outages.settle()
    monkeypatch.setattr(outages.ear, "heard_at", monotonic())
    outages.settle()


def test_a_door_beats_where_this_process_has_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    sitting = began(minutes(10))
    silent_for(minutes(1))
    monkeypatch.setattr(outages.ear, "heard_at", monotonic() - 60)
    outages.settle()
    assert again(sitting).compensated_seconds >= 60


# --- who could not begin ---------------------------------------------------------------------------------------------


def waiting(rule: str = "automatic", opened: timedelta = FIVE_MINUTES, **fields: object) -> Sitting:
    """Return a sitting that could begin since so long ago, of an exam that closes when its hour is over."""
    opens_at = timezone.now() - opened
    fields = {"exam__outage_rule": rule, "exam__opens_at": opens_at, "exam__closes_at": opens_at + hours(1), **fields}
    return SittingFactory(exam__duration_minutes=60, **fields)


def test_who_was_kept_out_by_an_outage_has_the_whole_duration_left() -> None:
    sitting = waiting()
    silent_for(minutes(4))
    outages.beat()
    after = again(sitting)
    assert 240 <= after.held_seconds <= 242
    assert after.changes.get(field="held_seconds").reason.startswith("服务器故障：")
    begun = sittings.begin(after, CLIENT, timezone.now())
    assert end_of(begun) - timezone.now() > minutes(58)


def test_only_what_lies_after_the_opening_counts_and_no_more_than_the_rule_says() -> None:
    late, limited = waiting(opened=minutes(1)), waiting(opened=minutes(9), exam__outage_most_minutes=2)
    silent_for(minutes(8))
    outages.beat()
    assert 60 <= again(late).held_seconds <= 62
    assert again(limited).held_seconds == 120


def test_who_comes_after_the_outage_is_moved_as_much() -> None:
    sitting = waiting()
    silent_for(minutes(4))
    outages.beat()
    enrolment = sitting.enrolment
    Sitting.objects.all().delete()
    assert 240 <= sittings.open_for(enrolment, timezone.now()).held_seconds <= 242


@pytest.mark.parametrize("fields", [{"rule": "none"}, {"rule": "on_word"}, {"exam__is_practice": True}])
def test_an_exam_that_gives_nothing_by_itself_and_one_for_practice_move_nobody(fields: dict[str, Any]) -> None:
    sitting = waiting(**fields)
    silent_for(minutes(4))
    assert outages.beat() is None
    assert again(sitting).held_seconds == 0


# --- the automatic rule ----------------------------------------------------------------------------------------------


def test_who_sat_through_it_is_given_it_back_on_the_record() -> None:
    sitting = began(minutes(10))
    silent_for(minutes(3))
    outages.beat()
    after = again(sitting)
    assert 180 <= after.compensated_seconds == after.extra_seconds <= 182
    assert end_of(after) - end_of(sitting) == timedelta(seconds=after.compensated_seconds)
    told = after.changes.get(field="extra_seconds")
    assert told.reason.startswith("服务器故障：")
    assert told.by is None


def test_it_is_given_once_however_often_it_is_asked_for() -> None:
    sitting = began(minutes(10))
    silent_for(minutes(3))
    outage = outages.beat()
    assert outage is not None
    outages._give(outage, outages._sat_through(outage), timezone.now())
    assert Compensation.objects.filter(sitting=sitting).count() == 1
    assert again(sitting).compensated_seconds <= 182


def test_all_outages_together_give_no_more_than_the_rule_says() -> None:
    sitting = began(minutes(30), exam__outage_most_minutes=5)
    silent_for(minutes(4))
    outages.beat()
    silent_for(minutes(4))
    Heartbeat.objects.update(beat_at=ServerOutage.objects.get().ended_at - minutes(3))  # no two begin at once
    outages.beat()
    assert again(sitting).compensated_seconds == 300


def test_one_that_was_paused_all_along_lost_nothing() -> None:
    sitting = sittings.pause(began(minutes(10)), "消防演习", timezone.now() - minutes(5))
    silent_for(minutes(3))
    outages.beat()
    assert again(sitting).compensated_seconds == 0


def test_one_that_was_over_before_keeps_its_end() -> None:
    sitting = began(minutes(64))
    silent_for(minutes(3))
    outages.beat()
    sittings.close_overdue(timezone.now())
    assert (again(sitting).state, again(sitting).ended_at) == ("submitted", sitting.deadline_at)


def test_a_deadline_within_it_closes_nobody_who_is_given_time() -> None:
    sitting = began(minutes(58))  # two minutes were left when it began, and are left now
    silent_for(minutes(4))
    Sitting.objects.update(deadline_at=database_now() - minutes(2), started_at=timezone.now() - minutes(62))
    outages.beat()
    sittings.close_overdue(timezone.now())
    after = again(sitting)
    assert after.state == Sitting.State.IN_PROGRESS
    assert seconds(110) < end_of(after) - timezone.now() <= seconds(125)


def test_one_that_the_deadline_closed_meanwhile_goes_on_with_what_was_left() -> None:
    sitting = began(minutes(62))  # the deadline was two minutes ago
    sittings.close_overdue(timezone.now())  # by the command, while every server was away
    silent_for(minutes(4))
    outages.beat()
    after = again(sitting)
    assert (after.state, after.ended_at, after.ended_by) == ("in_progress", None, "")
    assert (after.epoch, after.client) == (sitting.epoch, CLIENT)
    assert seconds(110) < end_of(after) - timezone.now() <= seconds(125)
    assert not Result.objects.filter(sitting=sitting).exists()


def test_where_the_rule_gives_too_little_the_deadline_stands() -> None:
    sitting = began(minutes(62), exam__outage_most_minutes=1)
    silent_for(minutes(4))
    outages.beat()
    sittings.close_overdue(timezone.now())
    after = again(sitting)
    assert (after.state, after.ended_at) == ("submitted", end_of(sitting) + minutes(1))


def test_one_that_the_candidate_handed_in_stays_handed_in() -> None:
    sitting = sittings.submit(began(minutes(10)), "candidate", timezone.now() - minutes(1))
    began(minutes(10))
    silent_for(minutes(3))
    outages.beat()
    assert again(sitting).state == Sitting.State.SUBMITTED


def test_pages_are_told(sent: list[str], django_capture_on_commit_callbacks: object) -> None:
    began(minutes(10))
    silent_for(minutes(3))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        outages.beat()
    assert sent == ["sitting_changed"]


# --- the other rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["none", "on_word"])
def test_without_the_automatic_rule_it_is_only_written_down(rule: str) -> None:
    sitting = began(minutes(10), rule)
    silent_for(minutes(3))
    assert outages.beat() is not None
    assert again(sitting).extra_seconds == 0


def test_on_somebodys_word_everybody_of_the_exam_is_given_it_back(invigilator: User) -> None:
    sitting, other = began(minutes(10), "on_word"), began(minutes(10), "on_word")
    silent_for(minutes(3))
    outage = outages.beat()
    assert outage is not None
    given = outages.compensate(sitting.enrolment.exam, outage, invigilator, "机房停电", timezone.now())
    assert [one.sitting_id for one in given.compensations] == [sitting.pk]
    told = again(sitting).changes.get(field="extra_seconds")
    assert (told.by, told.reason.endswith("；机房停电")) == (invigilator, True)
    assert again(other).extra_seconds == 0
    assert outages.compensate(sitting.enrolment.exam, outage, invigilator, "再次", timezone.now()).compensations == ()


def test_a_word_needs_a_reason_and_a_rule_that_asks_for_it(invigilator: User) -> None:
    sitting = began(minutes(10), "on_word")
    silent_for(minutes(3))
    outage = outages.beat()
    assert outage is not None
    exam = sitting.enrolment.exam
    with pytest.raises(ReasonMissing):
        outages.compensate(exam, outage, invigilator, " ", timezone.now())
    exam.outage_rule = Exam.OutageRule.NONE.value
    with pytest.raises(Refused):
        outages.compensate(exam, outage, invigilator, "机房停电", timezone.now())


def test_an_exam_knows_its_outages_and_whether_one_waits_for_a_word(invigilator: User) -> None:
    sitting = began(minutes(10), "on_word")
    silent_for(minutes(3))
    outage = outages.beat()
    assert outage is not None
    exam = sitting.enrolment.exam
    (standing,) = outages.of_exam(exam, timezone.now())
    assert (standing.given, standing.waiting, standing.asks) == (0, 1, True)
    outages.compensate(exam, outage, invigilator, "机房停电", timezone.now())
    (standing,) = outages.of_exam(exam, timezone.now())
    assert (standing.given, standing.waiting, standing.asks) == (1, 0, False)


def test_an_outage_of_another_day_is_none_of_an_exam() -> None:
    sitting = began(minutes(10), "on_word")
    ServerOutage.objects.create(began_at=timezone.now() - hours(30), ended_at=timezone.now() - hours(29))
    assert outages.of_exam(sitting.enrolment.exam, timezone.now()) == []


def test_whoever_is_over_by_now_is_counted_and_left_as_they_are(invigilator: User) -> None:
    sitting = began(minutes(90), "on_word")
    ServerOutage.objects.create(began_at=end_of(sitting) - minutes(5), ended_at=end_of(sitting) - minutes(2))
    sittings.close_overdue(timezone.now())
    outage = ServerOutage.objects.get()
    given = outages.compensate(sitting.enrolment.exam, outage, invigilator, "机房停电", timezone.now())
    assert (given.compensations, given.over) == ((), 1)
    assert again(sitting).state == Sitting.State.SUBMITTED
