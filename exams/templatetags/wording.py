"""What was kept in the source language, as the reader of a page reads it."""

from django import template

from exams.services import changes

register = template.Library()


@register.filter
def for_reader(kept: str | None) -> str:
    """Return a kept reason in the language of the page."""
    return changes.for_reader(kept or "")
