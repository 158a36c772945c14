"""`python -m tests.serve FD`: the real server on a socket that the test process opened; ends with that process."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

import uvicorn
from django.http import HttpRequest, HttpResponseBase

from examplatform.__main__ import SERVER


def forget_content_types(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: between two tests the tables are emptied and the content types get new numbers."""
    from django.contrib.contenttypes.models import ContentType

    def middleware(request: HttpRequest) -> HttpResponseBase:
        ContentType.objects.clear_cache()
        return get_response(request)

    return middleware


def end_with_the_tests() -> None:
    """Wait for the end of standard input, which the test process holds open, then stop."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main(descriptor: int) -> None:
    """Serve until the test process ends or says so."""
    threading.Thread(target=end_with_the_tests, daemon=True).start()
    config = uvicorn.Config("examplatform.asgi:application", **SERVER)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
