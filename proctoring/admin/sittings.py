"""Sittings for staff: the list, the page of each one, the acts, and the room of an exam."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from exams.admin import links as rows
from exams.admin.filters import ByExam, ByPlan, FirstPicture
from exams.admin.read_only import ReadOnly
from exams.models import Enrolment, Exam, Sitting
from proctoring.admin import acting, links, overview, page, words
from proctoring.admin.answer_files import ImportsAnswers
from proctoring.admin.bulk import ActsOnMany
from proctoring.admin.comparing import ComparesPhotos
from proctoring.admin.dossiers import MakesDossiers
from proctoring.models import Incident

UNPROCESSABLE = 422


@admin.register(Sitting)
class SittingAdmin(ActsOnMany, ComparesPhotos, ReadOnly, ImportsAnswers, MakesDossiers):
    list_display = (
        "who",
        "exam_link",
        "place",
        "state_badge",
        "person_badges",
        "deadline",
        "switch_count",
        "incident_link",
    )
    list_filter = (
        ("enrolment__exam__plan", ByPlan),
        ("enrolment__exam", ByExam),
        "state",
        "check_in",
        "identity",
        "locked",
        FirstPicture,
    )
    search_fields = ("enrolment__name", "enrolment__account_number", "enrolment__organization")
    search_help_text = _("姓名、考试账号、单位")
    ordering = ("-created_at",)
    list_per_page = 50
    actions = ("pause_many", "resume_many", "extend_many", "message_many")

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sitting]:
        waiting = Incident.objects.filter(Incident.WAITS, sitting=OuterRef("pk")).order_by().values("sitting")
        sittings = super().get_queryset(request).select_related("enrolment__exam__plan", "enrolment__candidate")
        return sittings.annotate(open_incidents=Coalesce(Subquery(waiting.values(count=Count("pk"))), 0))

    @admin.display(description=_("考生"), ordering="enrolment__name")
    def who(self, sitting: Sitting) -> SafeString:
        return links.candidate(sitting.enrolment)

    @admin.display(description=_("考试科目"), ordering="enrolment__exam__name")
    def exam_link(self, sitting: Sitting) -> SafeString:
        return rows.to_exam(sitting.enrolment.exam)

    @admin.display(description=_("考场 · 座位"), ordering="enrolment__room")
    def place(self, sitting: Sitting) -> str:
        return links.seat(sitting.enrolment)

    @admin.display(description=_("状态"), ordering="state")
    def state_badge(self, sitting: Sitting) -> SafeString:
        if sitting.locked:
            return links.badge(_("已锁定"), "danger")
        return links.state(sitting.state, sitting.get_state_display())

    @admin.display(description=_("身份核验"), ordering="check_in")
    def person_badges(self, sitting: Sitting) -> SafeString | str:
        """The check-in, and the identity in the sitting where there was anything to say about it."""
        if not sitting.enrolment.exam.uses_camera:
            return "—"
        at_the_door = links.state(sitting.check_in, sitting.get_check_in_display())
        if sitting.identity == Sitting.Identity.STEADY:
            return at_the_door
        return format_html("{} {}", at_the_door, links.state(sitting.identity, sitting.get_identity_display()))

    @admin.display(description=_("截止时间"), ordering="deadline_at")
    def deadline(self, sitting: Sitting) -> str:
        if sitting.state != Sitting.State.IN_PROGRESS or sitting.deadline_at is None:
            return "—"
        return timezone.localtime(sitting.deadline_at).strftime("%m-%d %H:%M")

    @admin.display(description=_("待处理异常"), ordering="open_incidents")
    def incident_link(self, sitting: Sitting) -> SafeString | str:
        count = getattr(sitting, "open_incidents", 0)
        if not count:
            return "—"
        return format_html(
            '<a href="{}">{}</a>', links.sitting_url(sitting.pk, "incidents"), links.badge(count, "warning")
        )

    # --- one sitting ---

    def get_urls(self) -> list[URLPattern]:
        wrapped = self.admin_site.admin_view
        return [
            path("room/<int:exam_id>/", wrapped(self.room_view), name="exams_sitting_room"),
            path("photos/", wrapped(self.photos_view), name="exams_sitting_photos"),
            path("photo/<int:enrolment_id>/", wrapped(self.photo_view), name="exams_sitting_photo"),
            path("<int:pk>/live/", wrapped(self.live_view), name="exams_sitting_live"),
            path("<int:pk>/act/", wrapped(self.act_view), name="exams_sitting_act"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show everything about one sitting, with the acts beside it."""
        number = unquote(object_id)
        if not number.isdecimal():
            raise Http404
        return self._page(request, self._sitting(request, int(number)))

    def _page(
        self, request: HttpRequest, sitting: Sitting, outcome: acting.Outcome | None = None, status: int = 200
    ) -> HttpResponse:
        tried = {outcome.name: outcome.form} if outcome and outcome.form else {}
        context = {
            **self.admin_site.each_context(request),
            **page.whole(request, sitting, timezone.now(), tried),
            "opts": self.opts,
            "title": sitting.enrolment.name,
            "said": outcome.said if outcome else "",
            "asks": outcome is not None and outcome.asks,
            "act_url": reverse("admin:exams_sitting_act", args=[sitting.pk]),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/exams/sitting/page.html", context, status=status)
        add_never_cache_headers(response)
        return response

    def _sitting(self, request: HttpRequest, pk: int) -> Sitting:
        if not self.has_view_permission(request):
            raise PermissionDenied
        related = ("enrolment__exam__plan", "enrolment__candidate", "result__decided_by")
        return get_object_or_404(Sitting.objects.select_related(*related), pk=pk)

    @method_decorator(require_GET)
    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer the page that asks what has changed."""
        sitting = self._sitting(request, pk)
        context = {**page.live(sitting, timezone.now()), "sees_points": request.user.has_perm("exams.view_result")}
        response = TemplateResponse(request, "admin/exams/sitting/_live.html", context)
        add_never_cache_headers(response)
        return response

    @method_decorator(require_POST)
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Act on a sitting; where something is missing, show the form again with what was filled in."""
        sitting = self._sitting(request, pk)
        outcome = acting.act(request, sitting, timezone.now())
        if outcome.is_done:
            self.log_change(request, sitting, outcome.logged)
        way_back = request.POST.get("next", "")
        if outcome.form is not None and not way_back:
            return self._page(request, self._sitting(request, pk), outcome, UNPROCESSABLE)
        self.message_user(request, outcome.said, messages.SUCCESS if outcome.is_done else messages.WARNING)
        if not url_has_allowed_host_and_scheme(way_back, allowed_hosts=None):
            way_back = links.sitting_url(pk)
        return HttpResponseRedirect(way_back)

    @method_decorator(require_POST)
    def photo_view(self, request: HttpRequest, enrolment_id: int) -> HttpResponse:
        """Replace the reference photo of an enrolment, whether or not the candidate has come yet."""
        if not request.user.has_perm("proctoring.replace_photo"):
            raise PermissionDenied
        enrolment = get_object_or_404(Enrolment.objects.select_related("exam"), pk=enrolment_id)
        outcome = acting.replace_photo(request, enrolment, timezone.now())
        if outcome.is_done:
            self.log_change(request, enrolment, outcome.logged)
        self.message_user(request, outcome.said, messages.SUCCESS if outcome.is_done else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:exams_enrolment_change", args=[enrolment_id]))

    # --- the room ---

    @method_decorator(require_GET)
    def room_view(self, request: HttpRequest, exam_id: int) -> HttpResponse:
        """Show who of one exam waits, sits, is done or absent; the page asks for its lists again every few seconds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        exam = get_object_or_404(Exam.objects.select_related("plan"), pk=exam_id)
        search, place = request.GET.get("q", ""), request.GET.get("room", "")
        context = {
            "room": overview.room(exam, timezone.now(), search=search, place=place),
            "shown": overview.SHOWN,
            "length": words.length,
        }
        template = "admin/exams/sitting/_room.html"
        if "part" not in request.GET:
            template = "admin/exams/sitting/room.html"
            context |= {
                **self.admin_site.each_context(request),
                "title": _("考务概览"),
                "opts": self.opts,
                "exam": exam,
                "places": overview.places(exam),
                "search": search,
                "place": place,
                "part_url": f"{reverse('admin:exams_sitting_room', args=[exam_id])}?{_part(request)}",
            }
        response = TemplateResponse(request, template, context)
        add_never_cache_headers(response)
        return response


def _part(request: HttpRequest) -> str:
    query = request.GET.copy()
    query["part"] = "1"
    return query.urlencode()
