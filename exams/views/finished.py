"""The end: what became of the sitting, in calm words, and the way out. Never a score."""

from datetime import datetime

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.prepared import Prepared
from accounts.requests import CandidateRequest
from exams import queries
from exams.domain.flow import Step
from exams.domain.lifecycle import State, Validity
from exams.models import Receipt, Result, Sitting
from exams.services import receipts, sittings
from exams.views.clock_news import compensated
from exams.views.way import context, page_of

LEAVES_AFTER = 9  # seconds, as people know it
LEAVES_AFTER_READING = 60  # where there is more to read
_VALIDITY = Prepared(lambda sitting: Result.objects.filter(sitting_id=sitting).values_list("validity"))


@require_safe
@page_of(Step.FINISHED)
def finished(request: CandidateRequest, sitting: Sitting, now: datetime) -> HttpResponse:
    """Say that the exam is over and how it ended; writes the end down if nobody has yet."""
    sitting = sittings.close_if_overdue(sitting, now)
    terminated = sitting.state == State.TERMINATED
    receipt = receipts.newest(sitting)
    pending = (Validity.PENDING_REVIEW.value,) == _VALIDITY.first(sitting.pk)
    page = context(
        sitting,
        progress=queries.progress(sitting),
        how=how_it_ended(sitting),
        terminated=terminated,
        pending=pending,
        receipt=receipt,
        receipt_code=_drawn(receipt) if receipt else "",
        compensated=compensated(sitting),
        leaves_after=LEAVES_AFTER_READING if terminated or pending else LEAVES_AFTER,
    )
    return render(request, "exams/finished.html", page)


def _drawn(receipt: Receipt) -> SafeString:
    """Return the receipt as a QR code: the short code, and the whole digest that it is the beginning of.

    Capitals make the code a third smaller; to look for the best of the eight masks would take most of the time.
    """
    text = f"RECEIPT {receipt.code} {receipt.entries} {bytes(receipt.digest).hex()}".upper()
    drawing = segno.make(text, error="m", micro=False, mask=1).svg_inline(
        border=2, svgclass=None, lineclass=None, omitsize=True
    )
    return mark_safe(drawing)  # noqa: S308 - made here, of what no user has typed


def how_it_ended(sitting: Sitting) -> str:
    """Return who or what ended the sitting, as one sentence to the candidate."""
    if sitting.state == State.TERMINATED:
        return _("考务人员已结束您的本场考试。")
    return {
        Sitting.EndedBy.CANDIDATE: _("您已交卷，答卷已提交。"),
        Sitting.EndedBy.DEADLINE: _("考试时间到，系统已自动提交您的答卷。"),
        Sitting.EndedBy.SWITCH_LIMIT: _("切屏次数超过本科目规定的上限，系统已按考试规则提交您的答卷。"),
        Sitting.EndedBy.STAFF: _("考务人员已为您提交答卷。"),
    }.get(Sitting.EndedBy(sitting.ended_by), _("答卷已提交。"))
