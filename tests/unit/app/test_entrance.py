import errno
import re
import socket
from pathlib import Path

import pytest

from watchglass.app import entrance
from watchglass.settings import Settings

DATA = Path("/srv/data")


@pytest.fixture(autouse=True)
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "cellar")


@pytest.mark.parametrize(
    ("settings", "tls", "names", "address"),
    [
        (Settings(DATA), False, (), "http://127.0.0.1:8080"),
        (Settings(DATA, host="::1"), False, (), "http://[::1]:8080"),
        (Settings(DATA, host="localhost", tls=True), True, (), "https://localhost:8080"),
        (Settings(DATA, host="0.0.0.0"), True, ("cellar",), "https://cellar:8080"),
        (Settings(DATA, host="10.1.2.3"), True, ("10.1.2.3", "cellar"), "https://10.1.2.3:8080"),
        (Settings(DATA, host="10.1.2.3", tls=False), False, ("10.1.2.3", "cellar"), "http://10.1.2.3:8080"),
        (
            Settings(DATA, host="0.0.0.0", host_names=("cams.local",)),
            True,
            ("cams.local", "cellar"),
            "https://cams.local:8080",
        ),
        (Settings(DATA, proxy="https://cams.example.org/"), False, (), "https://cams.example.org"),
        (
            Settings(DATA, host="0.0.0.0", proxy="https://cams.example.org"),
            False,
            ("cellar",),
            "https://cams.example.org",
        ),
    ],
)
def test_how_browsers_reach_the_console(settings: Settings, tls: bool, names: tuple[str, ...], address: str) -> None:
    assert entrance.uses_tls(settings) is tls
    assert entrance.host_names(settings) == names
    assert entrance.address(settings, 8080) == address


def test_a_port_is_taken_while_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert entrance.is_taken("127.0.0.1", port)
        assert not entrance.is_taken("127.0.0.1", 0)
    assert not entrance.is_taken("127.0.0.1", port)


def test_what_else_is_wrong_is_not_said_here() -> None:
    assert not entrance.is_taken("192.0.2.1", 8080)


def test_other_devices_are_told_an_address_where_they_can_come_in() -> None:
    anywhere = entrance.network_address(Settings(DATA, host="0.0.0.0"), 8080)
    assert anywhere is None or re.fullmatch(r"https://\d+\.\d+\.\d+\.\d+:8080", anywhere)
    assert entrance.network_address(Settings(DATA), 8080) is None
    assert entrance.network_address(Settings(DATA, host="0.0.0.0", proxy="https://cams.example.org"), 8080) is None


def test_a_machine_without_a_network_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_route(*_: object) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", no_route)
    assert entrance.network_address(Settings(DATA, host="0.0.0.0"), 8080) is None
