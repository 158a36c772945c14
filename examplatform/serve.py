"""`python -m examplatform.serve`: one of several server processes on the same HOST and PORT.

The system shares new connections out among them (SO_REUSEPORT), websockets too, so that nothing has to stand in front
to try several processes on one machine. Everything must be ready: see `make run-production`, docs/deployment.md.
"""

import os
import socket
import sys

import uvicorn

from examplatform.__main__ import SERVER


def shared_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket on an address where other processes may listen too."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(address)
    return listening


def main() -> int:
    """Serve until told to end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
    from django.conf import settings

    config = uvicorn.Config(
        "examplatform.asgi:application",
        ssl_certfile=settings.TLS_CERT or None,
        ssl_keyfile=settings.TLS_KEY or None,
        **SERVER,
    )
    uvicorn.Server(config).run(sockets=[shared_socket(settings.HOST, settings.PORT)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
