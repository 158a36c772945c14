"""First check-in pictures, many on one page: who looks at them beside the ID cards ticks those that agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from exams.admin.filters import moment_and_code, told_apart
from exams.models import Exam, ReferencePhoto
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from proctoring.admin.acts import ACTS, PHOTO, Kind
from proctoring.admin.forms import ActForm
from proctoring.models import Snapshot
from proctoring.services import interventions

AT_ONCE = 24
MOST_DIGITS = 19  # of a number that a database knows


@dataclass(frozen=True, slots=True)
class Card:
    """A picture to compare, and the newest other one of the same exam where there is any."""

    photo: ReferencePhoto
    newest: Snapshot | None
    is_chosen: bool


class ComparesPhotos:
    """The page of pictures that wait, for the admin of sittings."""

    admin_site: Any
    opts: Any
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def photos_view(self, request: HttpRequest) -> HttpResponse:
        """Show the pictures that wait, and note those that agree with their cards."""
        if not (request.user.has_perm(PHOTO) and request.user.has_perm("exams.view_referencephoto")):
            raise PermissionDenied
        form, chosen = ActForm(auto_id="compare_%s"), set[str]()
        if request.method == "POST":
            form, chosen = ActForm(request.POST, auto_id="compare_%s"), set(request.POST.getlist("photo"))
            if not chosen:
                form.add_error(None, _("请先勾选与证件一致的底照。"))
            if form.is_valid():
                self._note_same(request, chosen, form.cleaned_data["reason"])
                return HttpResponseRedirect(f"{reverse('admin:exams_sitting_photos')}?{urlencode(_narrowed(request))}")
        response = TemplateResponse(request, "admin/exams/sitting/photos.html", self._context(request, form, chosen))
        add_never_cache_headers(response)
        return response

    def _context(self, request: HttpRequest, form: ActForm, chosen: set[str]) -> dict[str, Any]:
        narrowed = _narrowed(request)
        waiting = _waiting(**narrowed)
        page = Paginator(waiting, AT_ONCE).get_page(request.GET.get("page"))
        exams = Exam.objects.filter(enrolments__photos__to_compare=True).distinct().order_by("-opens_at", "code")
        return {
            **self.admin_site.each_context(request),
            "title": _("首次采集底照比对"),
            "opts": self.opts,
            "cards": _cards(page, chosen, with_newest=request.user.has_perm("proctoring.view_snapshot")),
            "page": page,
            "form": form,
            "reasons": ACTS[Kind.COMPARE_PHOTO.value].reasons,
            "exams": told_apart(exams, moment_and_code),
            "exam": narrowed["exam"],
            "search": narrowed["q"],
            "query": urlencode(narrowed),
        }

    def _note_same(self, request: HttpRequest, chosen: set[str], reason: str) -> None:
        numbers = [int(number) for number in chosen if number.isdecimal() and len(number) < MOST_DIGITS]
        done = 0
        for photo in _waiting().filter(pk__in=numbers):
            try:
                told = interventions.compare_photo(
                    photo,
                    same=True,
                    by=request.user,  # type: ignore[arg-type]
                    reason=reason,
                    now=timezone.now(),
                )
            except Refused:  # somebody else has compared it in this moment
                continue
            self.log_change(request, told.sitting, f"{for_staff(Kind.COMPARE_PHOTO.label)}: {reason}")
            done += 1
        said = ngettext("已记录%(count)d张底照与证件一致。", "已记录%(count)d张底照与证件一致。", done) % {
            "count": done
        }
        self.message_user(request, said, messages.SUCCESS if done else messages.WARNING)
        if left := len(chosen) - done:
            said = ngettext(
                "%(count)d张已由其他人处理，没有重复记录。", "%(count)d张已由其他人处理，没有重复记录。", left
            )
            self.message_user(request, said % {"count": left}, messages.WARNING)


def _narrowed(request: HttpRequest) -> dict[str, str]:
    """Return what the page is narrowed by: one exam, and words of a name or an account."""
    exam = request.GET.get("exam", "")
    is_number = exam.isdecimal() and len(exam) < MOST_DIGITS
    return {"exam": exam if is_number else "", "q": request.GET.get("q", "").strip()}


def _waiting(exam: str = "", q: str = "") -> QuerySet[ReferencePhoto]:
    """Return the pictures that wait, without their data, in the order of the seats."""
    waiting = ReferencePhoto.objects.filter(to_compare=True).defer("data")
    if exam:
        waiting = waiting.filter(enrolment__exam=int(exam))
    for word in q.split():
        waiting = waiting.filter(Q(enrolment__name__icontains=word) | Q(enrolment__account_number__icontains=word))
    related = ("enrolment__exam", "enrolment__candidate", "enrolment__sitting")
    return waiting.select_related(*related).order_by("-enrolment__exam__opens_at", "enrolment__account_number", "pk")


def _cards(page: Page[ReferencePhoto], chosen: set[str], *, with_newest: bool) -> list[Card]:
    newest = _newest(page) if with_newest else {}
    return [Card(photo, newest.get(photo.enrolment_id), str(photo.pk) in chosen) for photo in page]


def _newest(page: Page[ReferencePhoto]) -> Mapping[int, Snapshot]:
    """Return the newest picture of each exam that was not taken at its check-in, by enrolment."""
    enrolments = [photo.enrolment_id for photo in page]
    taken = Snapshot.objects.filter(sitting__enrolment__in=enrolments).exclude(checks__occasion="check_in")
    taken = taken.defer("data").select_related("sitting").order_by("taken_at")
    return {picture.sitting.enrolment_id: picture for picture in taken}
