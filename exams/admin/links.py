"""Links between rows: plan → exam → enrolment → sitting, and back."""

from urllib.parse import urlencode

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exams.models import Exam


def to_row(row: models.Model, text: object = None) -> SafeString:
    """Return a link to the page of one row."""
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, row if text is None else text)


def to_list(model: type[models.Model], text: object, **filters: object) -> SafeString:
    """Return a link to a list, filtered, e.g. `exam__id__exact=3`."""
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, urlencode(filters), text)


def to_exam(exam: Exam) -> SafeString:
    """Return a link to an exam with the day it opens: two exams may have one name."""
    opens = timezone.localtime(exam.opens_at).strftime("%Y-%m-%d %H:%M")
    return format_html('{}<span class="beneath">{}</span>', to_row(exam), opens)
