"""One candidate as an invigilator watches them: the live picture, the score over time, what happened, and the acts."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractUser
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now as wall_clock
from django.views.decorators.http import require_GET, require_POST

from exams.models import Sitting
from exams.wording import staff_name
from proctoring import access, live_view, presence, timeline
from proctoring.admin import acting, acts
from proctoring.admin import page as admin_page
from proctoring.models import Incident
from proctoring.room import story
from proctoring.room.door import acting as may_act
from proctoring.room.door import page, part, watching
from proctoring.services import claims, evidence, freshness

CONFLICT, UNPROCESSABLE = 409, 422
NEWS = "room:news"  # the page asks for the rest of itself
OUTSIDE = {acts.Kind.REPLACE_PHOTO, acts.Kind.SET_VALIDITY, acts.Kind.REOPEN}  # done on the page in the admin
AFTER = {"submitted", "terminated"}


@require_GET
@watching
def candidate(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Show everything about one candidate, live."""
    sitting, now = access.watched_sitting(request.user, exam_id, pk), wall_clock()
    may = request.user.has_perm
    context = {
        **_now(sitting, now),
        **_aside(request, sitting, now),
        "photos": admin_page.photos(sitting) if may("exams.view_referencephoto") else [],
        "sees_pictures": may("proctoring.view_snapshot"),
    }
    return page(request, "candidate.html", context)


@require_GET
@watching
def news(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Answer the page that asks how things stand; asking is a sign of life of whoever handles the candidate."""
    sitting, now = access.watched_sitting(request.user, exam_id, pk), wall_clock()
    claims.keep_up(sitting, by=_who(request), now=now)
    return part(request, "_news.html", {**_now(sitting, now), "aside_stamp": _stamp(sitting)})


@require_GET
@watching
def aside(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Show the acts again, for the sitting as it is now."""
    sitting, now = access.watched_sitting(request.user, exam_id, pk), wall_clock()
    return part(request, "_aside.html", _aside(request, sitting, now))


@require_POST
@may_act
def act(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Act on the candidate; what was refused comes back with the form as it was filled in."""
    sitting, now = access.watched_sitting(request.user, exam_id, pk), wall_clock()
    outcome = acting.act(request, sitting, now)
    if outcome.is_done:
        log(request, [sitting], outcome.logged)
    sitting = access.watched_sitting(request.user, exam_id, pk)
    context = _aside(request, sitting, now, outcome)
    status = 200 if outcome.form is None else CONFLICT if outcome.asks else UNPROCESSABLE
    response = part(request, "_aside.html", context, status)
    response.headers["HX-Trigger"] = NEWS
    return response


@require_POST
@may_act
def claim(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Take a candidate on, or let them go."""
    sitting, now = access.watched_sitting(request.user, exam_id, pk), wall_clock()
    by, said, asks = _who(request), "", False
    if "release" in request.POST:
        claims.release(sitting, by=by, now=now)
    else:
        try:
            claims.claim(sitting, by=by, now=now, despite="despite" in request.POST)
        except claims.Handled as handled:
            said, asks = str(handled), True
    context = {**_claim(request, sitting, now), "claim_said": said, "claim_asks": asks}
    return part(request, "_claim.html", context, CONFLICT if asks else 200)


def log(request: HttpRequest, sittings: list[Sitting], what: str) -> None:
    """Put an act into the admin's log as well, where the acts of its own pages are."""
    LogEntry.objects.log_actions(_who(request).pk, sittings, CHANGE, what)


# --- what the pieces show --------------------------------------------------------------------------------------------


def _now(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """Return what changes by itself: how it stands, the plot, the incidents, what was said, the story."""
    live = admin_page.live(sitting, now)
    heard = presence.last_heard([sitting.pk]).get(sitting.pk)
    return {
        **live,
        "enrolment": sitting.enrolment,
        "exam": sitting.enrolment.exam,
        "heard_at": heard,
        "total": story.total(sitting),
        "plot": story.plot(sitting, now),
        "incidents": [admin_page.incident_line(one, now) for one in admin_page.incidents_of(sitting)],
        "conversation": list(sitting.messages.select_related("by").order_by("at", "pk")),
        "story": partial(timeline.of, sitting),  # told while the page is rendered: in the words of its time zone
    }


def _aside(
    request: HttpRequest, sitting: Sitting, now: datetime, outcome: acting.Outcome | None = None
) -> dict[str, Any]:
    """Return the acts that this person can do, with what came of the last one."""
    tried: Mapping[str, Form] = {outcome.name: outcome.form} if outcome and outcome.form else {}
    panels = [one for one in acts.panels(request, sitting, tried) if one.act.kind not in OUTSIDE]
    waiting = sitting.incidents.filter(Incident.WAITS)
    return {
        "sitting": sitting,
        "exam": sitting.enrolment.exam,
        "panels": panels,
        "offers": acts.offers(request, sitting, (acts.Kind.MESSAGE, acts.Kind.REVIEW_INCIDENT)),
        "to_judge": list(waiting.order_by("ended_at", "-began_at")),
        "call": admin_page.open_calls(sitting).order_by("-at").first(),
        "stamp": freshness.stamp(sitting),
        "aside_stamp": _stamp(sitting),
        "outcome": outcome,
        "asks": outcome is not None and outcome.asks,
        "tried": {key: request.POST.get(key, "") for key in ("kind", "text", "reason", "incident")},
        "act_url": reverse("proctoring:room_act", args=[sitting.enrolment.exam_id, sitting.pk]),
        "may_act": request.user.has_perm(access.INTERVENE),
        **_claim(request, sitting, now),
    }


def _claim(request: HttpRequest, sitting: Sitting, now: datetime) -> dict[str, Any]:
    held = claims.current(sitting, now)
    return {
        "sitting": sitting,
        "exam": sitting.enrolment.exam,
        "claim": held,
        "claim_name": staff_name(held.by) if held else "",
        "is_mine": held is not None and held.by_id == request.user.pk,
        "may_act": request.user.has_perm(access.INTERVENE),
    }


def _stamp(sitting: Sitting) -> str:
    """Return what changes whenever the acts, or what they are about, do."""
    open_incidents = sitting.incidents.filter(review=Incident.Review.OPEN).values_list("pk", flat=True).order_by("pk")
    calls = admin_page.open_calls(sitting).values_list("pk", flat=True).order_by("pk")
    listed = ["-".join(map(str, numbers)) for numbers in (open_incidents, calls)]
    return ".".join([freshness.stamp(sitting), *listed])


def _who(request: HttpRequest) -> AbstractUser:
    user = request.user
    if not isinstance(user, AbstractUser):
        raise TypeError("the door lets nobody else in")
    return user


# --- the live picture ------------------------------------------------------------------------------------------------


@require_GET
@watching
def picture(request: HttpRequest, exam_id: int, pk: int) -> HttpResponse:
    """Show the newest frame to whoever may see pictures; looking lets frames come, and each viewing is on record."""
    sitting = access.watched_sitting(request.user, exam_id, pk)
    user = _who(request)
    if not user.has_perm("proctoring.view_snapshot"):
        return HttpResponse(status=403)
    live_view.ask(sitting.pk)
    if sitting.state in AFTER or (found := live_view.newest(sitting.pk)) is None:
        return HttpResponse(status=204)
    taken_at, jpeg = found
    if live_view.is_new_viewing(sitting.pk, user.pk):
        evidence.note_live_viewing(sitting, user, wall_clock())
    headers = {
        "Cache-Control": "no-store, private",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Taken-At": taken_at.isoformat(),
    }
    return HttpResponse(jpeg, content_type="image/jpeg", headers=headers)
