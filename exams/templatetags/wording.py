"""Words as the reader of a page reads them: what was kept in the source language, and sentences side by side."""

from django import template
from django.contrib.auth.models import AbstractUser

from exams import wording
from exams.services import changes

register = template.Library()


@register.filter
def for_reader(kept: str | None) -> str:
    """Return a kept reason in the language of the page."""
    return changes.for_reader(kept or "")


@register.filter
def staff_name(user: AbstractUser | None) -> str:
    """Name a member of staff as colleagues do."""
    return wording.staff_name(user)


@register.simple_tag
def sentence_space() -> str:
    """Stand between two sentences that are translated apart: a space, except in Chinese."""
    return wording.sentence_space()
