"""Importing small packages into the tables, and looking at all that an import writes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Candidate, Credential
from exams.importers import package
from exams.importers.normalised import Fault, Refused
from exams.models import (
    Enrolment,
    Exam,
    Plan,
    Question,
    ReferencePhoto,
    Revision,
    Section,
    SectionItem,
    Sitting,
)
from exams.services import plans
from exams.services.ledger import Ledger
from exams.tests import plan_files

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Import:
    """Imports packages that differ in what a test names."""

    def __init__(self, where: Path) -> None:
        self.where = where / "package"

    def __call__(
        self, contents: plan_files.Rows | None = None, photos: dict[str, bytes] | None = None, **options: Any
    ) -> Ledger:
        path = plan_files.folder(self.where, plan_files.workbook(contents), photos)
        with package.opened(path) as brought:
            return plans.apply(brought, now=NOW, **options)

    def faults(self, contents: plan_files.Rows, photos: dict[str, bytes] | None = None) -> list[Fault]:
        with pytest.raises(Refused) as refused:
            self(contents, photos)
        return refused.value.faults


def begin(account_number: str = "2112241199996600001") -> Sitting:
    enrolment = Enrolment.objects.get(account_number=account_number)
    return Sitting.objects.create(
        enrolment=enrolment, state="in_progress", started_at=NOW, deadline_at=NOW + timedelta(hours=1)
    )


def tables() -> dict[str, list[Any]]:
    """Everything an import writes, to compare before and after."""
    kinds = (Plan, Exam, Section, SectionItem, Question, Revision, Candidate, Enrolment, ReferencePhoto, Credential)
    left_out = {"id_number", "phone", "data", "imported_at"}  # sealed anew at each save, or meant to change
    return {
        kind.__name__: [
            {name: value for name, value in row.items() if name not in left_out}
            for row in kind._default_manager.order_by("pk").values()
        ]
        for kind in kinds
    }
