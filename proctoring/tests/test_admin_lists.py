"""Lists in the back office: cells know their column, an empty list says so, a chosen filter stands on its button."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils.safestring import mark_safe

from exams.models import Correction
from exams.templatetags.tables import labelled
from exams.tests.factories import EnrolmentFactory
from proctoring.tests import staff

SITTINGS = "admin:exams_sitting_changelist"


def test_a_cell_is_given_the_text_of_its_header_escaped() -> None:
    cells = [mark_safe('<td class="action-checkbox">1</td>'), mark_safe('<th class="field-name">2</th>')]
    headers: list[dict[str, Any]] = [{"text": mark_safe('<input type="checkbox">')}, {"text": 'a "name"'}]
    assert list(labelled(cells, headers)) == [
        '<td class="action-checkbox">1</td>',
        '<th data-label="A &quot;name&quot;" class="field-name">2</th>',
    ]


@pytest.mark.django_db
def test_every_cell_of_a_list_names_its_column() -> None:
    EnrolmentFactory()
    shown = staff.organizer().get(reverse("admin:exams_enrolment_changelist")).content.decode()
    row = shown[shown.index("<tbody>", shown.index('id="result_list"')) :]
    assert {"姓名", "考试账号", "证件号", "考场"} <= set(re.findall(r'data-label="([^"]+)"', row))


@pytest.mark.django_db
def test_an_empty_list_says_whether_nothing_is_there_or_nothing_matches() -> None:
    client = staff.invigilator()
    assert "还没有记录" in client.get(reverse(SITTINGS)).content.decode()
    for asked_for in ({"q": "王芳"}, {"state__exact": "paused"}):
        assert "没有符合条件的记录" in client.get(reverse(SITTINGS), asked_for).content.decode()


@pytest.mark.django_db
def test_a_chosen_filter_stands_on_its_button() -> None:
    client = staff.invigilator()
    assert "filter__button--on" not in client.get(reverse(SITTINGS)).content.decode()
    shown = client.get(reverse(SITTINGS), {"check_in__exact": "held"}).content.decode()
    assert re.search(r"filter__button--on.*?入场核验.*?<strong>待人工核验</strong>", shown)


@pytest.mark.django_db
def test_a_settled_correction_leads_to_no_account_that_is_closed() -> None:
    client = staff.organizer()
    correction = Correction.objects.create(enrolment=EnrolmentFactory(), text="单位写错了")
    page = reverse("admin:exams_correction_change", args=[correction.pk])
    client.post(page, {"settlement": "已更正"})
    for url in (page, reverse("admin:exams_enrolment_change", args=[correction.enrolment_id])):
        shown = client.get(url).content.decode()
        assert "已更正" in shown
        assert "/auth/user/" not in shown
