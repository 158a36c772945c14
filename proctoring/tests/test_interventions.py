"""Staff decide, with a reason, on the record; what would change nothing is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from exams import queries
from exams.domain.arrivals import Op, Outcome, Sender
from exams.domain.chain import Entry
from exams.domain.flow import Step
from exams.domain.lifecycle import CheckIn, Identity, State, Validity
from exams.models import ReferencePhoto, Response, ResponseEntry, Result, Sitting
from exams.services import response_log, sittings
from exams.services.refusals import ReasonMissing, Refused
from exams.tests.factories import CLIENT, SittingFactory, minutes
from proctoring.models import IdentityCheck, Incident, Intervention, Message
from proctoring.services import incidents, interventions, messages, reviews
from proctoring.tests import scenes
from proctoring.tests.factories import camera_sitting, give_photo, passed_sitting

pytestmark = pytest.mark.django_db
WHY = "已核对身份证件原件"


@pytest.fixture
def by() -> User:
    return User.objects.create_user("warden", is_staff=True)


def words(by: User, **more: Any) -> dict[str, Any]:
    return {"by": by, "reason": WHY, "now": timezone.now(), **more}


def fresh(sitting: Sitting) -> Sitting:
    return Sitting.objects.select_related("enrolment__exam").get(pk=sitting.pk)


def held(**fields: Any) -> Sitting:
    """Return a sitting that waits for a person after its check-in ran out."""
    sitting = camera_sitting(identity="in_doubt", check_in="exhausted", **fields)
    now = timezone.now()
    incidents.note(sitting, Incident.Kind.CHECK_IN_FAILED, severity=Incident.Severity.SERIOUS, at=now)
    return sittings.move_check_in(sitting, CheckIn.HELD, now=now)


# --- the record ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["pause", "lock", "hold", "terminate", "reject_identity", "new_check"])
def test_nothing_is_done_without_a_reason(by: User, verb: str) -> None:
    sitting = passed_sitting()
    with pytest.raises(ReasonMissing):
        getattr(interventions, verb)(sitting, **words(by) | {"reason": "  "})
    assert fresh(sitting).state == State.IN_PROGRESS
    assert not Intervention.objects.exists()


def test_who_did_what_and_why_is_on_the_record_with_the_change_itself(by: User) -> None:
    sitting = passed_sitting()
    done = interventions.pause(sitting, **words(by))
    change = sitting.changes.get(after=State.PAUSED)
    assert (done.kind, done.reason, done.by) == ("pause", WHY, by)
    assert (change.reason, change.by, change.at) == (WHY, by, done.at)


@pytest.mark.parametrize("verb", ["pause", "lock", "hold", "terminate", "reject_identity", "new_check"])
def test_a_second_time_changes_nothing_and_says_so(by: User, verb: str) -> None:
    sitting = passed_sitting()
    getattr(interventions, verb)(sitting, **words(by))
    with pytest.raises(Refused):
        getattr(interventions, verb)(sitting, **words(by))
    assert Intervention.objects.count() == 1


def test_an_intervention_that_is_refused_leaves_no_trace(by: User) -> None:
    sitting = SittingFactory()
    with pytest.raises(Refused):
        interventions.pause(sitting, **words(by))
    assert not Intervention.objects.exists()


# --- who is there ----------------------------------------------------------------------------------------------------


def test_passing_a_check_in_by_hand_settles_every_doubt_of_the_machine(by: User) -> None:
    sitting = held()
    interventions.pass_check_in(sitting, **words(by))
    sitting = fresh(sitting)
    assert (sitting.check_in, sitting.identity) == (CheckIn.PASSED, Identity.CLEARED)
    assert sitting.incidents.get().review == Incident.Review.DISMISSED
    check = sitting.identity_checks.get()
    assert (check.occasion, check.verdict) == (IdentityCheck.Occasion.STAFF, IdentityCheck.Verdict.MATCH)


def test_a_failed_check_in_keeps_the_result_from_counting_until_a_person_clears_the_identity(by: User) -> None:
    sitting = camera_sitting(exam__after_failed_check_in="continue", check_in="exhausted", identity="in_doubt")
    sitting = sittings.begin(sitting, CLIENT, timezone.now())
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert Result.objects.get().validity == Validity.PENDING_REVIEW
    interventions.clear_identity(sitting, **words(by))
    assert Result.objects.get().validity == Validity.VALID


def test_a_rejected_identity_keeps_the_result_from_counting_and_does_not_end_the_exam(by: User) -> None:
    sitting = passed_sitting()
    interventions.reject_identity(sitting, **words(by))
    assert fresh(sitting).state == State.IN_PROGRESS
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert Result.objects.get().validity == Validity.PENDING_REVIEW


def test_holding_somebody_who_answers_stops_the_clock_until_they_are_passed(by: User) -> None:
    sitting = passed_sitting()
    interventions.hold(sitting, **words(by))
    assert fresh(sitting).state == State.PAUSED
    interventions.pass_check_in(sitting, **words(by))
    assert fresh(sitting).state == State.IN_PROGRESS


def test_a_new_check_gives_all_attempts_again(by: User) -> None:
    sitting = held(check_in_failures=3)
    interventions.new_check(sitting, **words(by))
    sitting = fresh(sitting)
    assert (sitting.check_in, sitting.check_in_failures) == (CheckIn.UNCHECKED, 0)


# --- the clock -------------------------------------------------------------------------------------------------------


def test_a_pause_gives_its_time_back(by: User) -> None:
    sitting, now = passed_sitting(), timezone.now()
    deadline = sitting.deadline_at
    assert deadline is not None
    interventions.pause(sitting, by=by, reason=WHY, now=now)
    interventions.resume(sitting, by=by, reason=WHY, now=now + minutes(7))
    assert fresh(sitting).deadline_at == deadline + minutes(7)


def test_an_extension_moves_the_deadline(by: User) -> None:
    sitting = passed_sitting()
    deadline = sitting.deadline_at
    assert deadline is not None
    done = interventions.extend(sitting, minutes=10, **words(by))
    assert fresh(sitting).deadline_at == deadline + minutes(10)
    assert done.detail == {"minutes": 10}


def test_a_latecomer_is_let_in_by_a_person_only(by: User) -> None:
    now = timezone.now()
    sitting = SittingFactory(exam__opens_at=now - minutes(40), exam__late_entry_minutes=15)
    assert queries.place(sitting, now).step is Step.MISSED
    done = interventions.admit_late(sitting, minutes=10, **words(by) | {"now": now})
    assert done.reason == WHY
    assert queries.place(fresh(sitting), now + minutes(9)).step is not Step.MISSED
    assert queries.place(fresh(sitting), now + minutes(11)).step is Step.MISSED


def test_whoever_may_still_come_in_needs_no_permission(by: User) -> None:
    sitting = SittingFactory(exam__opens_at=timezone.now() - minutes(5))
    with pytest.raises(Refused):
        interventions.admit_late(sitting, minutes=10, **words(by))


@pytest.mark.parametrize("count", [0, -5, 601])
def test_an_extension_has_bounds(by: User, count: int) -> None:
    with pytest.raises(Refused):
        interventions.extend(passed_sitting(), minutes=count, **words(by))


def test_a_lock_is_a_pause_that_a_person_opens(by: User) -> None:
    sitting = passed_sitting()
    interventions.lock(sitting, **words(by))
    assert fresh(sitting).locked
    interventions.unlock(sitting, **words(by))
    sitting = fresh(sitting)
    assert (sitting.locked, sitting.state) == (False, State.IN_PROGRESS)


def test_a_termination_can_be_undone_and_the_time_left_comes_back(by: User) -> None:
    sitting, now = passed_sitting(), timezone.now()
    deadline = sitting.deadline_at
    assert deadline is not None
    interventions.terminate(sitting, by=by, reason=WHY, now=now)
    assert Result.objects.get().validity == Validity.PENDING_REVIEW
    interventions.reopen(sitting, minutes=2, by=by, reason=WHY, now=now + minutes(5))
    sitting = fresh(sitting)
    assert sitting.state == State.IN_PROGRESS
    assert sitting.deadline_at == deadline + minutes(5) + minutes(2)


def test_what_has_not_ended_cannot_be_reopened(by: User) -> None:
    with pytest.raises(Refused):
        interventions.reopen(passed_sitting(), minutes=5, **words(by))


# --- answers, incidents, results -------------------------------------------------------------------------------------


def kept_answer(sitting: Sitting) -> ResponseEntry:
    """Return what the log says of an answer that came too late and waits for a person."""
    entry = Entry(Sender(CLIENT, 1), Op(1, 1, ("A",), doubtful=False), Outcome.LATE_KEPT, timezone.now())
    with transaction.atomic():
        response_log.append({sitting.pk: response_log.take_head(sitting.pk)}, {sitting.pk: [entry]})
    return ResponseEntry.objects.get(sitting=sitting)


def test_late_answers_count_once_a_person_says_so(by: User) -> None:
    sitting, now = SittingFactory(begun=True), timezone.now()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, now)
    late = kept_answer(sitting)
    assert Result.objects.get().points == 0
    done = interventions.accept_late(sitting, entries=[late.pk], **words(by))
    assert Response.objects.get().value == ["A"]
    assert Result.objects.get().points > 0
    assert done.detail["questions"] == [1]


def test_answers_of_somebody_else_are_never_taken_in(by: User) -> None:
    mine, other, now = SittingFactory(begun=True), SittingFactory(begun=True), timezone.now()
    for sitting in (mine, other):
        sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, now)
    late = kept_answer(other)
    with pytest.raises(Refused):
        interventions.accept_late(mine, entries=[late.pk], **words(by))
    assert not Response.objects.exists()


def confirmed_incident(sitting: Sitting) -> Incident:
    return Incident.objects.create(
        sitting=sitting,
        kind=Incident.Kind.NOT_THE_PERSON,
        severity=Incident.Severity.SERIOUS,
        began_at=timezone.now() - timedelta(minutes=1),
        ended_at=timezone.now(),
        detail={"confirmed": True},
    )


def test_a_result_counts_again_when_the_incident_against_it_is_dismissed(by: User) -> None:
    sitting = passed_sitting()
    incident = confirmed_incident(sitting)
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert Result.objects.get().validity == Validity.PENDING_REVIEW
    done = reviews.review_incident(incident, outcome="dismissed", **words(by))
    assert Result.objects.get().validity == Validity.VALID
    assert (done.sitting, done.detail["outcome"]) == (sitting, "dismissed")


def test_a_review_can_be_changed_but_never_taken_back(by: User) -> None:
    incident = confirmed_incident(passed_sitting())
    reviews.review_incident(incident, outcome="dismissed", **words(by))
    reviews.review_incident(incident, outcome="confirmed", **words(by))
    with pytest.raises(Refused):
        reviews.review_incident(incident, outcome="open", **words(by))


def test_only_a_decision_of_a_person_makes_a_result_invalid_and_it_stands(by: User) -> None:
    sitting = passed_sitting()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    interventions.set_validity(Result.objects.get(), "invalid", **words(by))
    interventions.clear_identity(sitting, **words(by))
    result = Result.objects.get()
    assert (result.validity, result.decided_by, result.validity_reason) == (Validity.INVALID, by, WHY)


# --- photos ----------------------------------------------------------------------------------------------------------


def test_a_new_photo_replaces_the_old_one_which_is_kept(by: User) -> None:
    sitting = camera_sitting(photo="obama")
    photo = interventions.replace_photo(sitting.enrolment, image=scenes.photo("obama2"), **words(by))
    old, new = sitting.enrolment.photos.order_by("pk")
    assert (new, new.source) == (photo, ReferencePhoto.Source.STAFF)
    assert old.retired_at is not None
    assert Intervention.objects.get().kind == "replace_photo"


def test_a_picture_without_a_face_does_not_become_a_photo(by: User) -> None:
    sitting = camera_sitting(photo="obama")
    with pytest.raises(Refused):
        interventions.replace_photo(sitting.enrolment, image=b"no picture", **words(by))
    assert sitting.enrolment.photos.get().retired_at is None


@pytest.mark.parametrize("same", [True, False])
def test_comparing_a_first_picture_with_the_id_card_keeps_it_or_retires_it(by: User, same: bool) -> None:
    sitting = passed_sitting(photo=None)
    photo = give_photo(sitting, "obama")
    ReferencePhoto.objects.update(to_compare=True)
    interventions.compare_photo(photo, same=same, **words(by))
    photo.refresh_from_db()
    assert (photo.to_compare, photo.compared_by) == (False, by)
    assert (photo.retired_at is None) is same
    assert (fresh(sitting).identity == Identity.REJECTED) is not same


# --- words -----------------------------------------------------------------------------------------------------------


def test_an_answer_settles_the_call_and_the_calls_before_it(by: User) -> None:
    sitting, now = SittingFactory(begun=True), timezone.now()
    messages.call_for_help(sitting, "鼠标坏了", now=now - minutes(5))
    call = messages.call_for_help(sitting, "还没人来", now=now - minutes(1))
    interventions.send_message(sitting, text="马上到", by=by, now=now, answers=call)
    assert not Message.objects.filter(direction="from_candidate", settled_at__isnull=True).exists()
    assert [notice.kind for notice in messages.notices(sitting)] == ["answer"]


def test_a_call_that_was_answered_in_person_is_settled_without_a_message(by: User) -> None:
    sitting, now = SittingFactory(begun=True), timezone.now()
    call = messages.call_for_help(sitting, "", now=now)
    interventions.settle_call(call, by=by, reason="已到座位处理", now=now)
    assert not messages.notices(sitting)
    with pytest.raises(Refused):
        interventions.settle_call(call, by=by, reason="已到座位处理", now=now)


def test_an_empty_message_is_not_sent(by: User) -> None:
    with pytest.raises(Refused):
        interventions.send_message(SittingFactory(begun=True), text=" ", by=by, now=timezone.now())


def test_the_same_for_many_skips_those_it_does_not_fit_and_says_why(by: User) -> None:
    running, waiting = passed_sitting(), camera_sitting()
    done, refused = interventions.for_each([running, waiting], interventions.pause, **words(by))
    assert done == 1
    assert [sitting for sitting, _why in refused] == [waiting]
    assert fresh(running).state == State.PAUSED
