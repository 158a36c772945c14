"""manage.py load_demo: what a newcomer finds, at the first start and at the next."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from exams.models import Enrolment, Exam, Sitting
from exams.tests.plan_imports import begin

pytestmark = pytest.mark.django_db


def test_the_demo_has_a_full_paper_and_begins_its_second_exam_in_two_minutes() -> None:
    out = StringIO()
    call_command("load_demo", stdout=out)
    paper = Exam.objects.get(code="DEMO-OPEN")
    assert [section.items.count() for section in paper.sections.all()] == [30, 10, 5]
    assert sum(section.points_each * section.items.count() for section in paper.sections.all()) == 100
    wait = Exam.objects.get(code="DEMO-SOON").opens_at - timezone.now()
    assert timedelta(seconds=100) < wait <= timedelta(seconds=120)
    assert "密码（只显示这一次" in out.getvalue()


def test_the_demo_starts_again_without_a_new_password_and_with_somebody_who_has_not_sat() -> None:
    call_command("load_demo", stdout=StringIO())
    first = Enrolment.objects.filter(exam__code="DEMO-OPEN").order_by("account_number").first()
    soon = Enrolment.objects.filter(exam__code="DEMO-SOON").order_by("account_number").first()
    assert first is not None
    assert soon is not None
    begin(first.account_number)
    begin(soon.account_number)
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert "密码（只显示这一次" not in out.getvalue()
    assert first.name not in out.getvalue()
    assert not Sitting.objects.filter(enrolment__exam__code="DEMO-SOON").exists()


def test_a_new_staff_password_is_given_when_asked_for() -> None:
    call_command("load_demo", stdout=StringIO())
    before = User.objects.get(username="admin").password
    out = StringIO()
    call_command("staff_login", "--new-password", stdout=out)
    assert User.objects.get(username="admin").password != before
    assert "密码（只显示这一次" in out.getvalue()


def test_staff_who_are_there_are_left_alone() -> None:
    User.objects.create_user("chief", password="a long enough one", is_staff=True)
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert not User.objects.filter(username="admin").exists()
    assert "密码（只显示这一次" not in out.getvalue()
