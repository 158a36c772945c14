"""The book that an import keeps: what was made, changed or left alone, and everything that is wrong."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from exams.importers.columns import Sheet
from exams.importers.normalised import Fault

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
Row = TypeVar("Row", bound=models.Model)


@dataclass
class Ledger:
    """Counts by kind of thing, and the faults."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[Fault] = field(default_factory=list)

    def fault(self, sheet: Sheet, row: int | None, name: str, reason: str) -> None:
        """Note a fault at the column of a field."""
        title = next((column.title for column in sheet.columns if column.field == name), name)
        self.faults.append(Fault(sheet.title, row, title, reason))

    def settle(self, sheet: Sheet, number: int, row: Row, values: Mapping[str, Any], frozen: str = "") -> Row:
        """Bring a row of a table to its values and save it; `frozen` says why it must stay as it is."""
        if row.pk is None:
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            self.counts[sheet.title][CREATED] += 1
            return row
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        if changed and frozen:
            for name in changed:
                self.fault(sheet, number, FIELD_OF.get(name, name), frozen)
        elif changed:
            for name in changed:
                setattr(row, name, values[name])
            row.save(update_fields=changed)
        self.counts[sheet.title][UPDATED if changed else UNCHANGED] += 1
        return row


FIELD_OF = {"seb_quit_password_hash": "quit_password", "candidate_id": "id_number", "exam_id": "exam"}


def already_begun(exam: str) -> str:
    """Return the reason why something of an exam cannot be changed any more."""
    reason = _("科目 %(exam)s 已有考生开始作答，这里与已导入的内容不同，不能修改；请恢复原内容，或另建科目。")
    return reason % {"exam": exam}
