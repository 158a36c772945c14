"""Handing out results as a file, to those who may export them."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from exams.models import Enrolment
from exams.services import exports
from exams.services.changes import for_staff
from exams.services.exports import EXPORTED

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def may(request: HttpRequest) -> bool:
    """Tell whether this person may take results out of the house."""
    return request.user.has_perm("exams.export_result") and request.user.has_perm("exams.view_result")


def results(enrolments: QuerySet[Enrolment], form: str, name: str) -> HttpResponse:
    """Return the results of some enrolments as an attachment; `form` is xlsx or csv."""
    if form not in MEDIA_TYPES:
        raise Http404
    table = exports.results(enrolments)
    content = exports.as_xlsx(table) if form == "xlsx" else exports.as_csv(table)
    moment = timezone.localtime().strftime("%Y%m%d-%H%M")
    return HttpResponse(
        content,
        content_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{moment}.{form}"',
            "Cache-Control": "no-store, private",
            "X-Content-Type-Options": "nosniff",
        },
    )


def logged(form: str) -> str:
    """Return the line of the admin's log."""
    return f"{for_staff(EXPORTED)}: {form}"
