"""Where a candidate goes after signing in: to their exam, or to the choice between several."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import CandidateRequest, candidate_required
from exams import access, queries
from exams.domain.lifecycle import ENDED, State
from exams.models import Enrolment, Sitting
from exams.services import sittings


@dataclass(frozen=True, slots=True)
class Choice:
    """One exam on the page of choices: how it stands, in words, and what choosing it does."""

    enrolment: Enrolment
    state: str
    rank: int
    tone: str = ""
    action: str = ""
    first: bool = False  # the one that most likely is meant
    has_namesake: bool = False  # another exam of the list has the same name


@candidate_required
@require_safe
def next_step(request: CandidateRequest) -> HttpResponse:
    """Send the candidate to the page where they belong; with several exams and none chosen, let them choose."""
    now = timezone.now()
    try:
        sitting = access.sitting_of(request)
    except access.NoSitting:
        enrolments = access.enrolments_of(request, now)
        if len(enrolments) != 1:
            return redirect("exams:choose")
        sitting = _open(request, enrolments[0], now)
    return redirect(queries.place(sitting, now).url)


@candidate_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: CandidateRequest) -> HttpResponse:
    """Show the candidate's exams; choosing one opens its sitting."""
    now = timezone.now()
    enrolments = access.enrolments_of(request, now)
    if request.method == "POST":
        wanted = request.POST.get("enrolment", "")
        chosen = next((enrolment for enrolment in enrolments if str(enrolment.pk) == wanted), None)
        if chosen is not None:
            return redirect(queries.place(_open(request, chosen, now), now).url)
        return redirect("exams:choose")
    return render(request, "exams/choose.html", {"choices": _choices(enrolments, now)})


def _open(request: CandidateRequest, enrolment: Enrolment, now: datetime) -> Sitting:
    sitting = sittings.open_for(enrolment, now)
    access.remember(request, sitting)
    return access.sitting_of(request)


def _choices(enrolments: list[Enrolment], now: datetime) -> list[Choice]:
    """Return the exams as choices: what can be entered now, then what is to come, then what is over."""
    choices = sorted((_choice(enrolment, now) for enrolment in enrolments), key=lambda choice: choice.rank)
    names = Counter(enrolment.exam.name for enrolment in enrolments)
    return [
        replace(choice, first=number == 0, has_namesake=names[choice.enrolment.exam.name] > 1)
        for number, choice in enumerate(choices)
    ]


def _choice(enrolment: Enrolment, now: datetime) -> Choice:
    exam, sitting = enrolment.exam, Sitting.objects.filter(enrolment=enrolment).first()
    state = State(sitting.state) if sitting else State.READY
    choose = _("选择")
    if state in ENDED:
        return Choice(enrolment, _("已结束作答"), rank=4, action=_("查看"))  # the receipt
    if state is not State.READY:
        return Choice(enrolment, _("答题中"), rank=0, tone="accent", action=_("继续答题"))
    if now >= queries.window(exam).last_entry():
        return Choice(enrolment, _("入场时间已过"), rank=3, action=_("查看"))
    if now >= exam.opens_at:
        return Choice(enrolment, _("正在进行"), rank=1, tone="success", action=choose)
    if now >= exam.check_in_opens_at:
        return Choice(enrolment, _("可以入场"), rank=1, tone="success", action=choose)
    return Choice(enrolment, _("尚未到入场时间"), rank=2, action=choose)
