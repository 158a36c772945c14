"""The login page, leaving, and what staff see who are locked out."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services, throttle
from accounts.forms import LoginForm
from accounts.requests import VisitorRequest

TOO_MANY_REQUESTS = 429


@never_cache
@sensitive_post_parameters("id_number", "check_code")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for the ID number and the check code; whoever is signed in already may go on or let somebody else."""
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
    return HttpResponseRedirect(_local_next(request) or reverse(settings.SIGNED_IN_URL))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign the candidate out, for 「离开考场」 or for the next person at this machine."""
    services.sign_out(request)
    return redirect(_local_next(request) or settings.SIGNED_OUT_URL)


@never_cache
def locked_out(request: HttpRequest, *_axes: Any) -> HttpResponse:
    """Tell a member of staff how long to wait (AXES_LOCKOUT_CALLABLE)."""
    key = throttle.staff_key(request, getattr(request, "axes_credentials", None)) or ""
    minutes = throttle.minutes_left(request, key, now=timezone.now())
    response = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=TOO_MANY_REQUESTS)
    response["Retry-After"] = str(minutes * 60)
    return response


def _login_page(request: HttpRequest, form: LoginForm, *, status: int = 200, **context: Any) -> HttpResponse:
    going_on = _local_next(request)
    context |= {"form": form, "next": going_on, "continue_url": going_on or reverse(settings.SIGNED_IN_URL)}
    return render(request, "accounts/login.html", context, status=status)


def _local_next(request: HttpRequest) -> str:
    """Return the path that the visitor was on the way to, never one of another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_local = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_local else ""
