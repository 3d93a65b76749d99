"""From nothing known to recorded: a virtual camera from PyPI is found, looked at and added, and its streams, which come
from a real RTSP server, are watched and kept sealed."""

import dataclasses
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import footage
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import Watchglass
from tests.virtual import SECRET, USER, VirtualCamera
from watchglass.app.machine import open_machine
from watchglass.base.clock import SystemClock
from watchglass.camera.device import Found
from watchglass.camera.onvif_discovery import discover
from watchglass.cli.main import main
from watchglass.seal.identity import Identity
from watchglass.settings import Settings

pytestmark = [pytest.mark.camera, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def streams(tmp_path: Path) -> Iterator[RtspServer]:
    needs_rtsp_server()
    clip = footage.make(tmp_path / "street.mp4", frames=600, rate=10, gop=10)
    with RtspServer({"/video_main": clip, "/video_sub": clip}, user=USER, password=SECRET) as server:
        yield server


@pytest.fixture
def virtual(streams: RtspServer) -> Iterator[int]:
    """The virtual camera's ONVIF port."""
    with VirtualCamera(streams.port) as camera:
        yield camera.port


@dataclasses.dataclass(frozen=True, slots=True)
class _Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Ran]:
    """Commands as somebody types them, in this process: it has loaded all of it already."""

    def ran(*arguments: object, typed: str) -> _Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed + "\n"))
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return _Ran(int(ended.value.code or 0), said.out, said.err)

    return ran


def _found(port: int) -> list[Found]:
    stop = threading.Event()

    def told(_passed: float, found: list[Found]) -> None:
        if any(f":{port}/" in one.address for one in found):
            stop.set()

    return discover(30, SystemClock(), interfaces=["127.0.0.1"], stop=stop, progress=told)


def test_found_looked_at_added_and_recorded(
    virtual: int, streams: RtspServer, typed: Callable[..., _Ran], tmp_path: Path, assets_folder: Path | None
) -> None:
    (found,) = [one for one in _found(virtual) if f":{virtual}/" in one.address]
    assert (found.name, found.host) == ("Yard", "127.0.0.1")

    refused = typed("camera", "probe", found.address, "--user", USER, typed="wr0ng")
    assert refused.code == 77
    assert "wr0ng" not in refused.out + refused.err
    looked = typed("camera", "probe", found.address, "--user", USER, "--json", typed=SECRET)
    assert looked.code == 0, looked.err
    told = json.loads(looked.out)
    assert told["device"]["manufacturer"] == "PythonCam"
    assert [(one["role"], one["width"]) for one in told["profiles"]] == [("main", 1920), ("sub", 640)]
    assert told["presets"] == []
    assert abs(told["clock_offset_s"]) < 2

    data = tmp_path / "data"
    machine = open_machine(Settings(data), SystemClock())
    for name in ("Ada", "Bo"):
        machine.custodians.add(name, Identity.generate().recipient)
    added = typed(*("camera", "add", "Yard", "--onvif", found.address, "--user", USER, "--data", data), typed=SECRET)
    assert added.code == 0, added.err
    assert "Warning: Its streams come without encryption" in added.err
    assert machine.cameras.get(1).main.address == streams.url("/video_main")
    with Watchglass(data, assets=assets_folder) as system:
        system.set_up()
        system.until("both streams are up", lambda: _up(system), 60)
        system.until("an original is kept", lambda: bool(machine.originals.latest(1)), 60)


def _up(system: Watchglass) -> bool:
    health = system.camera(1)["health"]
    return [health[role]["state"] for role in ("main", "sub")] == ["up", "up"]
