"""The exams that can be watched, and the live wall of one: a page that asks for the tiles that have changed."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now as wall_clock
from django.views.decorators.http import require_GET

from proctoring import access, room_queries
from proctoring.admin import acts, overview
from proctoring.domain.wall import Place
from proctoring.models import Incident
from proctoring.room.door import bar, page, watching
from proctoring.room.words import CHECK_INS, IDENTITIES, PLACES

PER_PAGE = (4, 9, 16, 36)
FOR_MANY = (acts.Kind.PAUSE, acts.Kind.RESUME, acts.Kind.EXTEND)


@require_GET
@watching
def exams(request: HttpRequest) -> HttpResponse:
    """List the exams that are on or near."""
    now = wall_clock()
    found = access.watched_exams(request.user, now)
    counts = overview.counts_of(found)
    lines = [overview.ExamLine(exam, counts[exam.pk], exam.opens_at <= now < exam.closes_at) for exam in found]
    lines.sort(key=lambda line: (not line.is_open, -line.counts.sitting, line.exam.opens_at))
    return page(request, "exams.html", {"lines": lines, "now": now})


@require_GET
@watching
def wall(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show the wall; its tiles come with the first question of the page."""
    exam = access.watched_exam(request.user, exam_id)
    context = {
        **bar(exam),
        "places": overview.places(exam),
        "per_page": PER_PAGE,
        "filters": [(place.value, PLACES[place]) for place in Place],
        "labels": labels(),
        "may_act": request.user.has_perm(access.INTERVENE),
        "acts_for_many": [(acts.ACTS[kind.value], acts.ACTS[kind.value].blank_form()) for kind in FOR_MANY],
    }
    return page(request, "wall.html", context)


@require_GET
@watching
def tiles(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Answer the wall that asks what has changed since it last asked."""
    exam = access.watched_exam(request.user, exam_id)
    now = wall_clock()
    found = room_queries.wall_of(exam, now)
    return JsonResponse(
        {
            "server_now": now.isoformat(),
            "cursor": found.cursor,
            "total": found.total,
            "count": len(found.tiles),
            "tiles": found.changed_since(request.GET.get("after", ""), exam.pk),
        }
    )


def labels() -> dict[str, Any]:
    """Return the words for the codes of a tile, in the language of the page."""
    return {
        "place": {place.value: str(PLACES[place]) for place in Place},
        "check_in": {key: str(word) for key, word in CHECK_INS.items()},
        "identity": {key: str(word) for key, word in IDENTITIES.items()},
        "incident": {str(key): str(word) for key, word in Incident.Kind.choices},
        "severity": {str(key): str(word) for key, word in Incident.Severity.choices},
    }
