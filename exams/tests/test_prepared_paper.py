"""A paper from prepared pieces is what its templates give."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from accounts.models import Candidate
from exams import queries
from exams.models import Response, Revision, Sitting
from exams.paper_view import PaperView
from exams.services import papers
from exams.tests.factories import EnrolmentFactory, ExamFactory, SectionFactory, SittingFactory
from exams.views import prepared_paper
from exams.views.way import context

pytestmark = [pytest.mark.django_db, pytest.mark.database]
HOSTILE = '<script>alert(1)</script>\n& "quoted" {{ exam }} {% now "Y" %} %(number)s ${x} \\1'


def sittings_of_one_exam() -> Sequence[Sitting]:
    exam = ExamFactory(name="《碳》<b>考试</b>")
    for kind in ("single", "multiple", "true_false"):
        SectionFactory(exam=exam, kind=kind, size=4, title=f"{kind} <i>", shuffle_questions=True, shuffle_options=True)
    for revision in Revision.objects.all()[:3]:
        options = [{**option, "text": HOSTILE} for option in revision.options]
        Revision.objects.filter(pk=revision.pk).update(stem=HOSTILE, options=options)
    names = ("张三", "<b>李四</b> & Co", 'O\'Brien "Bob"')
    sittings = [SittingFactory(enrolment=EnrolmentFactory(exam=exam, name=name)) for name in names]
    for sitting in sittings:
        papers.draw_for(sitting, timezone.now())
    return sittings


def answer(sitting: Sitting, question: int, *chosen: str, doubtful: bool = False) -> None:
    Response.objects.create(
        sitting=sitting, question=question, value=list(chosen), doubtful=doubtful, seq=7, saved_at=sitting.created_at
    )


def page_of(sitting: Sitting, paper: PaperView) -> dict[str, Any]:
    data = {"sitting": sitting.pk, "text": "</script><!--"}
    sizes = {"font_size": "large", "font_sizes": Candidate.FontSize.choices}
    return context(sitting, paper=paper, progress=paper.progress, data=data, **sizes)


def as_the_templates_have_it(page: dict[str, Any]) -> str:
    questions, numbers = "", ""
    for section in page["paper"].sections:
        for question in section.questions:
            choices = "".join(
                render_to_string("exams/_choice.html", {"question": question, "option": option})
                for option in question.options
            )
            shown = {"section": section, "question": question, "choices": mark_safe(choices)}
            questions += render_to_string("exams/_question.html", shown)
            numbers += render_to_string("exams/_number.html", {"question": question})
    filled = {"questions": mark_safe(questions), "numbers": mark_safe(numbers)}
    return render_to_string("exams/_paper.html", page | filled)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_is_what_the_templates_give(language: str) -> None:
    sittings = sittings_of_one_exam()
    answer(sittings[1], 2, "A")
    answer(sittings[1], 3, "B", doubtful=True)
    answer(sittings[2], 6, "A", "C")
    answer(sittings[2], 9, doubtful=True)
    with translation.override(language):
        for sitting in (*sittings, *sittings):  # the second time from what is kept
            page = page_of(sitting, queries.paper_view(sitting))
            assert prepared_paper.paper(page) == as_the_templates_have_it(page)


def test_nothing_that_was_written_into_a_question_or_a_name_becomes_markup() -> None:
    sitting = sittings_of_one_exam()[1]
    html = prepared_paper.paper(page_of(sitting, queries.paper_view(sitting)))
    assert "<script>alert" not in html
    assert "&lt;b&gt;李四&lt;/b&gt; &amp; Co" in html
    assert '<script id="paper-data" type="application/json">{"sitting"' in html
    assert "\\u003C/script\\u003E" in html
    assert not re.search(prepared_paper._SECRET, html)


def test_a_second_paper_asks_for_no_wording_and_renders_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _third = sittings_of_one_exam()
    prepared_paper.paper(page_of(first, queries.paper_view(first)))

    def render(*arguments: object) -> str:
        raise AssertionError(f"rendered again: {arguments}")

    monkeypatch.setattr(prepared_paper, "render_to_string", render)
    page = page_of(second, queries.paper_view(second))
    html = prepared_paper.paper(page)
    assert html.count('<article class="question"') == 12


def test_a_changed_exam_changes_the_frame() -> None:
    sitting = sittings_of_one_exam()[0]
    prepared_paper.paper(page_of(sitting, queries.paper_view(sitting)))
    sitting.enrolment.exam.name = "another name"
    assert "another name" in prepared_paper.paper(page_of(sitting, queries.paper_view(sitting)))
