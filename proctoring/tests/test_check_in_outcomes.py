"""What a decision at check-in means for the sitting, and what is left on record."""

import pytest
from django.utils import timezone

from exams import seams
from exams.models import Exam, ReferencePhoto, Sitting
from proctoring import queries
from proctoring.domain.check_in import Outcome
from proctoring.models import CheckInTemplate, FaceTemplate, IdentityCheck, Incident, Snapshot
from proctoring.services import identity
from proctoring.tests.factories import attempt_of, camera_sitting, decision

pytestmark = pytest.mark.django_db
CONTINUE = Exam.AfterFailedCheckIn.CONTINUE.value
ADOPT = Exam.WithoutReference.ADOPT.value


def fail(sitting: Sitting) -> Sitting:
    return identity.fail_check_in(sitting, attempt_of("biden"), decision(Outcome.FAILED, "biden"), now=timezone.now())


def succeed(sitting: Sitting) -> Sitting:
    return identity.pass_check_in(sitting, attempt_of("obama2"), decision(Outcome.PASSED, "obama2"), now=timezone.now())


def test_the_registered_person_passes_and_the_decision_is_on_record() -> None:
    sitting = succeed(camera_sitting())
    check = IdentityCheck.objects.get()
    assert sitting.check_in == "passed"
    assert (check.occasion, check.verdict, check.frames) == ("check_in", "match", 5)
    assert check.snapshot is not None
    assert check.distance is not None
    assert check.distance < 0.45
    assert seams.reasons_to_wait(sitting) == []
    assert seams.reasons_to_review(sitting) == []


def test_a_failed_attempt_is_recorded_with_picture_distance_and_threshold() -> None:
    sitting = fail(camera_sitting())
    check, incident = IdentityCheck.objects.get(), Incident.objects.get()
    assert sitting.check_in == "unchecked"
    assert sitting.check_in_failures == 1
    assert (check.verdict, check.threshold) == ("mismatch", 0.45)
    assert (incident.kind, incident.severity, incident.ended_at) == ("check_in_failed", "warning", None)
    assert incident.distance == pytest.approx(check.distance)
    assert [picture.pk for picture in incident.snapshots.all()] == [check.snapshot_id]
    assert sitting.identity == "steady"


def test_attempts_that_run_out_lead_to_a_person() -> None:
    sitting = camera_sitting(exam__check_in_attempts=2)
    sitting = fail(fail(sitting))
    incident = Incident.objects.get()
    assert (sitting.check_in, sitting.identity) == ("held", "in_doubt")
    assert (incident.severity, incident.detail["attempts"], incident.snapshots.count()) == ("serious", 2, 2)
    assert incident.ended_at is not None
    assert [gate.url_name for gate in seams.reasons_to_wait(sitting)] == ["proctoring:check_in"]
    assert seams.reasons_to_review(sitting)


def test_or_on_flagged_where_the_exam_says_so() -> None:
    sitting = fail(camera_sitting(exam__check_in_attempts=1, exam__after_failed_check_in=CONTINUE))
    assert (sitting.check_in, sitting.identity) == ("exhausted", "in_doubt")
    assert seams.reasons_to_wait(sitting) == []
    assert seams.reasons_to_review(sitting)


def test_a_pass_after_a_failed_attempt_leaves_no_doubt() -> None:
    sitting = succeed(fail(camera_sitting()))
    assert (sitting.check_in, sitting.identity) == ("passed", "steady")
    assert Incident.objects.get().ended_at is not None
    assert seams.reasons_to_review(sitting) == []


def test_a_decision_that_comes_after_a_persons_changes_nothing() -> None:
    sitting = identity.ask_for_person(camera_sitting(), reason="没有摄像头", now=timezone.now())
    assert fail(sitting).check_in == "held"
    assert succeed(sitting).check_in == "held"
    assert not IdentityCheck.objects.exists()


def test_without_a_photo_the_first_good_check_in_becomes_the_reference() -> None:
    sitting = camera_sitting(photo=None, exam__without_reference=ADOPT)
    sitting = identity.adopt(sitting, attempt_of("obama"), decision(Outcome.ADOPTED), now=timezone.now())
    photo = ReferencePhoto.objects.get()
    assert sitting.check_in == "passed"
    assert (photo.source, photo.to_compare) == ("first_check_in", True)
    assert photo.expires_at > sitting.enrolment.exam.closes_at
    assert FaceTemplate.objects.get().photo == photo
    assert IdentityCheck.objects.get().verdict == "adopted"


def test_the_face_at_check_in_is_remembered_until_the_sitting_ends() -> None:
    sitting = succeed(camera_sitting())
    assert CheckInTemplate.objects.filter(sitting=sitting).exists()
    seams.sitting_ended.send(Sitting, sitting=sitting, now=timezone.now())
    assert not CheckInTemplate.objects.exists()


def test_declining_consent_leads_to_a_person_and_is_on_record_once() -> None:
    sitting = camera_sitting(agreed=False)
    for _ in range(2):
        sitting = identity.ask_for_person(sitting, reason="未同意人脸采集", now=timezone.now())
    incident = Incident.objects.get()
    assert sitting.check_in == "held"
    assert (incident.kind, incident.severity) == ("consent_declined", "info")
    assert not Snapshot.objects.exists()


def test_an_exam_without_camera_asks_for_nothing() -> None:
    sitting = camera_sitting(agreed=None, photo=None, exam__face_rule="none")
    assert seams.reasons_to_wait(sitting) == []
    assert not seams.consent_needed(sitting)
    assert seams.reasons_to_review(sitting) == []
    assert identity.ask_for_person(sitting, reason="x", now=timezone.now()).check_in == "unchecked"


def test_consent_is_needed_until_it_is_answered_either_way() -> None:
    assert seams.consent_needed(camera_sitting(agreed=None))
    assert not seams.consent_needed(camera_sitting(agreed=True))
    assert not seams.consent_needed(camera_sitting(agreed=False))


@pytest.mark.parametrize(
    ("state", "review", "counts"),
    [
        ("in_doubt", "open", False),
        ("rejected", "open", False),
        ("steady", "open", False),
        ("steady", "dismissed", True),
        ("cleared", "open", True),
        ("cleared", "confirmed", False),
    ],
)
def test_a_result_counts_when_neither_identity_nor_incident_speaks_against_it(
    state: str, review: str, counts: bool
) -> None:
    sitting = camera_sitting(check_in="passed", identity=state)
    Incident.objects.create(
        sitting=sitting,
        kind="not_the_person",
        severity="serious",
        began_at=timezone.now(),
        ended_at=timezone.now(),
        detail={"confirmed": True},
        review=review,
        review_reason="" if review == "open" else "已核对",
    )
    assert (seams.reasons_to_review(sitting) == []) is counts


def test_a_photo_that_nobody_has_described_yet_is_not_replaced_by_the_first_face() -> None:
    sitting = camera_sitting(exam__without_reference=Exam.WithoutReference.ADOPT.value)
    FaceTemplate.objects.all().delete()
    assert not queries.camera_facts(sitting, timezone.now()).adopts
