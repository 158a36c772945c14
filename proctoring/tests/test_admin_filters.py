"""The filters of the admin by plan and exam."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from exams.tests.factories import EnrolmentFactory
from proctoring.tests.factories import staff

pytestmark = pytest.mark.django_db


def choices(page: str, parameter: str) -> list[str]:
    browser = Client()
    user = staff("exams.view_enrolment", "exams.view_correction")
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    shown = browser.get(reverse(f"admin:{page}_changelist")).context["cl"]
    spec = next(spec for spec in shown.filter_specs if getattr(spec, "field_path", "") == parameter)
    return [choice["display"] for choice in spec.choices(shown)][1:]


@pytest.mark.parametrize(("page", "path"), [("exams_enrolment", ""), ("exams_correction", "enrolment__")])
def test_what_bears_one_name_is_told_apart_by_code_and_window(page: str, path: str) -> None:
    moment = datetime(2030, 1, 19, 8, tzinfo=UTC)
    alike = {"exam__name": "科目一", "exam__opens_at": moment, "exam__closes_at": moment.replace(hour=12)}
    EnrolmentFactory(exam__code="E1", exam__plan__name="同名", exam__plan__code="A", **alike)
    EnrolmentFactory(exam__code="E2", exam__plan__name="同名", exam__plan__code="B", **alike)
    EnrolmentFactory(exam__name="科目二", exam__plan__name="另一计划")
    names = choices(page, f"{path}exam")
    assert sorted(names) == ["科目一 · E1 · 2030-01-19 16:00", "科目一 · E2 · 2030-01-19 16:00", "科目二"]
    assert sorted(choices(page, f"{path}exam__plan")) == ["另一计划", "同名 · A", "同名 · B"]
