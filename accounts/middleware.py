"""Puts the signed-in candidate on every request, and a name on their browser."""

from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from accounts.devices import COOKIE, name_device
from accounts.models import Candidate
from accounts.requests import VisitorRequest, candidate_of, scopes_of


class CandidateMiddleware(MiddlewareMixin):
    """Sets `request.candidate` (None, or read from the database when first used) and `request.scopes`."""

    def process_request(self, request: HttpRequest) -> None:
        visitor, session = cast(VisitorRequest, request), request.session
        signed_in = "candidate_id" in session
        visitor.scopes = scopes_of(session) if signed_in else ()
        visitor.candidate = cast(Candidate, SimpleLazyObject(lambda: candidate_of(session))) if signed_in else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Name the browser of whoever has just signed in."""
        if COOKIE not in request.COOKIES and "candidate_id" in request.session:
            name_device(response)
        return response
