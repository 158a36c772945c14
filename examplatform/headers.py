"""What a browser may do on our pages at most, whatever a script or a frame in them asks for."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

POLICY = "camera=(self), fullscreen=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class PermissionsPolicy(MiddlewareMixin):
    """Puts the policy on every page: the camera and the full screen are ours alone, the rest is nobody's."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.setdefault("Permissions-Policy", POLICY)
        return response
