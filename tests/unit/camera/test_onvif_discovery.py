"""Asking who is there, over UDP to a camera on 127.0.0.1. Multicast itself is in tests/system/test_onvif.py."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from watchglass.base.clock import SystemClock
from watchglass.base.errors import UnreachableError
from watchglass.camera.device import Found
from watchglass.camera.onvif_discovery import discover, local_addresses

SCOPES = (
    "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Front%20door "
    "onvif://www.onvif.org/hardware/DS-7 onvif://www.onvif.org/location/yard"
)


def match(xaddrs: str, scopes: str = SCOPES) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Body><d:ProbeMatches><d:ProbeMatch>'
        "<a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>"
        f"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()


@contextlib.contextmanager
def answering(*datagrams: bytes) -> Iterator[tuple[tuple[str, int], list[bytes]]]:
    """Somebody who sends all `datagrams` for each question; yields where, and what was asked."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, sender = one.recvfrom(65535)
                if not data:
                    return
                asked.append(data)
                with contextlib.suppress(OSError):  # whoever asked has gone
                    for datagram in datagrams:
                        one.sendto(datagram, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield one.getsockname(), asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", one.getsockname())
            thread.join()


def ask(to: tuple[str, int], seconds: float, enough: Callable[[list[Found]], bool] = bool) -> list[Found]:
    """Ask until enough is found."""
    stop = threading.Event()

    def told(_passed: float, found: list[Found]) -> None:
        if enough(found):
            stop.set()

    return discover(seconds, SystemClock(), interfaces=["127.0.0.1"], to=to, stop=stop, progress=told)


def test_who_answers_is_told_of() -> None:
    with answering(match("http://127.0.0.1:8000/onvif/device_service")) as (to, asked):
        (found,) = ask(to, 30)
    assert found == Found(
        "http://127.0.0.1:8000/onvif/device_service",
        "127.0.0.1",
        "Front door",
        "DS-7",
        tuple(scope.replace("%20", " ") for scope in SCOPES.split()),
    )
    assert re.search(rb"Types>[^<]*NetworkVideoTransmitter", asked[0])


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("http://0.0.0.0:8080/onvif/device_service", "http://127.0.0.1:8080/onvif/device_service"),
        ("http://10.9.8.7/x?y=1", "http://127.0.0.1/x?y=1"),
        ("http://10.9.8.7/x http://127.0.0.1/y", "http://127.0.0.1/y"),
        ("https://[fe80::1]/x", "https://127.0.0.1/x"),
    ],
)
def test_its_address_is_where_the_answer_came_from(named: str, address: str) -> None:
    with answering(match(named)) as (to, _):
        assert [one.address for one in ask(to, 30)] == [address]


def test_what_is_no_camera_is_left_out() -> None:
    junk = (b"", b"\xff" * 99, b"<html/>", match("ftp://127.0.0.1/"), match(""), match("http://127.0.0.1:port/"))
    with answering(*junk[1:], match("http://127.0.0.1/right")) as (to, _):
        assert [one.address for one in ask(to, 30)] == ["http://127.0.0.1/right"]


def test_a_name_commands_no_terminal() -> None:
    with answering(match("http://127.0.0.1/", "onvif://www.onvif.org/name/%1B%5B2JYard")) as (to, _):
        assert [one.name for one in ask(to, 30)] == ["[2JYard"]


class Stepping(SystemClock):
    """A clock on which a second has passed at each look."""

    def __init__(self) -> None:
        self._looks = 0

    def monotonic(self) -> float:
        self._looks += 1
        return float(self._looks)


def test_it_is_asked_more_than_once() -> None:
    with answering() as (to, asked):
        assert discover(8, Stepping(), interfaces=["127.0.0.1"], to=to) == []
    assert len(asked) == 3
    assert len({re.search(rb"uuid:[0-9a-f-]{36}", one)[0] for one in asked}) == 3  # type: ignore[index] # each has one


def test_a_machine_without_a_network() -> None:
    with pytest.raises(UnreachableError, match="no network"):
        discover(1, SystemClock(), interfaces=[])


def test_addresses_of_this_machine() -> None:
    found = local_addresses()
    assert found
    assert all(socket.inet_aton(address) for address in found)
