"""Decisions on who is there: written down with their picture, and what they mean for the sitting.

The machine only ever passes, doubts or asks for a person. It ends nothing and makes nothing invalid.
"""

from datetime import datetime

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exams import queries as exam_queries
from exams.domain import consent
from exams.domain.lifecycle import CheckIn, Identity
from exams.models import ReferencePhoto, Sitting
from exams.services import enrolments, photos, sittings
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from proctoring import clearance, presence, queries, wording
from proctoring.domain import check_in, matching
from proctoring.domain.check_in import Attempt, Decision, Outcome
from proctoring.domain.incident_rules import Kind
from proctoring.domain.matching import Descriptor
from proctoring.domain.policy import Change, Confirmed, Opened
from proctoring.faces.engine import embedder_name
from proctoring.models import CheckInTemplate, FaceTemplate, IdentityCheck, Incident, Snapshot
from proctoring.services import evidence, incidents

Verdict = IdentityCheck.Verdict
Occasion = IdentityCheck.Occasion
RAN_OUT = _("识别次数用尽")
CONSENTED = _("考生改为同意人脸采集")
ADOPTED = _("首次采集的底照，待与证件比对")


class GoesOnElsewhere(Refused):
    """Whoever asks here cannot stop the exam that goes on there."""

    code = "elsewhere"

    def __init__(self) -> None:
        super().__init__(str(wording.ELSEWHERE))


# --- at check-in -----------------------------------------------------------------------------------------------------


@transaction.atomic
def pass_check_in(sitting: Sitting, attempt: Attempt, decision: Decision, *, now: datetime) -> Sitting:
    """Let the registered person go on."""
    sitting = _locked(sitting)
    if not _is_awaited(sitting):
        return sitting  # a person, or an earlier decision, was faster
    picture = _keep(sitting, attempt, Verdict.MATCH)
    _write_check(sitting, Occasion.CHECK_IN, Verdict.MATCH, attempt, decision, picture, now)
    incidents.close(sitting, Incident.Kind.CHECK_IN_FAILED, ended_at=now)
    return _let_in(sitting, now)


@transaction.atomic
def adopt(sitting: Sitting, attempt: Attempt, decision: Decision, *, now: datetime) -> Sitting:
    """Take the first good pictures as the reference, to be compared with the ID card by a person."""
    sitting = _locked(sitting)
    if not _is_awaited(sitting) or queries.has_reference(sitting.enrolment):
        return sitting
    picture = _keep(sitting, attempt, Verdict.ADOPTED)
    _write_check(sitting, Occasion.CHECK_IN, Verdict.ADOPTED, attempt, decision, picture, now)
    data = check_in.typical(attempt).picture
    photo = ReferencePhoto.objects.create(
        enrolment=sitting.enrolment,
        source=ReferencePhoto.Source.FIRST_CHECK_IN,
        to_compare=True,
        digest=photos.digest_of(data),
        data=data,
        reason=for_staff(ADOPTED),
        expires_at=photos.expiry_of(sitting.enrolment.exam),
    )
    store_template(photo, _face(attempt))
    return _let_in(sitting, now)


@transaction.atomic
def fail_check_in(sitting: Sitting, attempt: Attempt, decision: Decision, *, now: datetime) -> Sitting:
    """Write down an attempt that did not show the registered person; the last one leads to a person, or on, flagged."""
    sitting = _locked(sitting)
    if not _is_awaited(sitting):
        return sitting
    verdict = Verdict.NOT_LIVE if decision.outcome is Outcome.NOT_LIVE else Verdict.MISMATCH
    picture = _keep(sitting, attempt, verdict)
    _write_check(sitting, Occasion.CHECK_IN, verdict, attempt, decision, picture, now)
    sitting.check_in_failures += 1
    sitting.save(update_fields=["check_in_failures"])
    runs_out = sitting.check_in_failures >= sitting.enrolment.exam.check_in_attempts
    incidents.open_or_extend(
        sitting,
        Incident.Kind.CHECK_IN_FAILED,
        severity=Incident.Severity.SERIOUS if runs_out else Incident.Severity.WARNING,
        began_at=attempt.began_at,
        detail={"attempts": sitting.check_in_failures, "threshold": decision.threshold, "exhausted": runs_out}
        | ({"cause": decision.outcome.value} if verdict is Verdict.NOT_LIVE else {})
        | ({"other_device": True} if queries.is_elsewhere(sitting) else {}),
        distance=decision.distance,
        snapshot=picture,
    )
    return _run_out(sitting, now) if runs_out else sitting


def _run_out(sitting: Sitting, now: datetime) -> Sitting:
    """No attempt is left: the identity is in doubt until a person says otherwise."""
    incidents.close(sitting, Incident.Kind.CHECK_IN_FAILED, ended_at=now)
    if _goes_on_where_it_is(sitting):
        return sitting
    asking, sitting = sitting.asking_device, doubt(sitting, now=now)
    to = CheckIn.EXHAUSTED if clearance.goes_on_flagged(sitting.enrolment.exam) else CheckIn.HELD
    sitting = sittings.move_check_in(sitting, to, now=now, reason=for_staff(RAN_OUT))
    return sittings.bind(sitting, asking or "", now)


@transaction.atomic
def ask_for_person(sitting: Sitting, *, reason: str, now: datetime) -> Sitting:
    """Hand a candidate over to an invigilator: no camera, no consent, no reference, or because they ask for it."""
    sitting = _locked(sitting)
    if not sitting.enrolment.exam.uses_camera or not (_is_awaited(sitting) or sitting.check_in == CheckIn.EXHAUSTED):
        return sitting
    if _goes_on_where_it_is(sitting):
        raise GoesOnElsewhere
    if sitting.check_in == CheckIn.EXHAUSTED and clearance.goes_on_flagged(sitting.enrolment.exam):
        return sitting  # may go on as it is; asking now could only cost time
    if exam_queries.consent_of(sitting.enrolment) is False:
        _note_declined(sitting, now)
    asking = sitting.asking_device
    sitting = sittings.move_check_in(sitting, CheckIn.HELD, now=now, reason=reason)
    return sittings.bind(sitting, asking or "", now)


def may_consent_after_all(sitting: Sitting) -> bool:
    """Tell whether somebody who declined and waits may change their mind: as long as no person had a hand in it."""
    if sitting.check_in != CheckIn.HELD or exam_queries.consent_of(sitting.enrolment) is not False:
        return False
    change = sitting.changes.filter(field="check_in").order_by("-at", "-pk").first()
    return change is not None and change.by_id is None


@transaction.atomic
def consent_after_all(sitting: Sitting, *, now: datetime) -> Sitting:
    """Take the yes of somebody who had declined: the machine may look now; the wait is given back."""
    sitting = _locked(sitting)
    if not may_consent_after_all(sitting):
        return sitting  # a person was faster
    enrolments.answer_consent(sitting.enrolment, consent.VERSION, given=True, now=now)
    return sittings.move_check_in(sitting, CheckIn.UNCHECKED, now=now, reason=for_staff(CONSENTED))


def _is_awaited(sitting: Sitting) -> bool:
    """Tell whether this device has still to be checked: the first one, or another one than before."""
    return sitting.check_in == CheckIn.UNCHECKED or queries.is_elsewhere(sitting)


def _goes_on_where_it_is(sitting: Sitting) -> bool:
    """Tell whether the exam goes on at a device that is there: what fails elsewhere must not stop it."""
    return queries.is_elsewhere(sitting) and presence.is_there(sitting.pk)


def _let_in(sitting: Sitting, now: datetime) -> Sitting:
    """The check has passed, on this device from now on; on yet another one, the next has all its attempts."""
    asking = sitting.asking_device
    sitting.check_in_failures = 0
    sitting.save(update_fields=["check_in_failures"])
    sittings.move_check_in(sitting, CheckIn.PASSED, now=now)
    return sittings.bind(sitting, asking or "", now)


def _note_declined(sitting: Sitting, now: datetime) -> None:
    kind = Incident.Kind.CONSENT_DECLINED
    if not Incident.objects.filter(sitting=sitting, kind=kind).exists():
        incidents.note(sitting, kind, severity=Incident.Severity.INFO, at=now)


# --- during the exam -------------------------------------------------------------------------------------------------


@transaction.atomic
def doubt(sitting: Sitting, *, now: datetime) -> Sitting:
    """Put the identity in doubt; what a person rejected stays rejected."""
    if sitting.identity in {Identity.IN_DOUBT, Identity.REJECTED}:
        return sitting
    return sittings.move_identity(sitting, Identity.IN_DOUBT, now=now)


@transaction.atomic
def witness(
    sitting: Sitting, change: Change, picture: bytes, *, threshold: float, now: datetime, cause: str = ""
) -> None:
    """Write down a change of what the camera shows, and what it means for the identity."""
    if isinstance(change, Confirmed):
        sitting = _locked(sitting)  # a person may have rejected them in this moment, and that stays
        incidents.confirm(sitting, change, picture, now)
        doubt(sitting, now=now)
        return
    incidents.record(sitting, change, picture, now, cause)
    if change.kind is Kind.NOT_THE_PERSON:
        write_aggregate(
            sitting,
            Verdict.MISMATCH if isinstance(change, Opened) else Verdict.MATCH,
            frames=change.shown if isinstance(change, Opened) else 0,
            distance=change.distance if isinstance(change, Opened) else None,
            threshold=threshold,
            began_at=change.began_at if isinstance(change, Opened) else change.ended_at,
            now=now,
            occasion=Occasion.CHANGE,
        )


@transaction.atomic
def write_aggregate(
    sitting: Sitting,
    verdict: str,
    *,
    frames: int,
    distance: float | None,
    threshold: float,
    began_at: datetime,
    now: datetime,
    occasion: str = Occasion.MINUTE,
) -> IdentityCheck:
    """Write one row for many frames."""
    return IdentityCheck.objects.create(
        sitting=sitting,
        occasion=occasion,
        verdict=verdict,
        distance=distance,
        threshold=threshold,
        frames=frames,
        began_at=began_at,
        decided_at=now,
    )


# --- templates -------------------------------------------------------------------------------------------------------


def store_template(photo: ReferencePhoto, descriptor: Descriptor) -> FaceTemplate:
    """Keep the numbers of a reference photo beside it, for the face model in use."""
    template, _made = FaceTemplate.objects.update_or_create(
        photo=photo,
        defaults={"embedder": embedder_name(), "descriptor": queries.packed(descriptor)},
    )
    return template


def _remember_face(sitting: Sitting, attempt: Attempt, now: datetime) -> None:
    """Keep the face of an attempt for the rest of the sitting; it counts once machine or person let it pass."""
    CheckInTemplate.objects.update_or_create(
        sitting=sitting,
        defaults={"embedder": embedder_name(), "descriptor": queries.packed(_face(attempt)), "made_at": now},
    )


def forget_face(sitting: Sitting) -> None:
    """Delete what was only needed while the sitting lasted."""
    CheckInTemplate.objects.filter(sitting=sitting).delete()


def _face(attempt: Attempt) -> Descriptor:
    return matching.centre([frame.descriptor for frame in attempt.frames])


def _locked(sitting: Sitting) -> Sitting:
    locked = (
        Sitting.objects.select_for_update(of=("self",))
        .select_related("enrolment__exam__plan", "enrolment__candidate")
        .get(pk=sitting.pk)
    )
    locked.asking_device = sitting.asking_device
    return locked


def _keep(sitting: Sitting, attempt: Attempt, verdict: Verdict) -> Snapshot | None:
    frame = check_in.typical(attempt)
    reason = format_lazy("{}：{}", Occasion.CHECK_IN.label, verdict.label)  # i18n: data; changes.for_reader splits it
    return evidence.keep(sitting.pk, frame.picture, reason=reason, taken_at=frame.at)


def _write_check(
    sitting: Sitting,
    occasion: str,
    verdict: str,
    attempt: Attempt,
    decision: Decision,
    picture: Snapshot | None,
    now: datetime,
) -> IdentityCheck:
    check = write_aggregate(
        sitting,
        verdict,
        frames=decision.frames,
        distance=decision.distance,
        threshold=decision.threshold or 0.0,
        began_at=attempt.began_at,
        now=now,
        occasion=occasion,
    )
    check.snapshot = picture
    check.save(update_fields=["snapshot"])
    _remember_face(sitting, attempt, now)
    return check
