"""The names and addresses under which this machine can be reached."""

import ipaddress
import socket
from contextlib import suppress

LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


def names(host: str) -> list[str]:
    """Return every name that a browser may use for a server bound to `host`, IPv6 addresses in brackets."""
    if _is_wildcard(host):
        return [*LOOPBACK, *map(_bracketed, local_addresses()), socket.gethostname().lower()]
    return [*LOOPBACK, _bracketed(host)]


def origin(host: str, port: int, *, secure: bool) -> str:
    """Return the address that people open; for a wildcard host, one that other machines can reach."""
    if _is_wildcard(host):
        host = next(iter(local_addresses()), "127.0.0.1")
    scheme, usual = ("https", 443) if secure else ("http", 80)
    return f"{scheme}://{_bracketed(host)}" + ("" if port == usual else f":{port}")


def local_addresses() -> list[str]:
    """Return this machine's own IPv4 addresses that are not loopback, the one towards the network first."""
    found = [_address_towards("192.0.2.1")]  # a documentation address: nothing is sent to it
    with suppress(OSError):  # a machine whose own name does not resolve
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return list(dict.fromkeys(address for address in found if address and not address.startswith("127.")))


def why_not(host: str, port: int) -> str:
    """Return why no server could listen there now, or nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            return wrong.strerror or str(wrong)
    return ""


def _address_towards(target: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _is_wildcard(host: str) -> bool:
    return host in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host
