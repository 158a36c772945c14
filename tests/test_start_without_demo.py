"""What a start prints where the demo is not asked for."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from examplatform import __main__ as start
from examplatform import static_files
from exams.models import Plan
from exams.tests.factories import ExamFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_demo(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = False
    monkeypatch.setattr(static_files, "are_stale", lambda: False)


def test_a_newcomer_is_told_how_to_sign_in_and_how_to_begin(capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    start.prepare_data()
    told = capsys.readouterr().out
    assert not Plan.objects.exists()
    assert User.objects.get().is_staff
    for words in (f"{settings.PUBLIC_ORIGIN}/", "/admin/", "密码（只显示这一次", "import_plan", "DEMO=1"):
        assert words in told


def test_whoever_has_a_plan_and_staff_is_told_only_where_to_go(capsys: pytest.CaptureFixture[str]) -> None:
    ExamFactory()
    User.objects.create_user("chief", password="a long enough one", is_staff=True)
    start.prepare_data()
    told = capsys.readouterr().out
    assert "/admin/" in told
    assert "密码" not in told
    assert "DEMO=1" not in told
