"""Enrolments of an imported plan, and the check codes that sign their candidates in."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.models import Candidate, Credential
from exams.importers.columns import CANDIDATES
from exams.importers.normalised import CandidateRow, PlanPackage
from exams.models import Enrolment, Exam, Plan
from exams.services.ledger import Ledger, already_begun

SIGN_IN_OPENS_BEFORE = timedelta(days=1)  # before check-in: to try the sign-in and the camera the day before
SIGN_IN_CLOSES_AFTER = timedelta(days=1)  # after the window: pauses and extra time run past it
CODE_LENGTH = 4

Progress = Callable[[str, int, int], None]


def settle(
    package: PlanPackage, plan: Plan, exams: Mapping[str, Exam], ledger: Ledger, progress: Progress, *, new_codes: bool
) -> None:
    """Enrol everybody in the package; nobody who is not in it is touched. `new_codes`: their kind has changed."""
    roster = _Roster(package, plan)
    new_codes = new_codes or plan.check_code_kind == Plan.CheckCodeKind.PASSWORD  # a password cannot be compared
    secrets: dict[Candidate, str] = {}
    changed: set[Candidate] = set()
    for done, row in enumerate(package.candidates, start=1):
        candidate = roster.person(row) or _registered(row, ledger)
        if candidate is not None and not roster.conflict(row, candidate, exams[row.exam], ledger):
            secrets[candidate] = secret_of(plan.check_code_kind, row)
            if _enrol(row, candidate, exams[row.exam], roster, ledger) or new_codes:
                changed.add(candidate)
        progress(_("考生"), done, len(package.candidates))
    _give_check_codes(plan, secrets, changed)


def secret_of(kind: str, row: CandidateRow) -> str:
    """Return the check code of a candidate."""
    if kind == Plan.CheckCodeKind.PASSWORD:
        return row.check_code
    return (row.phone if kind == Plan.CheckCodeKind.PHONE_LAST4 else row.id_number)[-CODE_LENGTH:]


class _Roster:
    """The enrolments that are there already, as the rows of the package meet them."""

    def __init__(self, package: PlanPackage, plan: Plan) -> None:
        self.plan = plan
        known = Enrolment.objects.select_related("exam", "sitting", "candidate")
        self.by_account: dict[str, Enrolment] = {}
        for numbers in _chunks(row.account_number for row in package.candidates):
            self.by_account |= {one.account_number: one for one in known.filter(account_number__in=numbers)}
        self.people: dict[str, Candidate] = {}
        for lookups in _chunks(accounts.lookup_of(row.id_number) for row in package.candidates):
            self.people |= {one.id_lookup: one for one in Candidate.objects.filter(id_lookup__in=lookups)}
        self.by_person = {(one.exam_id, one.candidate_id): one for one in known.filter(exam__plan=plan)}

    def person(self, row: CandidateRow) -> Candidate | None:
        """Return the candidate of a row who is registered just so."""
        known = self.people.get(accounts.lookup_of(row.id_number))
        return known if known and known.id_kind == row.id_kind else None

    def conflict(self, row: CandidateRow, candidate: Candidate, exam: Exam, ledger: Ledger) -> bool:
        """Note whether the account number or the person is already taken elsewhere."""
        known = self.by_account.get(row.account_number)
        if known and known.exam.plan_id != self.plan.pk:
            reason = _("这个考试账号已用于另一个考试计划，请换一个账号。")
            ledger.fault(CANDIDATES, row.row, "account_number", reason)
            return True
        other = self.by_person.get((exam.pk, candidate.pk))
        if other and other.account_number != row.account_number:
            reason = _("该考生在这个科目已有考试账号 %(account)s，请沿用原账号。") % {"account": other.account_number}
            ledger.fault(CANDIDATES, row.row, "account_number", reason)
            return True
        return False


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield the values in parts: SQLite takes a limited number of parameters."""
    rest = iter(values)
    while part := list(islice(rest, 500)):
        yield part


def _registered(row: CandidateRow, ledger: Ledger) -> Candidate | None:
    try:
        return accounts.register(row.id_kind, row.id_number)
    except accounts.KindConflict as conflict:
        ledger.fault(CANDIDATES, row.row, "id_kind", str(conflict))
    except accounts.InvalidNumber as invalid:
        ledger.fault(CANDIDATES, row.row, "id_number", str(invalid))
    return None


def _enrol(row: CandidateRow, candidate: Candidate, exam: Exam, roster: _Roster, ledger: Ledger) -> bool:
    """Settle one enrolment, and tell whether anything of it differs from before."""
    same = "name phone gender organization site room seat extra_minutes extra_reason"
    values: dict[str, Any] = {name: getattr(row, name) for name in same.split()}
    values |= {"exam_id": exam.pk, "candidate_id": candidate.pk}
    enrolment = roster.by_account.get(row.account_number) or Enrolment(account_number=row.account_number)
    same_as_before = enrolment.pk is not None and all(getattr(enrolment, name) == values[name] for name in values)
    enrolment = ledger.settle(CANDIDATES, row.row, enrolment, values, _frozen(enrolment, values))
    roster.by_account[row.account_number] = enrolment
    roster.by_person[exam.pk, candidate.pk] = enrolment
    return not same_as_before


def _frozen(enrolment: Enrolment, values: Mapping[str, Any]) -> str:
    """Say why an enrolment can no longer change: its sitting has begun, or another person's has been made."""
    sitting = getattr(enrolment, "sitting", None) if enrolment.pk else None
    if sitting is None:
        return ""
    moved = (enrolment.exam_id, enrolment.candidate_id) != (values["exam_id"], values["candidate_id"])
    if sitting.started_at is not None or moved:
        return already_begun(enrolment.exam.code)
    return ""


def _give_check_codes(plan: Plan, secrets: Mapping[Candidate, str], changed: set[Candidate]) -> None:
    """Let each code sign in from a day before the candidate's first check-in until a day after their last exam.

    Codes that would be the same are left alone: an import among live sittings should be short.
    """
    spans = {one.candidate_id: (one.valid_from, one.valid_until) for one in Credential.objects.filter(scope=plan.code)}
    exams: dict[int, list[Exam]] = defaultdict(list)
    for enrolment in Enrolment.objects.filter(exam__plan=plan).select_related("exam"):
        exams[enrolment.candidate_id].append(enrolment.exam)
    for candidate, secret in secrets.items():
        if candidate.pk not in exams:
            continue  # the enrolment was refused
        valid_from, valid_until = span_of(exams[candidate.pk])
        if candidate not in changed and spans.get(candidate.pk) == (valid_from, valid_until):
            continue
        accounts.set_credential(
            candidate, scope=plan.code, secret=secret, valid_from=valid_from, valid_until=valid_until
        )


def span_of(exams: list[Exam]) -> tuple[datetime, datetime]:
    """Return the time in which a candidate of these exams can sign in."""
    opens = min(exam.check_in_opens_at for exam in exams) - SIGN_IN_OPENS_BEFORE
    return opens, max(exam.closes_at for exam in exams) + SIGN_IN_CLOSES_AFTER
