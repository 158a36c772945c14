"""Filters that several lists share: exams and plans that can be told apart, first check-in pictures by comparison."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.models import Exam, Plan, ReferencePhoto

Named = TypeVar("Named", Exam, Plan)


def told_apart(rows: Iterable[Named], tells: Callable[[Named], str]) -> list[tuple[int, str]]:
    """Return the choices of a filter: the name, and where several bear it, what tells them apart."""
    rows = list(rows)
    names = Counter(row.name for row in rows)
    return [(row.pk, row.name if names[row.name] == 1 else f"{row.name} · {tells(row)}") for row in rows]


def moment_and_code(exam: Exam) -> str:
    """Return what tells an exam from another one with the same name."""
    return f"{timezone.localtime(exam.opens_at):%Y-%m-%d %H:%M} {exam.code}"


class ByExam(admin.RelatedFieldListFilter):
    """Exams, the latest first."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return told_apart(Exam.objects.order_by("-opens_at", "code"), moment_and_code)


class ByPlan(admin.RelatedFieldListFilter):
    """Plans, the newest first."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return told_apart(Plan.objects.all(), lambda plan: plan.code)


class Practice(admin.SimpleListFilter):
    """Practice exams are left out until somebody asks for them, and the button says so."""

    title = _("试考")
    parameter_name = "practice"
    way: ClassVar[str] = "sitting__enrolment__exam"  # from the row of the list to its exam

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("包括在内")), ("only", _("只看试考"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        left_out, included, only = super().choices(changelist)
        yield from (included, left_out | {"display": _("不含")}, only)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(**{f"{self.way}__is_practice": self.value() == "only"})


class FirstPicture(admin.SimpleListFilter):
    """Candidates whose photo was taken at check-in, by whether somebody has compared it with the ID card."""

    title = _("首次采集的底照")
    parameter_name = "first_picture"
    way: ClassVar[str] = "enrolment"  # from the row of the list to its enrolment

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        waiting = ReferencePhoto.Comparison.WAITING
        return [(waiting.value, waiting.label), ("done", _("已与证件比对"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first = ReferencePhoto.objects.filter(source=ReferencePhoto.Source.FIRST_CHECK_IN)
        waiting = {f"{self.way}__in": first.filter(to_compare=True).values("enrolment")}
        match self.value():
            case ReferencePhoto.Comparison.WAITING.value:
                return queryset.filter(**waiting)
            case "done":
                return queryset.filter(**{f"{self.way}__in": first.values("enrolment")}).exclude(**waiting)
        return queryset


class FirstPictureOfResult(FirstPicture):
    way = "sitting__enrolment"


admin.FieldListFilter.register(lambda field: field.related_model is Exam, ByExam, take_priority=True)
admin.FieldListFilter.register(lambda field: field.related_model is Plan, ByPlan, take_priority=True)
