"""The request of a signed-in candidate, and the door that lets nobody else through."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from accounts.models import Candidate
from accounts.prepared import Prepared

P = ParamSpec("P")
JSON, PAGE = "application/json", "text/html"
_BY_NUMBER = Prepared(lambda number: Candidate.objects.filter(pk=number))


class VisitorRequest(HttpRequest):
    """Any request after `CandidateMiddleware`: perhaps somebody is signed in."""

    candidate: Candidate | None
    scopes: tuple[str, ...]


class CandidateRequest(HttpRequest):
    """A request behind `candidate_required`: somebody is."""

    candidate: Candidate
    scopes: tuple[str, ...]


def candidate_of(session: SessionBase) -> Candidate | None:
    """Return who is signed in, or None; also for websockets, which have a session but no middleware."""
    candidate_id = session.get("candidate_id")
    return _BY_NUMBER.first(candidate_id) if candidate_id else None


def scopes_of(session: SessionBase | Mapping[str, Any]) -> tuple[str, ...]:
    """Return the scopes that the check code opened."""
    return tuple(session.get("scopes", ()))


def signed_in_required(
    view: Callable[Concatenate[CandidateRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """As `candidate_required`, by the session alone: for doors that reach the candidate's own rows by it anyway."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if getattr(request, "candidate", None) is None:  # by identity: to look into the lazy one costs a query
            return _signed_out(request)
        response = view(cast(CandidateRequest, request), *args, **kwargs)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(cast(HttpResponse, response))
        return response

    return guarded


def candidate_required(
    view: Callable[Concatenate[CandidateRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only a signed-in candidate through; what they see is never kept by a browser or a proxy."""

    through = signed_in_required(view)

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        there = cast(VisitorRequest, request).candidate  # by truth, not by identity: the middleware's is a lazy one
        return through(request, *args, **kwargs) if there else _signed_out(request)

    return guarded


def _signed_out(request: HttpRequest) -> HttpResponse:
    if expects_json(request):
        text = _("登录已失效，请重新登录。已保存的作答不会丢失。")
        return JsonResponse({"error": "signed_out", "message": text}, status=401)
    way_back = f"?{urlencode({'next': request.get_full_path()})}" if request.method in {"GET", "HEAD"} else ""
    return HttpResponseRedirect(reverse("accounts:login") + way_back)


def expects_json(request: HttpRequest) -> bool:
    """Tell whether a script asked, to which a redirect to a page would be of no use.

    A service worker that fetches a page for the browser looks like a script, and asks for a page all the same.
    """
    wanted = request.headers.get("Accept", "").split(",")[0]
    asked_by_script = request.headers.get("Sec-Fetch-Dest") == "empty" and wanted != PAGE
    return asked_by_script or JSON in wanted or request.content_type == JSON
