"""Pieces of lists that several admins share: badges, pictures, links to a sitting."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exams.models import Enrolment, Sitting
from proctoring.admin import words


def badge(text: object, tone: str = "") -> SafeString:
    """Return a word in a pill."""
    return format_html('<span class="badge{}">{}</span>', f" badge--{tone}" if tone else "", text)


def state(value: str, label: object) -> SafeString:
    """Return a state as a badge in its own colour."""
    return badge(label, words.tone(value))


def sitting_url(sitting_id: int, anchor: str = "") -> str:
    """Return the address of a sitting's page, or of a part of it."""
    address = reverse("admin:exams_sitting_change", args=[sitting_id])
    return f"{address}#{anchor}" if anchor else address


def candidate(enrolment: Enrolment) -> SafeString:
    """Return name and account number, one under the other."""
    return format_html(
        '<span class="person"><strong>{}</strong><span class="person__account">{}</span></span>',
        enrolment.name,
        enrolment.account_number,
    )


def to_sitting(sitting: Sitting, anchor: str = "") -> SafeString:
    """Return a link to a sitting by its candidate."""
    return format_html('<a href="{}">{}</a>', sitting_url(sitting.pk, anchor), candidate(sitting.enrolment))


def thumbnail(kind: str, pk: int, alt: object) -> SafeString:
    """Return a small picture, fetched through the view that looks at permissions and writes down who looked."""
    address = reverse("proctoring:picture", args=[kind, pk])
    return format_html(
        '<a href="{}" target="_blank" rel="noopener"><img class="thumbnail" src="{}" alt="{}" loading="lazy"></a>',
        address,
        address,
        alt,
    )


def seat(enrolment: Enrolment) -> str:
    """Return room and seat in one."""
    return "\N{NO-BREAK SPACE}· ".join(part for part in (enrolment.room, enrolment.seat) if part) or "—"
