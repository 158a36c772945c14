"""The one door through which staff act on a sitting: who may, is the form complete, do it, say so, log it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from exams.models import Enrolment, ReferencePhoto, Result, Sitting
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from exams.wording import wrong_with
from proctoring.admin import forms
from proctoring.admin.acts import ACTS, Act, Kind
from proctoring.models import Incident, Intervention, Message
from proctoring.services import claims, freshness, interventions

AGAIN = timedelta(seconds=5)  # the same thing within this time is a double click


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: `said` to the person, `logged` for the admin's log where it was done, or the form to mend."""

    said: str
    logged: str = ""
    name: str = ""
    form: Form | None = None
    asks: bool = False  # it is done all the same if the form comes again with `despite`

    @property
    def is_done(self) -> bool:
        return bool(self.logged)


def act(request: HttpRequest, sitting: Sitting, now: datetime) -> Outcome:
    """Do what the form asks for, or return why not.

    A form that carries the `stamp` of what was seen is refused once that has changed, and comes back with a question
    where somebody else handles the candidate.
    """
    chosen = ACTS.get(request.POST.get("kind", ""))
    if chosen is None:
        raise Http404
    by = request.user
    if not isinstance(by, AbstractUser) or not by.has_perm(chosen.permission):
        raise PermissionDenied
    if chosen.kind is Kind.MESSAGE and "settle" in request.POST:
        return _settle(request, sitting, by, now)
    form = _form(request, sitting, chosen)
    if not form.is_valid():
        said = wrong_with(form)
        return Outcome(said, name=chosen.kind.value, form=form)
    words = form.words()  # type: ignore[attr-defined]
    other = claims.of_another(sitting, by, now)
    if other is not None and chosen.asks_others and _may_ask(request):
        return Outcome(str(claims.Handled(other)), name=chosen.kind.value, form=form, asks=True)
    if _is_double_click(sitting, chosen, by, words, now):
        return Outcome(_("这项操作刚刚已经执行，没有重复执行。"))
    try:
        _run(request, sitting, chosen, by, now, words)
    except Refused as refused:
        return Outcome(str(refused), name=chosen.kind.value, form=form)
    claims.keep_up(sitting, by=by, now=now)
    reason = words.get("reason") or words.get("text", "")
    return Outcome(_("已执行：%(act)s。") % {"act": chosen.label}, logged=f"{for_staff(chosen.kind.label)}: {reason}")


def _may_ask(request: HttpRequest) -> bool:
    """Tell whether the form can come back with a question, and has not been answered already."""
    return "stamp" in request.POST and "despite" not in request.POST


def _run(
    request: HttpRequest, sitting: Sitting, chosen: Act, by: AbstractUser, now: datetime, words: dict[str, Any]
) -> None:
    """Do it, in one transaction with the look at whether the sitting still is as it was seen."""
    subject = _subject(request, sitting, chosen, words)
    if not chosen.depends_on_state:
        chosen.run(*subject, by=by, now=now, **words)
        return
    with transaction.atomic():
        freshness.require(sitting, request.POST.get("stamp", ""))
        chosen.run(*subject, by=by, now=now, **words)


def replace_photo(request: HttpRequest, enrolment: Enrolment, now: datetime) -> Outcome:
    """Replace the reference photo of somebody who may not have come yet."""
    form = forms.PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return Outcome(wrong_with(form))
    by, words = request.user, form.words()
    if not isinstance(by, AbstractUser):
        raise PermissionDenied
    try:
        interventions.replace_photo(enrolment, by=by, now=now, **words)
    except Refused as refused:
        return Outcome(str(refused))
    return Outcome(_("已更换底照。"), logged=f"{for_staff(Kind.REPLACE_PHOTO.label)}: {words['reason']}")


def _form(request: HttpRequest, sitting: Sitting, chosen: Act) -> Form:
    more: dict[str, Any] = {}
    if chosen.form is forms.LateForm:
        more["entries"] = list(sitting.entries.values_list("pk", flat=True))
    return chosen.form(request.POST, request.FILES, auto_id=f"{chosen.kind.value}_%s", **more)


def _subject(request: HttpRequest, sitting: Sitting, chosen: Act, words: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the verb acts on; whatever is named by a number must belong to this sitting."""
    match chosen.kind:
        case Kind.REVIEW_INCIDENT | Kind.REVIEW_AGAIN:
            words["seen"] = request.POST.get("seen", "")
            return (_one(Incident.objects.filter(sitting=sitting), request, "incident"),)
        case Kind.COMPARE_PHOTO:
            return (_one(ReferencePhoto.objects.filter(enrolment=sitting.enrolment), request, "photo"),)
        case Kind.REPLACE_PHOTO:
            return (sitting.enrolment,)
        case Kind.SET_VALIDITY:
            return get_object_or_404(Result, sitting=sitting), words.pop("validity")
        case Kind.MESSAGE if request.POST.get("call"):
            words["answers"] = _one(_calls(sitting), request, "call")
    return (sitting,)


def _settle(request: HttpRequest, sitting: Sitting, by: AbstractUser, now: datetime) -> Outcome:
    """Note a call for help as answered in person."""
    call = _one(_calls(sitting), request, "call")
    reason = request.POST.get("text", "").strip() or for_staff(_("已到座位当面处理"))
    try:
        interventions.settle_call(call, by=by, reason=reason, now=now)
    except Refused as refused:
        return Outcome(str(refused))
    return Outcome(_("已记为当面处理。"), logged=f"{for_staff(Kind.MESSAGE.label)}: {reason}")


def _calls(sitting: Sitting) -> Any:
    return Message.objects.filter(sitting=sitting, direction=Message.Direction.FROM_CANDIDATE)


def _one(rows: Any, request: HttpRequest, name: str) -> Any:
    number = request.POST.get(name, "")
    if not number.isdecimal():
        raise Http404
    return get_object_or_404(rows, pk=number)


def _is_double_click(sitting: Sitting, chosen: Act, by: AbstractUser, words: Mapping[str, Any], now: datetime) -> bool:
    if chosen.kind not in {Kind.EXTEND, Kind.MESSAGE}:
        return False  # everything else refuses a second time by itself
    reason = (words.get("reason") or words.get("text", "")).strip()
    same = Intervention.objects.filter(sitting=sitting, kind=chosen.kind.value, by_id=by.pk, at__gt=now - AGAIN)
    return same.filter(reason=reason[:300]).exists()
