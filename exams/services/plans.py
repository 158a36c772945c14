"""Brings an imported package into the tables: all of it or nothing, and the same package twice changes nothing."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from exams.importers.columns import EXAMS, PLAN, SECTIONS
from exams.importers.normalised import ExamRow, PlanPackage, Refused
from exams.models import Bank, Exam, Plan, ReferencePhoto, Section, Sitting
from exams.services import banks, photos, rosters
from exams.services.ledger import Ledger, already_begun

Progress = Callable[[str, int, int], None]
log = logging.getLogger(__name__)


def silent(stage: str, done: int, total: int) -> None:
    """Take no notice of progress."""


def apply(package: PlanPackage, *, now: datetime, dry_run: bool = False, progress: Progress = silent) -> Ledger:
    """Import a plan; raise `Refused` with every fault and change nothing if there is any.

    Pictures are looked at before the transaction begins: that takes long, and an embedded database has one writer.
    """
    ledger = Ledger()
    ledger.faults += [*package.photo_faults, *photos.look_at(package.photos, progress)]
    with transaction.atomic():
        before = Plan.objects.filter(code=package.plan.code).first()
        plan = _settle_plan(package, ledger)
        new_codes = before is not None and before.check_code_kind != plan.check_code_kind
        begun = _begun_exams(plan)
        exams = {row.code: _settle_exam(plan, row, begun, ledger) for row in package.exams}
        revisions = banks.settle(_bank(plan), package.questions, ledger)
        for row in package.exams:
            _settle_sections(package, row, exams[row.code], revisions, begun, ledger)
        rosters.settle(package, plan, exams, ledger, progress, new_codes=new_codes)
        photos.settle(package, exams, ledger, now, progress)
        if dry_run or ledger.faults:
            transaction.set_rollback(True)
    if ledger.faults:
        raise Refused(ledger.faults)
    if not dry_run:
        log.debug("Plan %s imported: %s", package.plan.code, {name: dict(one) for name, one in ledger.counts.items()})
    return ledger


def _settle_plan(package: PlanPackage, ledger: Ledger) -> Plan:
    row = package.plan
    plan = Plan.objects.select_for_update().filter(code=row.code).first() or Plan(code=row.code)
    names = ("name", "host", "certifying_body", "timezone", "check_code_kind", "notice")
    begun = sorted(_begun_exams(plan)) if plan.pk else []
    frozen = already_begun(", ".join(begun)) if begun else ""
    ledger.settle(PLAN, row.row, plan, {name: getattr(row, name) for name in names}, frozen)
    plan.save(update_fields=["imported_at"])
    return plan


def _begun_exams(plan: Plan) -> set[str]:
    """Return the codes of the exams that somebody has begun: they stay as they are."""
    begun = Sitting.objects.filter(enrolment__exam__plan=plan).exclude(started_at=None, paper=None)
    return set(begun.values_list("enrolment__exam__code", flat=True))


def _bank(plan: Plan) -> Bank:
    bank, _made = Bank.objects.update_or_create(code=plan.code, defaults={"name": plan.name})
    return bank


def _exam_values(row: ExamRow) -> dict[str, object]:
    same = (
        "name opens_at closes_at duration_minutes check_in_opens_minutes late_entry_minutes earliest_hand_in_minutes "
        "pass_mark face_rule check_in_attempts after_failed_check_in without_reference asks_to_turn second_review "
        "second_camera switch_limit after_switch_limit late_responses late_grace_seconds "
        "outage_rule outage_most_minutes is_practice help_contact"
    )
    values = {name: getattr(row, name) for name in same.split()}
    password = row.quit_password
    values["seb_quit_password_hash"] = hashlib.sha256(password.encode()).hexdigest() if password else ""
    return values


def _settle_exam(plan: Plan, row: ExamRow, begun: set[str], ledger: Ledger) -> Exam:
    exam = Exam.objects.filter(plan=plan, code=row.code).first() or Exam(plan=plan, code=row.code)
    frozen = already_begun(row.code) if row.code in begun else ""
    ledger.settle(EXAMS, row.row, exam, _exam_values(row), frozen)
    expiry = photos.expiry_of(exam)
    ReferencePhoto.objects.filter(enrolment__exam=exam).exclude(expires_at=expiry).update(expires_at=expiry)
    return exam


def _settle_sections(
    package: PlanPackage,
    exam_row: ExamRow,
    exam: Exam,
    revisions: banks.Revisions,
    begun: set[str],
    ledger: Ledger,
) -> None:
    """Bring the sections of an exam, and what each may draw, to what the package says."""
    frozen = already_begun(exam_row.code) if exam_row.code in begun else ""
    wanted = [row for row in package.sections if row.exam == exam_row.code]
    there = list(exam.sections.order_by("position"))
    if frozen and len(there) != len(wanted):
        reason = _("大题的数量与已导入的不同。") + frozen
        ledger.fault(EXAMS, exam_row.row, "code", reason)
        return
    for surplus in there[len(wanted) :]:
        surplus.delete()
    for position, row in enumerate(wanted, start=1):
        section = there[position - 1] if position <= len(there) else Section(exam=exam, position=position)
        names = ("kind", "title", "points_each", "draw", "shuffle_questions", "shuffle_options", "multiple_scoring")
        values = {name: getattr(row, name) for name in names}
        if not frozen:
            values["position"] = position  # closes a gap that somebody left by hand
        ledger.settle(SECTIONS, row.row, section, values, frozen)
        pool = [one for one in package.questions if one.kind == row.kind and one.exam in {"", row.exam}]
        banks.settle_pool(section, row, pool, revisions, ledger, frozen)
