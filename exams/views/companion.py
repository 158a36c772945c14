"""The sitting's own short page for a phone, opened by the QR code: no sign-in, nothing but whom to call for help."""

from datetime import timedelta

import segno
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from exams.domain.lifecycle import ENDED
from exams.models import Sitting

SALT = "exams.companion"
LASTS = timedelta(hours=12)  # longer than any exam day; the end of the sitting ends it anyway
GONE = 410


def signed(sitting: Sitting) -> str:
    """Return the part of the address that names one sitting and cannot be made by anybody else."""
    return signing.dumps(sitting.pk, salt=SALT)


def code(sitting: Sitting) -> SafeString:
    """Return the QR code of the phone's page as SVG."""
    url = settings.PUBLIC_ORIGIN + reverse("exams:companion", args=[signed(sitting)])
    drawing = segno.make(url, error="m", micro=False).svg_inline(border=2, svgclass=None, lineclass=None, omitsize=True)
    return mark_safe(drawing)  # noqa: S308 - made here, of an address that holds no user's text


@require_safe
@never_cache
def companion(request: HttpRequest, signed: str) -> HttpResponse:
    """Show title, masked name and contact, or that the link is no longer valid."""
    sitting = _sitting(signed)
    if sitting is None or sitting.state in ENDED:
        return render(request, "exams/companion_expired.html", status=GONE)
    exam = sitting.enrolment.exam
    page = {"exam": exam, "help_contact": exam.help_contact, "masked_name": masked(sitting.enrolment.name)}
    return render(request, "exams/companion.html", page)


def masked(name: str) -> str:
    """Return a name of which a stranger learns no more than the first character."""
    return name[:1] + "*" * min(2, max(1, len(name) - 1))


def _sitting(signed: str) -> Sitting | None:
    try:
        pk = signing.loads(signed, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    return Sitting.objects.select_related("enrolment__exam").filter(pk=pk).first()
