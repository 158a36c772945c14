"""The door of every page of the room: staff who may watch, and the exam or the sitting that the address names."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.timezone import now as wall_clock
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.requests import expects_json
from exams.models import Exam
from exams.services import outages
from proctoring import access, room_queries

View = Callable[..., HttpResponse]
MOST_BYTES = 64 * 1024


class Malformed(ValueError):
    """A body that no page of ours sends."""


def watching(view: View) -> View:
    """Let those in who may watch; what is not there for them is not there at all."""

    @staff_member_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.may_watch(request.user):
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except access.NotThere:
            raise Http404 from None
        except Malformed:
            return JsonResponse({"error": "malformed", "message": _("请求格式不正确。")}, status=400)

    @never_cache
    @wraps(view)
    def at_the_door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if expects_json(request) and not request.user.is_authenticated:  # a script cannot follow to the sign-in page
            return JsonResponse({"error": "signed_out", "message": _("登录已失效，请重新登录。")}, status=401)
        return guarded(request, *args, **kwargs)

    return at_the_door


def acting(view: View) -> View:
    """Let only those in who may intervene as well."""

    @watching
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(access.INTERVENE):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Show a whole page in the frame of the back office, without its side bar: the room needs the width."""
    request.current_app = admin.site.name
    frame = {**admin.site.each_context(request), "is_nav_sidebar_enabled": False}
    return part(request, template, {**frame, **context}, status)


def bar(exam: Exam) -> dict[str, Any]:
    """Return what the head of the pages of an exam shows."""
    return {
        "exam": exam,
        "announced": exam.announcements.count(),
        "held": room_queries.held(exam).count(),
        "to_decide": sum(one.asks for one in outages.of_exam(exam, wall_clock())),
    }


def part(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Show a piece of a page that asked for it."""
    exam: Exam | None = context.get("exam")
    with override(ZoneInfo(exam.plan.timezone)) if exam else nullcontext():  # as the clocks in the exam's room
        return TemplateResponse(request, f"proctoring/room/{template}", context, status=status).render()


def body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request, or raise `Malformed`."""
    if len(request.body) > MOST_BYTES:
        raise Malformed("too long")
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("not an object")
    return data


def ids(data: dict[str, Any], name: str, most: int) -> list[int]:
    """Return a list of row numbers of a body, or raise `Malformed`."""
    found = data.get(name)
    if not isinstance(found, list) or len(found) > most:
        raise Malformed("no list of numbers")
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63 for one in found):
        raise Malformed("not a number")
    return found


def words(data: dict[str, Any], name: str, most: int) -> str:
    """Return a text of a body without what no database takes, or raise `Malformed`."""
    found = data.get(name, "")
    if not isinstance(found, str) or len(found) > most:
        raise Malformed("no text")
    return "".join(letter for letter in found if letter.isprintable() or letter.isspace())
