"""One act for many candidates, in portions that the page sends one after the other; and announcements."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now as wall_clock
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exams.services.changes import for_staff
from exams.services.refusals import Refused
from exams.wording import wrong_with
from proctoring import access
from proctoring.admin.acts import ACTS, Kind
from proctoring.room.candidate import UNPROCESSABLE, log
from proctoring.room.door import MOST_BYTES, Malformed, acting, bar, body, ids, page, part, watching, words
from proctoring.room.wall import FOR_MANY
from proctoring.services import announcements, many
from proctoring.services.messages import LONGEST

PORTION = 25
LARGE_PORTION = 100  # of what is written for all in a handful of statements
LONGEST_BATCH = 64
MOST_CHOSEN = 2000
NAMED = 200
MOST_SHOWN = 50


@require_POST
@acting
def act_on_many(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Do one thing for a portion of the chosen sittings; whoever could not is named with the reason."""
    access.watched_exam(request.user, exam_id)
    data = body(request)
    kind = next((kind for kind in FOR_MANY if kind.value == data.get("kind")), None)
    batch = words(data, "batch", LONGEST_BATCH)
    numbers = ids(data, "sittings", LARGE_PORTION if data.get("kind") == Kind.EXTEND.value else PORTION)
    if kind is None or not batch:
        raise Malformed("no act")
    form = ACTS[kind.value].form({"reason": words(data, "reason", MOST_BYTES), "minutes": data.get("minutes", "")})
    if not form.is_valid():
        said = wrong_with(form)
        return JsonResponse({"error": "incomplete", "message": said}, status=UNPROCESSABLE)
    chosen = access.chosen_sittings(request.user, exam_id, numbers)
    outcome = many.apply(
        chosen,
        kind,
        ACTS[kind.value].run,
        batch=batch,
        by=request.user,  # type: ignore[arg-type]  # the door lets nobody else in
        now=wall_clock(),
        despite=data.get("despite") is True,
        **form.words(),  # type: ignore[attr-defined]
    )
    log(request, outcome.done, f"{for_staff(kind.label)}: {form.cleaned_data['reason']}")
    left_out = [_left_out(one) for one in outcome.left_out]
    return JsonResponse({"done": [one.pk for one in outcome.done], "left_out": left_out})


def _left_out(one: many.NotDone) -> dict[str, Any]:
    enrolment = one.sitting.enrolment
    place = " · ".join(part for part in (enrolment.room, enrolment.seat) if part)
    who = f"{enrolment.name} {place or enrolment.account_number}"
    return {"sitting": one.sitting.pk, "who": who, "why": one.why, "asks": one.asks}


# --- announcements ---------------------------------------------------------------------------------------------------


@require_POST
@acting
def announce(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Tell an exam, a room of it or those chosen."""
    exam, data = access.watched_exam(request.user, exam_id), body(request)
    chosen = None
    if "sittings" in data:
        numbers = ids(data, "sittings", MOST_CHOSEN)
        chosen = [
            sitting
            for start in range(0, len(numbers), access.MOST_CHOSEN)
            for sitting in access.chosen_sittings(request.user, exam_id, numbers[start : start + access.MOST_CHOSEN])
        ]
    try:
        made = announcements.publish(
            exam,
            text=words(data, "text", LONGEST),
            by=request.user,  # type: ignore[arg-type]  # the door lets nobody else in
            now=wall_clock(),
            room=words(data, "room", 100),
            chosen=chosen,
        )
    except Refused as refused:
        return JsonResponse({"error": refused.code, "message": str(refused)}, status=UNPROCESSABLE)
    return JsonResponse({"id": made.pk, "sent": made.messages.count(), "message": _("公告已发出。")})


@require_GET
@watching
def announced(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show what was announced, and who has it; the list alone to the page that asks again."""
    exam = access.watched_exam(request.user, exam_id)
    context = {**bar(exam), "lines": announcements.with_missing(exam, most=MOST_SHOWN, named=NAMED)}
    if "part" in request.GET:
        return part(request, "_announcements.html", context)
    return page(request, "announcements.html", context)
