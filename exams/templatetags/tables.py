"""Cells that know the name of their column, for screens on which a row becomes a card."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(cells: Iterable[SafeString], headers: Iterable[Mapping[str, Any]]) -> Iterator[SafeString]:
    """Return the rendered cells of a row of the admin's list, each with the text of its header as `data-label`."""
    for cell, header in zip(cells, headers, strict=True):
        name = strip_tags(str(header["text"])).strip()
        opening, rest = cell[:3], cell[3:]  # "<td" or "<th"
        label = format_html(' data-label="{}"', capfirst(name)) if name else ""
        yield mark_safe(f"{opening}{label}{rest}")  # noqa: S308 - the cell is rendered, the label escaped
