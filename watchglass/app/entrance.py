"""How browsers reach this machine's console: plain on loopback, with TLS elsewhere, or behind a reverse proxy."""

import errno
import socket

from watchglass.settings import Settings

_ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def uses_tls(settings: Settings) -> bool:
    """Whether the console speaks TLS itself: asked for, or reachable from elsewhere with nobody else to do it."""
    if settings.tls is not None:
        return settings.tls
    return settings.proxy is None and settings.host not in _LOOPBACK


def host_names(settings: Settings) -> tuple[str, ...]:
    """Names under which the console may be asked for, beside loopback; those of its certificate too."""
    own = () if settings.host in _LOOPBACK | _ANYWHERE else (settings.host,)
    machine = () if settings.host in _LOOPBACK else (socket.gethostname(),)
    return tuple(dict.fromkeys((*settings.host_names, *own, *machine)))


def address(settings: Settings, port: int) -> str:
    """What a person on this machine (or before the proxy) types into a browser, without a slash at its end."""
    if settings.proxy is not None:
        return settings.proxy.rstrip("/")
    names = host_names(settings)
    host = names[0] if names else settings.host
    scheme = "https" if uses_tls(settings) else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def network_address(settings: Settings, port: int) -> str | None:
    """What somebody types into a phone on the same network, which may not know this machine's name; None if unknown."""
    if settings.proxy is not None or settings.host not in _ANYWHERE:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of no machine (RFC 5737); nothing is sent by this
        except OSError:
            return None
        return f"{'https' if uses_tls(settings) else 'http'}://{probe.getsockname()[0]}:{port}"


def is_taken(host: str, port: int) -> bool:
    """Whether another program listens there already. A moment's look: the console finds out for sure, seconds later."""
    if port == 0:
        return False
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
            trial.listen()
    except OSError as error:  # what else may be wrong with it the console says better
        return error.errno == errno.EADDRINUSE
    return False
