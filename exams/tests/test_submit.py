"""sittings.submit: who may hand in when, and that doing it twice is harmless."""

from typing import Any

import pytest
from django.utils import timezone

from exams.models import Result, Sitting, StateChange
from exams.services import marks, sittings
from exams.tests.factories import SittingFactory, minutes, overdue, start_of

pytestmark = pytest.mark.django_db
CANDIDATE = Sitting.EndedBy.CANDIDATE


def test_handing_in_ends_the_sitting_and_marks_it() -> None:
    now = timezone.now()
    sitting = sittings.submit(SittingFactory(begun=True), CANDIDATE, now)
    assert (sitting.state, sitting.ended_at, sitting.ended_by) == ("submitted", now, "candidate")
    assert Result.objects.get(sitting=sitting).points_possible == 6


def test_the_end_is_announced(sent: list[str], django_capture_on_commit_callbacks: Any) -> None:
    sitting = SittingFactory(begun=True)
    with django_capture_on_commit_callbacks(execute=True):
        sittings.submit(sitting, CANDIDATE, timezone.now())
    assert sent == ["sitting_ended", "sitting_changed"]


def test_handing_in_twice_changes_nothing() -> None:
    first = sittings.submit(SittingFactory(begun=True), CANDIDATE, timezone.now())
    again = sittings.submit(first, CANDIDATE, timezone.now() + minutes(5))
    assert again.ended_at == first.ended_at
    assert StateChange.objects.filter(sitting=first, after="submitted").count() == 1


def test_before_the_earliest_moment_the_candidate_cannot_hand_in() -> None:
    sitting = SittingFactory(begun=True, exam__earliest_hand_in_minutes=30)
    with pytest.raises(sittings.TooEarly, match="30分钟"):
        sittings.submit(sitting, CANDIDATE, start_of(sitting) + minutes(29))


def test_from_the_earliest_moment_on_the_candidate_can() -> None:
    sitting = SittingFactory(begun=True, exam__earliest_hand_in_minutes=30)
    assert sittings.submit(sitting, CANDIDATE, start_of(sitting) + minutes(30)).state == "submitted"


def test_the_earliest_moment_binds_the_candidate_only() -> None:
    sitting = SittingFactory(begun=True, exam__earliest_hand_in_minutes=30)
    assert sittings.submit(sitting, Sitting.EndedBy.SWITCH_LIMIT, timezone.now()).ended_by == "switch_limit"


def test_after_the_deadline_it_counts_as_closed_by_the_deadline() -> None:
    sitting = overdue(SittingFactory(begun=True))
    ended = sittings.submit(sitting, CANDIDATE, timezone.now())
    assert (ended.ended_by, ended.ended_at) == ("deadline", sitting.deadline_at)


def test_what_has_not_begun_cannot_be_handed_in() -> None:
    with pytest.raises(sittings.NotBegun):
        sittings.submit(SittingFactory(), CANDIDATE, timezone.now())


def test_a_page_that_was_taken_over_cannot_hand_in() -> None:
    sitting = sittings.begin(SittingFactory(begun=True), "page-2", timezone.now())
    with pytest.raises(sittings.Superseded):
        sittings.submit(sitting, CANDIDATE, timezone.now(), epoch=1)


def test_a_paused_candidate_waits_with_handing_in() -> None:
    sitting = sittings.pause(SittingFactory(begun=True), "停电", timezone.now())
    with pytest.raises(sittings.Paused):
        sittings.submit(sitting, CANDIDATE, timezone.now())


def test_staff_can_hand_in_a_paused_sitting() -> None:
    sitting = sittings.pause(SittingFactory(begun=True), "停电", timezone.now(), locked=True)
    ended = sittings.submit(sitting, Sitting.EndedBy.STAFF, timezone.now())
    assert (ended.state, ended.pause_cause, ended.locked) == ("submitted", "", False)
    assert not ended.pauses.filter(ended_at__isnull=True).exists()


def test_a_fault_in_the_marking_does_not_undo_the_hand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    sitting = SittingFactory(begun=True)
    with monkeypatch.context() as broken:
        broken.setattr(marks, "_marks", None)
        sittings.submit(sitting, CANDIDATE, timezone.now())
    sitting.refresh_from_db()
    assert sitting.state == Sitting.State.SUBMITTED
    assert not Result.objects.exists()
    assert marks.mark_missing(timezone.now()) == 1
    assert Result.objects.filter(sitting=sitting).exists()
