"""Answer files for staff: upload one, see what it holds against what is stored, then let it in with a reason."""

import base64
import binascii
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from exams.domain.answer_file import MOST_BYTES
from exams.domain.lifecycle import ENDED
from exams.models import Sitting
from exams.services import answer_files
from exams.services.answer_files import CannotImport, Imported, Opened
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from proctoring.admin import links
from proctoring.services import interventions

IMPORT = "proctoring.accept_late"  # the same decision: answers that did not come in time
LONGEST_REASON = 200
UNPROCESSABLE = 422


class ImportsAnswers(admin.ModelAdmin[Sitting]):
    """One address: a file says itself whose it is."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.answer_file_view)
        return [path("answer-file/", view, name="exams_sitting_answer_file"), *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "POST"]))
    def answer_file_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file; show what it holds; let it in once somebody has said why."""
        if not request.user.has_perm(IMPORT):
            raise PermissionDenied
        if request.method == "GET":
            return self._ask(request)
        raw = _raw(request)
        if raw is None:
            return self._ask(request, _("请选择作答文件。"))
        try:
            opened = answer_files.open_file(raw)
            return self._let_in(request, opened) if "reason" in request.POST else self._show(request, opened, raw)
        except CannotImport as cannot:
            return self._ask(request, str(cannot))
        except Refused as refused:
            return self._show(request, opened, raw, str(refused))

    def _ask(self, request: HttpRequest, said: str = "") -> HttpResponse:
        return self._answer(request, {"said": said}, UNPROCESSABLE if said else 200)

    def _show(self, request: HttpRequest, opened: Opened, raw: bytes, said: str = "") -> HttpResponse:
        lines = answer_files.compare(opened)
        context = {
            "opened": opened,
            "enrolment": opened.sitting.enrolment,
            "lines": lines,
            "differing": sum(line.differs for line in lines),
            "is_over": opened.sitting.state in ENDED,
            "raw": base64.b64encode(raw).decode(),
            "said": said,
            "reason": request.POST.get("reason", ""),
        }
        return self._answer(request, context, UNPROCESSABLE if said else 200)

    def _answer(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("导入作答文件")}
        request.current_app = self.admin_site.name
        template = "admin/exams/sitting/answer_file.html"
        response = TemplateResponse(request, template, {**frame, **context}, status=status)
        add_never_cache_headers(response)
        return response

    def _let_in(self, request: HttpRequest, opened: Opened) -> HttpResponse:
        by, now = cast(AbstractUser, request.user), timezone.now()
        reason = request.POST["reason"][:LONGEST_REASON]
        imported = answer_files.bring_in(opened, now, by, reason)
        accepted = 0
        if "accept" in request.POST and opened.sitting.state in ENDED:
            entries = [entry.pk for entry in answer_files.waiting(opened)]
            if entries:
                interventions.accept_late(opened.sitting, entries=entries, by=by, reason=reason, now=now)
            accepted = len(entries)
        self.log_change(request, opened.sitting, f"{for_staff(answer_files.IMPORTED)}: {reason}")
        self.message_user(request, _said(imported, accepted), messages.SUCCESS)
        return HttpResponseRedirect(links.sitting_url(opened.sitting.pk))  # from its head, where the message stands


def _raw(request: HttpRequest) -> bytes | None:
    """Return the file that was chosen, or the one that the page before has kept."""
    upload = request.FILES.get("file")
    if upload is not None:
        return cast(bytes, upload.read(MOST_BYTES + 1)) or None
    try:
        return base64.b64decode(request.POST.get("raw", ""), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _said(imported: Imported, accepted: int) -> str:
    if not imported.new_entries:
        said = _("这个文件此前已经导入，没有新的作答。")
    else:
        said = ngettext("已导入%(count)d条作答记录。", "已导入%(count)d条作答记录。", imported.new_entries) % {
            "count": imported.new_entries
        }
    if accepted:
        said += ngettext("采用了%(count)d题。", "采用了%(count)d题。", accepted) % {"count": accepted}
    return said
