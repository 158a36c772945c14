"""待人工核验: those who wait for a person, in the order in which they began to; one reason and one click for each."""

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now as wall_clock
from django.views.decorators.http import require_GET, require_POST

from exams.models import ReferencePhoto
from proctoring import access, room_queries
from proctoring.admin import acting, acts
from proctoring.room.candidate import CONFLICT, UNPROCESSABLE, log
from proctoring.room.door import acting as may_act
from proctoring.room.door import bar, page, part, watching
from proctoring.services import freshness

REASONS_OF = (acts.Kind.PASS_CHECK_IN, acts.Kind.NEW_CHECK)


@require_GET
@watching
def queue(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show the queue, or the list of it alone to the page that asks again."""
    context = _context(request, exam_id)
    if "part" in request.GET:
        return part(request, "_queue.html", context)
    return page(request, "queue.html", context)


@require_POST
@may_act
def decide(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Do what one button of a card says, with the reason of the card; whoever is settled leaves the list."""
    sitting, now = access.watched_sitting(request.user, exam_id, pk), wall_clock()
    if request.POST.get("kind") == acts.Kind.MESSAGE.value:  # what is said to somebody who goes on waiting
        request.POST = request.POST.copy()  # type: ignore[assignment]
        request.POST["text"] = request.POST.get("reason", "")  # type: ignore[misc]
    outcome = acting.act(request, sitting, now)
    if outcome.is_done:
        log(request, [sitting], outcome.logged)
    context = {
        **_context(request, exam_id),
        "outcome": outcome,
        "tried_pk": pk,
        "tried_reason": "" if outcome.is_done else request.POST.get("reason", ""),
        "tried_kind": request.POST.get("kind", ""),
        "who": sitting.enrolment,
    }
    status = 200 if outcome.form is None else CONFLICT if outcome.asks else UNPROCESSABLE
    return part(request, "_queue.html", context, status)


def _context(request: HttpRequest, exam_id: int) -> dict[str, object]:
    exam, now = access.watched_exam(request.user, exam_id), wall_clock()
    waiting = room_queries.queue(exam, now)
    may = request.user.has_perm
    photos: dict[int, list[ReferencePhoto]] = {}
    if may("exams.view_referencephoto"):
        enrolments = [one.sitting.enrolment_id for one in waiting]
        in_force = ReferencePhoto.objects.in_force().filter(enrolment__in=enrolments)
        for photo in in_force.defer("data").order_by("position", "pk"):
            photos.setdefault(photo.enrolment_id, []).append(photo)
    return {
        **bar(exam),
        "now": now,
        "cards": [(one, photos.get(one.sitting.enrolment_id, []), freshness.stamp(one.sitting)) for one in waiting],
        "reasons": [reason for kind in REASONS_OF for reason in acts.ACTS[kind.value].reasons],
        "sees_pictures": may("proctoring.view_snapshot"),
        "may_act": may(access.INTERVENE),
        "stamp": ".".join(str(one.sitting.pk) for one in waiting),
    }
