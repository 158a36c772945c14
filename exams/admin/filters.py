"""Filters by plan and exam wherever a list offers them: what bears the same name is told apart."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.http import HttpRequest
from django.utils import timezone

from exams.models import Exam, Plan


class ToldApart(admin.RelatedFieldListFilter):
    """Adds the code to a name that occurs twice, and to that of an exam when it opens."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        choices = [(key, str(name)) for key, name in super().field_choices(field, request, model_admin)]
        times = Counter(name for _key, name in choices)
        alike = [key for key, name in choices if times[name] > 1]
        more = {row.pk: _more(row) for row in field.related_model.objects.filter(pk__in=alike)}
        return [(key, f"{name} · {more[key]}" if key in more else name) for key, name in choices]


def _more(row: Plan | Exam) -> str:
    if isinstance(row, Plan):
        return row.code
    return f"{row.code} · {timezone.localtime(row.opens_at):%Y-%m-%d %H:%M}"


def _names_a_plan_or_exam(field: Field[Any, Any]) -> bool:
    return field.related_model in {Plan, Exam}


admin.FieldListFilter.register(_names_a_plan_or_exam, ToldApart, take_priority=True)
