"""The plan of a rehearsal: marked by its code, made by the importer's own services, and removed without a trace."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Candidate as Person
from exams.importers.normalised import CandidateRow, ExamRow, PlanPackage, PlanRow, QuestionRow, SectionRow
from exams.models import Bank, Enrolment, Exam, Plan, Question, ReferencePhoto, Response, Revision, Section, Sitting
from exams.services import plans, verification
from proctoring.faces.engine import embedder_name
from proctoring.models import FaceTemplate
from proctoring.queries import packed
from scripts.rehearsal import pictures
from scripts.rehearsal.candidate import Stored, Ticket

MARK = "REHEARSAL-"  # what every plan code, ID number and account number of a rehearsal begins with
QUESTIONS = 45
LASTS = timedelta(hours=2)
NEAR = timedelta(hours=1)
CHUNK = 500


def busy_with(now: datetime) -> list[str]:
    """Return the names of exams that people sit now, or will within the hour."""
    live = Q(enrolments__sitting__state__in=["in_progress", "paused"])
    soon = Q(is_practice=False, opens_at__gt=now - NEAR, opens_at__lt=now + NEAR, enrolments__isnull=False)
    exams = Exam.objects.exclude(plan__code__startswith=MARK).filter(live | soon).distinct()
    return [exam.name for exam in exams]


def prepare(candidates: int, face_rule: str, now: datetime) -> tuple[Exam, list[Ticket]]:
    """Make a plan with one exam that opens tomorrow, unless it is told to open; return it and who may sit it."""
    code = f"{MARK}{now:%Y%m%d%H%M%S}-{secrets.token_hex(3).upper()}"
    rows = [_candidate(code, number) for number in range(1, candidates + 1)]
    plans.apply(_package(code, rows, face_rule, now), now=now)
    exam = Exam.objects.get(plan__code=code)
    if exam.uses_camera:
        _give_photos(exam, now)
    Exam.objects.filter(pk=exam.pk).update(full_screen=False, entry_spread_seconds=0)
    return exam, [Ticket(row.id_number, row.check_code) for row in rows]


def open_at(exam: Exam, moment: datetime) -> None:
    """Let the exam begin."""
    exam.refresh_from_db()
    exam.opens_at, exam.closes_at = moment, moment + LASTS + timedelta(hours=2)
    exam.save(update_fields=["opens_at", "closes_at"])


def stored(exam: Exam) -> dict[str, Stored]:
    """Return what the database holds as answers, by the ID number of the candidate."""
    whose = {person.pk: person.id_number for person in Person.objects.filter(enrolments__exam=exam)}
    found: dict[str, Stored] = {number: {} for number in whose.values()}
    rows = Response.objects.filter(sitting__enrolment__exam=exam)
    for person, question, seq, value in rows.values_list("sitting__enrolment__candidate", "question", "seq", "value"):
        found[whose[person]][question] = seq, tuple(sorted(value))
    return found


def broken_logs(exam: Exam) -> int:
    """Return how many sittings do not pass what `verify_plan` asks: chained log, answers and receipt agree."""
    sittings = Sitting.objects.filter(enrolment__exam=exam)
    return sum(not verification.check(sitting).is_intact for sitting in sittings)


def states(exam: Exam) -> dict[str, int]:
    """Return how many sittings stand how."""
    counts: dict[str, int] = {}
    for state in Sitting.objects.filter(enrolment__exam=exam).values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts


def remove_all() -> int:
    """Remove every rehearsal that is there, also one whose program was killed; return how many plans went."""
    found = list(Plan.objects.filter(code__startswith=MARK))
    for plan in found:
        _remove(plan)
    return len(found)


def _remove(plan: Plan) -> None:
    people = list(Enrolment.objects.filter(exam__plan=plan).values_list("candidate", flat=True))
    sittings = list(Sitting.objects.filter(enrolment__exam__plan=plan).values_list("pk", flat=True))
    with transaction.atomic():
        for some in _chunks(sittings):
            Sitting.objects.filter(pk__in=some).delete()
        Section.objects.filter(exam__plan=plan).delete()
        plan.delete()
        bank = Bank.objects.filter(code=plan.code)
        Revision.objects.filter(question__bank__in=bank).delete()
        Question.objects.filter(bank__in=bank).delete()
        bank.delete()
        for some in _chunks(people):
            Person.objects.filter(pk__in=some).delete()
    _end_sessions(set(people))


def _end_sessions(people: set[int]) -> None:
    """Forget the browsers that were signed in as somebody who is gone."""
    living = Session.objects.filter(expire_date__gt=timezone.now())
    gone = [one.pk for one in living.iterator() if one.get_decoded().get("candidate_id") in people]
    for some in _chunks(gone):
        Session.objects.filter(pk__in=some).delete()


def _chunks(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[at : at + CHUNK] for at in range(0, len(values), CHUNK)]


# --- what the importer is given --------------------------------------------------------------------------------------


def _package(code: str, candidates: list[CandidateRow], face_rule: str, now: datetime) -> PlanPackage:
    plan = PlanRow(1, code, code, "", "", "Asia/Shanghai", Plan.CheckCodeKind.PASSWORD.value, "")
    section = SectionRow(1, "1", "single", "", Decimal(2), None, True, True, "all_or_nothing")
    return PlanPackage(
        plan=plan,
        exams=(_exam(face_rule, now),),
        sections=(section,),
        questions=tuple(_question(number) for number in range(1, QUESTIONS + 1)),
        candidates=tuple(candidates),
    )


def _exam(face_rule: str, now: datetime) -> ExamRow:
    opens_at = now + timedelta(hours=20)
    return ExamRow(
        row=1,
        code="1",
        name="REHEARSAL",
        opens_at=opens_at,
        closes_at=opens_at + LASTS + timedelta(hours=2),
        duration_minutes=round(LASTS.total_seconds() / 60),
        check_in_opens_minutes=24 * 60,
        late_entry_minutes=None,
        earliest_hand_in_minutes=0,
        pass_mark=Decimal(54),
        face_rule=face_rule,
        check_in_attempts=3,
        after_failed_check_in=Exam.AfterFailedCheckIn.HOLD.value,
        without_reference=Exam.WithoutReference.HOLD.value,
        second_camera=Exam.SecondCamera.OFF.value,
        asks_to_turn=False,
        second_review=False,
        switch_limit=None,
        after_switch_limit=Exam.AfterSwitchLimit.RECORD.value,
        late_responses=Exam.LateResponses.REFUSE.value,
        late_grace_seconds=0,
        outage_rule=Exam.OutageRule.NONE.value,
        outage_most_minutes=10,
        is_practice=True,
        help_contact="",
        quit_password="",
    )


def _question(number: int) -> QuestionRow:
    stem = f"第{number}题：下列关于温室气体核算边界、排放因子与活动数据的说法，哪一项符合标准的要求？"
    options = tuple(f"选项{letter}：以{letter}方法核算，并说明数据来源与不确定性。" for letter in "ABCD")
    return QuestionRow(number, f"Q{number}", "single", stem, options, (0,), None, "", "", "", "", (), "")


def _candidate(code: str, number: int) -> CandidateRow:
    """Return a candidate whose number is no person's, and whose check code nobody can know."""
    mark = f"{code}-{number:05}"
    return CandidateRow(
        row=number,
        name=f"演练考生{number}",
        id_kind=Person.IdKind.OTHER.value,
        id_number=mark.replace("-", ""),
        account_number=mark[:40],
        phone="",
        gender="",
        organization="",
        exam="1",
        site="",
        room="",
        seat="",
        extra_minutes=0,
        extra_reason="",
        photo_file="",
        check_code=secrets.token_urlsafe(12),
    )


def _give_photos(exam: Exam, now: datetime) -> None:
    """Give everybody the same reference photo, and its numbers."""
    picture, numbers = pictures.photo(), packed(pictures.descriptor())
    photos = ReferencePhoto.objects.bulk_create(
        ReferencePhoto(
            enrolment=enrolment,
            data=picture,
            digest="rehearsal",
            reason="rehearsal",
            expires_at=now + timedelta(days=2),
        )
        for enrolment in exam.enrolments.all()
    )
    FaceTemplate.objects.bulk_create(
        FaceTemplate(photo=photo, embedder=embedder_name(), descriptor=numbers) for photo in photos
    )


def database_kind() -> str:
    """Return which database this is: postgresql or sqlite."""
    return connection.vendor
