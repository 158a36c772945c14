"""Columns that several lists have."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.functional import Promise

from exams.wording import staff_name

LONG, SHORT = "%Y-%m-%d %H:%M:%S", "%m-%d %H:%M:%S"


def moment(field: str, title: Promise, form: str = LONG) -> Callable[[Any, Any], str]:
    """Return a column that shows a moment on the local clock and sorts by it."""

    def shown(_admin: Any, row: Any) -> str:
        return timezone.localtime(getattr(row, field)).strftime(form)

    return admin.display(shown, description=title, ordering=field)  # type: ignore[call-overload, no-any-return]


def staff(field: str, title: Promise) -> Callable[[Any, Any], str]:
    """Return a column that names a member of staff as colleagues do."""

    def shown(_admin: Any, row: Any) -> str:
        return staff_name(getattr(row, field))

    return admin.display(shown, description=title, ordering=field)  # type: ignore[call-overload, no-any-return]
