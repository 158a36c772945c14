"""What somebody is told who comes while too many wait: when to come back, as a page or as JSON."""

from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.requests import expects_json

BUSY = 503
COME_BACK_SECONDS = 3


def response(request: HttpRequest) -> HttpResponse:
    """Return the answer that fits who asks: scripts come back by themselves, and so does a page that was only read."""
    language = translation.get_language_from_request(request)
    if expects_json(request):
        with translation.override(language):
            text = _("当前访问人数较多，请稍候。页面会自动重试，作答不会丢失。")
        answer: HttpResponse = JsonResponse({"error": "busy", "message": text}, status=BUSY)
    else:
        answer = HttpResponse(_page(language, asks_again=request.method == "GET"), status=BUSY)
    answer["Retry-After"] = str(COME_BACK_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer


@cache
def _page(language: str, *, asks_again: bool) -> str:
    """Return the page, made once: this is no time for work."""
    with translation.override(language):
        return render_to_string("503.html", {"asks_again": asks_again, "seconds": COME_BACK_SECONDS})
