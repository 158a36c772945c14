"""What a wall asks for every few seconds: the pictures that have changed, in one answer that no cache keeps."""

from base64 import b64encode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.timezone import now as wall_clock
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from proctoring import access
from proctoring.models import Thumbnail
from proctoring.services import thumbnails

SEES_PICTURES = "proctoring.view_snapshot"
MOST_SITTINGS = 50
MOST_DIGITS = 16  # beyond any number of ours, and before the year 2286


@require_safe
def room_thumbnails(request: HttpRequest, exam: int) -> HttpResponseBase:
    """Answer `?sittings=1,2,3&after=CURSOR` with the newest picture of each camera that was stored after the cursor."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "signed_out", "message": _("登录已失效，请重新登录。")}, status=401)
    try:
        watched = access.watched_exam(request.user, exam)
    except access.NotThere:
        raise PermissionDenied from None
    if not request.user.has_perm(SEES_PICTURES):
        raise PermissionDenied
    sittings, after = _numbers(request.GET.get("sittings", "")), _numbers(request.GET.get("after", "") or "0")
    if not sittings or not after or len(sittings) > MOST_SITTINGS:
        return JsonResponse({"error": "malformed", "message": _("请求格式不正确。")}, status=400)
    thumbnails.note_watching(watched.pk, request.user, wall_clock())
    changed = thumbnails.changed(watched.pk, sittings, after[0])
    tag = f'"{watched.pk}-{after[0]}-{changed.cursor}-{".".join(map(str, sorted(sittings)))}"'  # a comma would part it
    answer = JsonResponse({"cursor": str(changed.cursor), "thumbnails": [_told(row) for row in changed.thumbnails]})
    answer["Cache-Control"] = "no-store, private"
    answer["ETag"] = tag
    return get_conditional_response(request, etag=tag, response=answer) or answer


def _told(row: Thumbnail) -> dict[str, object]:
    return {
        "sitting": row.sitting_id,
        "camera": row.camera,
        "taken_at": row.taken_at.isoformat(timespec="milliseconds"),
        "jpeg": b64encode(row.data).decode(),
    }


def _numbers(text: str) -> list[int]:
    """Return the numbers of a list such as `1,2,3`; none where it is anything else."""
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS for part in parts):
        return []
    return [int(part) for part in parts]
