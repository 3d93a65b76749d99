"""Asking the local networks which ONVIF cameras there are (WS-Discovery 1.0, ONVIF Core section 7), over IPv4.

A question goes out three times on every interface; whoever answers within the time is told of at once. Anybody in the
network can answer, with anything: what is kept is bounded, and a camera's address is at the host that the answer came
from, whatever host it names.
"""

import contextlib
import fcntl
import selectors
import socket
import struct
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Sequence

from onveef import wsdiscovery

from watchglass.base.clock import Clock
from watchglass.base.errors import UnreachableError, UsageError
from watchglass.camera.device import Found, clean
from watchglass.camera.url import DEVICE_SCHEMES, host_of, parse_device

GROUP = ("239.255.255.250", 3702)
MAX_FOUND = 1000
MAX_SCOPES = 40
ASKED = 3  # times: UDP loses packets, and multicast over Wi-Fi many

_SIOCGIFADDR = 0x8915  # netdevice(7)
_STEP = 0.25  # seconds between looks at the clock, and at whether to stop


def local_addresses() -> list[str]:
    """This machine's IPv4 addresses, one for each interface that has any; the loopback's only if there is no other."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # an interface without IPv4
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return [address for address in found if not address.startswith("127.")] or found


def discover(
    seconds: float,
    clock: Clock,
    *,
    stop: threading.Event | None = None,
    interfaces: Sequence[str] | None = None,
    to: tuple[str, int] = GROUP,
    progress: Callable[[float, list[Found]], None] | None = None,
) -> list[Found]:
    """Cameras that answer within `seconds`, by address. UnreachableError where there is no network to ask in.

    `progress` is told how many seconds have passed and who has answered so far.
    """
    stop = stop or threading.Event()
    found: dict[str, Found] = {}
    begin = clock.monotonic()
    with _sockets(local_addresses() if interfaces is None else interfaces) as sockets:
        asked = 0
        while (passed := clock.monotonic() - begin) < seconds and not stop.is_set():
            if asked < ASKED and passed >= asked * seconds / (ASKED + 1):
                _ask(sockets, to)
                asked += 1
            again = asked * seconds / (ASKED + 1) if asked < ASKED else seconds
            for one in _answers(sockets, max(0.0, min(_STEP, again - passed))):
                if len(found) < MAX_FOUND or one.address in found:
                    found[one.address] = one
            if progress:
                progress(min(seconds, clock.monotonic() - begin), list(found.values()))
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.address))


@contextlib.contextmanager
def _sockets(interfaces: Sequence[str]) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        opened = []
        for address in interfaces:
            one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):  # the interface has gone down meanwhile
                one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
                one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
                one.bind((address, 0))
                one.setblocking(False)
                opened.append(one)
        if not opened:
            raise UnreachableError("This machine has no network in which cameras could be looked for.")
        yield opened


def _ask(sockets: list[socket.socket], to: tuple[str, int]) -> None:
    for one in sockets:
        message = wsdiscovery.build_probe(message_id=f"urn:uuid:{uuid.uuid4()}")
        with contextlib.suppress(OSError):  # no route from this interface
            one.sendto(message.encode(), to)


def _answers(sockets: list[socket.socket], seconds: float) -> Iterator[Found]:
    """Whoever has answered; waits at most `seconds` for the first."""
    with selectors.DefaultSelector() as selector:
        for one in sockets:
            selector.register(one, selectors.EVENT_READ)
        for key, _ in selector.select(seconds):
            with contextlib.suppress(OSError):  # an ICMP error of an earlier question
                data, sender = sockets[sockets.index(key.fileobj)].recvfrom(65535)  # type: ignore[arg-type] # a socket
                yield from _cameras(data, str(sender[0]))


def _cameras(data: bytes, sender: str) -> Iterator[Found]:
    for told in wsdiscovery.parse_probe_matches(data.decode("utf-8", "replace"))[:MAX_SCOPES]:
        if address := _address(told.xaddrs, sender):
            scopes = tuple(clean(urllib.parse.unquote(scope)) for scope in told.scopes[:MAX_SCOPES])
            name = clean(urllib.parse.unquote(told.name).replace("_", " "), 60)
            yield Found(address, sender, name, clean(urllib.parse.unquote(told.hardware), 60), scopes)


def _address(named: Sequence[str], sender: str) -> str:
    """The device service at the host that answered: the address that names it, else the first one put there."""
    urls = [url for url in named[:8] if url.partition("://")[0].lower() in DEVICE_SCHEMES]
    for url in sorted(urls, key=lambda url: host_of(url) != sender):
        with contextlib.suppress(UsageError, ValueError):
            (address,), _ = parse_device(url)
            parts = urllib.parse.urlsplit(address)
            place = f"{sender}:{parts.port}" if parts.port else sender
            return urllib.parse.urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
    return ""
