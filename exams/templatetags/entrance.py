"""What a page must know about the address it was opened at: whether the browser will hand out the camera."""

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from exams.services.phone_links import is_loopback

register = template.Library()


@register.simple_tag
def secure_origin() -> str:
    """Return the public https address, or "" where none is configured."""
    return settings.PUBLIC_ORIGIN if settings.SECURE else ""


@register.simple_tag
def lacks_camera(request: HttpRequest | None) -> bool:
    """Whether browsers refuse the camera here: plain http, and not on the machine itself."""
    if request is None or request.is_secure():
        return False
    host = split_domain_port(request.get_host())[0]
    return not is_loopback(host)
