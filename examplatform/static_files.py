"""Static files from the server itself, read whole: they are small, and ASGI reads a file stream whole anyway."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """WhiteNoise without the stream, of which Django would warn at every start; what it lacks is nowhere else."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer whatever lies below the prefix: the server does that beside its threads, without the database."""
        path = request.path_info
        if path.startswith(self.static_prefix) and not (self.autorefresh or path in self.files):
            return HttpResponseNotFound(content_type="text/plain")
        response: HttpResponseBase = super().__call__(request)
        return response

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Answer with the file, its compressed form, or "not modified"."""
        answer = static_file.get_response(request.method, request.META)
        with answer.file or BytesIO() as file:
            response = HttpResponse(file.read(), status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        return response


def are_stale() -> bool:
    """Tell whether the collected files are missing, or older than a source of ours or than what is installed."""
    collected = settings.STATIC_ROOT / "staticfiles.json"
    return not collected.exists() or any(path.lstat().st_mtime > collected.stat().st_mtime for path in _sources())


def _sources() -> Iterator[Path]:
    """Yield our files, their folders (a removed file shows there), and the list of packages, which bring files too."""
    yield settings.BASE_DIR / "requirements.txt"
    for directory in settings.STATICFILES_DIRS:
        yield Path(directory)
        yield from Path(directory).rglob("*")
