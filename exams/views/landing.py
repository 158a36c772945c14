"""The ways in, open to everybody: landing page, device check, exam client, installable site, and the way out."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from exams import queries
from exams.domain import platforms, seb
from exams.domain.platforms import Browser, System
from exams.models import Exam

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OF_THE_PAPER = re.compile(
    r"js/(lib|exam|proctoring)/\w+\.js|css/(tokens|base)\.css|css/components/\w+\.css|css/proctoring/\w+\.css"
    r"|css/pages/(steps|waiting|paper|question|paper_narrow|paper_large_text)\.css|icons/(sprite|logo)\.svg"
)
THEME_COLOUR = "#1d53c4"
PAGE_COLOUR = "#f2f5f9"
SYSTEM_NAMES: dict[System, "StrOrPromise"] = {
    System.WINDOWS: "Windows",
    System.OLD_WINDOWS: gettext_lazy("旧版 Windows"),
    System.MACOS: "macOS",
    System.IPADOS: "iPadOS",
    System.IPHONE: "iPhone",
    System.ANDROID: "Android",
    System.CHROMEOS: "ChromeOS",
    System.LINUX: "Linux",
    System.UNKNOWN: gettext_lazy("未能识别的系统"),
}
BROWSER_NAMES: dict[Browser, "StrOrPromise"] = {
    Browser.EXAM_CLIENT: gettext_lazy("考试机"),
    Browser.CHROME: "Chrome",
    Browser.EDGE: "Edge",
    Browser.CHROMIUM: gettext_lazy("Chromium 内核浏览器"),
    Browser.FIREFOX: "Firefox",
    Browser.SAFARI: "Safari",
    Browser.IN_APP: gettext_lazy("聊天软件内的浏览器"),
    Browser.INTERNET_EXPLORER: "Internet Explorer",
    Browser.UNKNOWN: gettext_lazy("未能识别的浏览器"),
}


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """An exam with the two addresses of its configuration: one that starts the client, one that downloads the file."""

    exam: Exam
    open_url: str
    file_url: str


def public_url(path: str) -> str:
    """Return an absolute address below the configured origin; never below the Host header, which anybody can set."""
    return settings.PUBLIC_ORIGIN + path


def _client_entry(exam: Exam) -> ClientEntry:
    path = reverse("exams:seb_configuration", args=[exam.seb_token])
    origin = urlsplit(settings.PUBLIC_ORIGIN)
    scheme = "sebs" if origin.scheme == "https" else "seb"
    return ClientEntry(exam, open_url=f"{scheme}://{origin.netloc}{path}", file_url=path)


def _platform(request: HttpRequest) -> dict[str, object]:
    platform = platforms.recognise(request.headers.get("User-Agent", ""), request.headers.get("Sec-CH-UA-Platform", ""))
    name = BROWSER_NAMES[platform.browser]
    return {
        "platform": platform,
        "system_name": SYSTEM_NAMES[platform.system],
        "browser": f"{name} {platform.version}" if platform.version else name,
    }


@require_safe
@vary_on_headers("User-Agent")
def landing(request: HttpRequest) -> HttpResponse:
    """Offer both ways in, the one that suits this computer first."""
    entries = [_client_entry(exam) for exam in queries.exams_near(now())]
    return render(request, "exams/landing.html", {**_platform(request), "entries": entries})


@require_safe
@vary_on_headers("User-Agent")
def device_check(request: HttpRequest) -> HttpResponse:
    return render(request, "exams/device_check.html", _platform(request))


@require_safe
@never_cache
def ping(request: HttpRequest) -> JsonResponse:
    """Answer at once, so that the device check can measure the way to the server."""
    return JsonResponse({"server_now": now().isoformat()})


@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """The exam client ends itself at this address; a plain browser shows the page."""
    return render(request, "exams/left.html")


@require_safe
@never_cache
def seb_configuration(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out an exam's client configuration; the client asks with HEAD first, without cookies."""
    exam = queries.exam_of_client(token)
    if exam is None:
        raise Http404
    configuration = seb.configuration(
        start_url=public_url(reverse("accounts:login")) + "?" + urlencode({"exam": exam.pk}),
        quit_url=public_url(reverse("exams:left")),
        quit_password_hash=exam.seb_quit_password_hash,
        camera=exam.uses_camera,
    )
    return HttpResponse(
        seb.to_plist(configuration),
        content_type="application/seb",
        headers={"Content-Disposition": 'attachment; filename="exam.seb"'},
    )


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the site as a full-screen app, for systems without the exam client."""
    name = _("智能化考试平台")
    return JsonResponse(
        {
            "id": "/",
            "name": name,
            "short_name": _("考试平台"),
            "description": _("登录、核验身份并参加在线考试。"),
            "lang": get_language(),
            "dir": "ltr",
            "start_url": reverse("exams:landing"),
            "scope": "/",
            "display": "fullscreen",
            "background_color": PAGE_COLOUR,
            "theme_color": THEME_COLOUR,
            "icons": [_icon(size, purpose) for purpose in ("any", "maskable") for size in (192, 512)],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


def _icon(size: int, purpose: str) -> dict[str, str]:
    name = f"icon-{size}" if purpose == "any" else f"icon-{purpose}-{size}"
    return {"src": static(f"icons/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served from the root so that it covers the whole site; a new release of static files is a new cache."""
    version = getattr(staticfiles_storage, "manifest_hash", "") or "unversioned"
    context = {
        "version": version,
        "static_url": settings.STATIC_URL,
        "exam_path": reverse("exams:waiting"),
        "shell_path": reverse("exams:offline"),
        "shell_files": _shell_files(),
    }
    return render(request, "exams/service_worker.js", context, content_type="text/javascript")


def _shell_files() -> list[str]:
    """Return the addresses of what the paper is made of, so that it can be shown without the server."""
    names: dict[str, str] = getattr(staticfiles_storage, "hashed_files", {})
    return [static(name) for name in sorted(names) if OF_THE_PAPER.fullmatch(name)]


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Stand in for the exam page while the server is out of reach; the same for everybody, so it may be kept."""
    return render(request, "exams/offline.html")
