"""The login page, leaving, and what staff see who are locked out."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services, throttle
from accounts.forms import LoginForm
from accounts.requests import VisitorRequest, expects_json

TOO_MANY_REQUESTS = 429


@never_cache
@sensitive_post_parameters("id_number", "check_code")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for the ID number and the check code; whoever is signed in already may go on or let somebody else.

    A script that posts the same form, as the open paper does when a session has run out, is answered as one.
    """
    if request.method != "POST":
        return _login_page(request, LoginForm(), candidate=cast(VisitorRequest, request).candidate or None)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _login_page(request, form)
    try:
        services.sign_in(request, form.cleaned_data["id_number"], form.cleaned_data["check_code"], now=timezone.now())
    except services.LockedOut as locked:
        response = _login_page(request, form, locked=locked, status=TOO_MANY_REQUESTS)
        response["Retry-After"] = str(locked.minutes * 60)
        return response
    except services.SignInError as refused:
        return _login_page(request, form, refused=refused)
    going_on = _local_next(request) or reverse(settings.SIGNED_IN_URL)
    return JsonResponse({"next": going_on}) if expects_json(request) else HttpResponseRedirect(going_on)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign the candidate out, for 「离开考场」 or for the next person at this machine."""
    services.sign_out(request)
    going_on = _local_next(request) or reverse(settings.SIGNED_OUT_URL)
    return JsonResponse({"next": going_on}) if expects_json(request) else redirect(going_on)


@never_cache
def locked_out(request: HttpRequest, *_axes: Any) -> HttpResponse:
    """Tell a member of staff how long to wait (AXES_LOCKOUT_CALLABLE)."""
    key = throttle.staff_key(request, getattr(request, "axes_credentials", None)) or ""
    minutes = throttle.minutes_left(request, key, now=timezone.now())
    response = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=TOO_MANY_REQUESTS)
    response["Retry-After"] = str(minutes * 60)
    return response


def _login_page(request: HttpRequest, form: LoginForm, *, status: int = 200, **context: Any) -> HttpResponse:
    if request.method == "POST" and expects_json(request):
        return _refused(context, status)
    going_on = _local_next(request)
    context |= {"form": form, "next": going_on, "continue_url": going_on or reverse(settings.SIGNED_IN_URL)}
    return render(request, "accounts/login.html", context, status=status)


def _refused(context: dict[str, Any], status: int) -> JsonResponse:
    """Tell a script why nobody was signed in, in the words of the page."""
    reason = context.get("locked") or context.get("refused") or _("请补全登录信息。")
    return JsonResponse({"error": "sign_in", "message": str(reason)}, status=status if status >= 400 else 422)


def _local_next(request: HttpRequest) -> str:
    """Return the path that the visitor was on the way to, never one of another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_local = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_local else ""
