"""The HTML of a paper, put together from pieces: each template is rendered once with marks in place of what differs.

The templates stay the only source; a test compares what comes out with the templates rendered as usual. What is put in
is escaped here: numbers and letters of ours, HTML made of the same pieces, and the candidate's name.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from django.template.loader import render_to_string
from django.utils.html import conditional_escape, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from exams.kept import Kept
from exams.models import Exam
from exams.paper_view import OptionView, QuestionView, SectionView

_SECRET = secrets.token_hex(8)  # so that no text of a question can hold a mark
_MARKS = re.compile(f"{_SECRET}-([a-z_]+)-")
DATA = "paper-data"


class Pieces:
    """Rendered HTML, cut where marks stand in it."""

    def __init__(self, html: str) -> None:
        self.parts = _MARKS.split(html)
        self.names = list(enumerate(self.parts))[1::2]

    def fill(self, **values: str) -> str:
        """Return the HTML with these values, which must be safe, in place of the marks."""
        parts = self.parts.copy()
        for at, name in self.names:
            parts[at] = values[name]
        return "".join(parts)


def mark(name: str) -> SafeString:
    """Return what stands for a value until it is filled in: letters, digits and hyphens, which no escaping changes."""
    return mark_safe(f"{_SECRET}-{name}-")  # noqa: S308 - ours alone


_questions: Kept[Pieces] = Kept(10_000)
_choices: Kept[Pieces] = Kept(40_000)
_numbers: Kept[Pieces] = Kept(100)
_frames: Kept[Pieces] = Kept(200)


def paper(page: Mapping[str, Any]) -> str:
    """Return what `exams/_paper.html` gives for a page, with the questions and numbers of its paper."""
    sections, progress, enrolment = page["paper"].sections, page["progress"], page["enrolment"]
    frame = _frames.get_or_make(_frame_key(page), lambda: _frame(page))
    return frame.fill(
        data=str(json_script(page["data"], DATA)),
        total=str(progress.total),
        answered=str(progress.answered),
        doubtful=str(progress.doubtful),
        unanswered=str(progress.unanswered),
        name=conditional_escape(enrolment.name),
        account_number=conditional_escape(enrolment.account_number),
        questions="".join(question(section, each) for section in sections for each in section.questions),
        numbers="".join(_number(each) for section in sections for each in section.questions),
    )


def question(section: SectionView, shown: QuestionView) -> str:
    """Return one question with its options in the order of this paper."""
    number = str(shown.number)
    key = (get_language(), section.title, shown.revision, shown.points, shown.doubtful)
    pieces = _questions.get_or_make(key, lambda: _question(section, shown))
    choices = "".join(_choice(shown, option).fill(number=number, letter=option.letter) for option in shown.options)
    return pieces.fill(number=number, next_seq=str(shown.next_seq), choices=choices)


def _question(section: SectionView, shown: QuestionView) -> Pieces:
    marked = replace(shown, number=cast(int, mark("number")), next_seq=cast(int, mark("next_seq")))
    context = {"section": section, "question": marked, "choices": mark("choices")}
    return Pieces(render_to_string("exams/_question.html", context))


def _choice(shown: QuestionView, option: OptionView) -> Pieces:
    def make() -> Pieces:
        marked = replace(option, letter=mark("letter"))
        context = {"question": replace(shown, number=cast(int, mark("number"))), "option": marked}
        return Pieces(render_to_string("exams/_choice.html", context))

    return _choices.get_or_make((shown.revision, option.id, option.chosen), make)


def _number(shown: QuestionView) -> str:
    def make() -> Pieces:
        marked = replace(shown, number=cast(int, mark("number")))
        return Pieces(render_to_string("exams/_number.html", {"question": marked}))

    pieces = _numbers.get_or_make((shown.kind, shown.answered, shown.doubtful), make)
    return pieces.fill(number=str(shown.number))


def _frame_key(page: Mapping[str, Any]) -> tuple[object, ...]:
    exam: Exam = page["exam"]
    facts = [getattr(exam, field.attname) for field in exam._meta.concrete_fields]  # whatever of it the template shows
    return (get_language(), page["font_size"], page["paper"].kinds, exam.plan.imported_at, *facts)


def _frame(page: Mapping[str, Any]) -> Pieces:
    """Render what stands around the questions; what belongs to one sitting is marked, or not there at all."""
    marked = {
        "data": mark("data"),
        "progress": SimpleNamespace(**{name: mark(name) for name in ("total", "answered", "doubtful", "unanswered")}),
        "enrolment": SimpleNamespace(name=mark("name"), account_number=mark("account_number")),
        "questions": mark("questions"),
        "numbers": mark("numbers"),
    }
    shared = {name: page[name] for name in ("exam", "plan", "help_contact", "paper", "font_size", "font_sizes")}
    html = render_to_string("exams/_paper.html", shared | marked)
    return Pieces(html.replace(json_script(mark("data"), DATA), mark("data")))
