"""The candidate checks their own details and accepts the rules, or says what is wrong."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services as accounts
from accounts.prepared import Prepared
from accounts.requests import CandidateRequest
from exams import access
from exams.domain.flow import Step
from exams.models import Correction, Sitting
from exams.services import enrolments, sittings
from exams.views.way import context, onwards, page_of

_OPEN_CORRECTION = Prepared(
    lambda enrolment: Correction.objects.filter(enrolment_id=enrolment, settled_at__isnull=True).values_list("pk")[:1]
)


@require_http_methods(["GET", "HEAD", "POST"])
@page_of(Step.CONFIRM)
def confirm(request: CandidateRequest, sitting: Sitting, now: datetime) -> HttpResponse:
    """Show the details; going on needs the rules to be accepted."""
    is_posted = request.method == "POST"
    if is_posted and request.POST.get("accepted"):
        sitting.confirmed_at = sittings.confirm(sitting, now).confirmed_at
        return onwards(sitting, now)
    page = context(
        sitting,
        not_accepted=is_posted,
        open_correction=_OPEN_CORRECTION.first(sitting.enrolment_id) is not None,
        has_choice=len(access.enrolments_of(request, now)) > 1,
    )
    return render(request, "exams/confirm.html", page)


@require_POST
@page_of(Step.CONFIRM)
def correction(request: CandidateRequest, sitting: Sitting, now: datetime) -> HttpResponse:
    """Record what the candidate says is wrong, sign them out, and tell them so on the login page."""
    text = request.POST.get("text", "").replace("\x00", "").strip() or _("考生未说明")
    enrolments.record_correction(sitting.enrolment, text, now)
    accounts.sign_out(request)
    messages.info(request, _("您报告的信息问题已转交组织者。更正后请重新登录；如急需处理，请直接联系考务人员。"))
    return redirect("accounts:login")
