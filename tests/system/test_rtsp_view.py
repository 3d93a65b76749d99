"""Two real RTSP cameras; one dies and comes back. View, health and what is kept follow; the other camera notices nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import footage
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import Watchglass

pytestmark = [pytest.mark.camera, pytest.mark.slow, pytest.mark.timeout(300)]

USER, SECRET = "operator", "p@ss/wörd"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return footage.make(tmp_path_factory.mktemp("rtsp") / "street.mp4", frames=2400, rate=10, gop=10)


@pytest.fixture
def north(clip: Path) -> Iterator[RtspServer]:
    needs_rtsp_server()
    with RtspServer({"/main": clip, "/sub": clip}, user=USER, password=SECRET) as server:
        yield server


@pytest.fixture
def south(clip: Path) -> Iterator[RtspServer]:
    needs_rtsp_server()
    with RtspServer({"/main": clip}) as server:
        yield server


def _live(system: Watchglass, camera: int) -> ClientConnection:
    name, value = system.cookie()
    address = f"{system.address.replace('http', 'ws')}/api/cameras/{camera}/live"
    return connect(address, additional_headers={"Cookie": f"{name}={value}"}, origin=Origin(system.address))


def _next(live: ClientConnection, kind: str) -> dict[str, Any]:
    """The next text message of a kind; pictures in between are left out."""
    while True:
        message = live.recv(timeout=60)
        if isinstance(message, str) and (found := json.loads(message))["type"] == kind:
            assert isinstance(found, dict)
            return found


def _fine(system: Watchglass, camera: int) -> bool:
    found = system.camera(camera)
    return bool(found["health"]["main"]["state"] == "up" and found["view"]["state"] == "shown")


def _kept_to(system: Watchglass, camera: int) -> int:
    kept = system.camera(camera)["kept"]
    return int(kept["to_us"]) if kept else 0


def test_one_camera_dies_and_comes_back(
    north: RtspServer, south: RtspServer, tmp_path: Path, assets_folder: Path | None
) -> None:
    with Watchglass(tmp_path / "data", assets=assets_folder) as system:
        system.set_up()
        with_password = north.url("/main").replace("rtsp://", f"rtsp://{USER}:p%40ss%2Fw%C3%B6rd@")
        a = system.call("POST", "/api/cameras", {"name": "North", "url": with_password, "sub_url": north.url("/sub")})
        b = system.call("POST", "/api/cameras", {"name": "South", "url": south.url("/main")})
        assert SECRET not in json.dumps(a)
        system.until("both are up and shown", lambda: _fine(system, a["id"]) and _fine(system, b["id"]), 120)
        assert set(system.camera(a["id"])["health"]) == {"main", "sub"}
        with _live(system, b["id"]) as live:
            first = _next(live, "format")

            south.kill()
            system.until("South is down", lambda: system.camera(b["id"])["health"]["main"]["state"] == "down")
            assert "South" in system.camera(b["id"])["health"]["main"]["cause"]
            system.until("its view pauses", lambda: system.camera(b["id"])["view"]["state"] == "paused")
            assert _next(live, "paused")["reason"]
            seen = _kept_to(system, a["id"])
            system.until("North goes on", lambda: _kept_to(system, a["id"]) > seen + 2_000_000)
            assert system.camera(a["id"])["health"]["sub"]["state"] == "up"

            south.start()
            system.until("South is up again", lambda: system.camera(b["id"])["health"]["main"]["state"] == "up")
            again = _next(live, "format")
            assert again["run"] != first["run"]
            system.until("its view is shown again", lambda: system.camera(b["id"])["view"]["state"] == "shown")

        seen = _kept_to(system, a["id"])
        spans = f"from_us={seen - 3_600_000_000}&to_us={seen + 3_600_000_000}"

        def gaps(camera: int) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = system.call("GET", f"/api/cameras/{camera}/timeline?{spans}")["gaps"]
            return found

        # The gap ends when the first fragment after it is kept, a second after the picture is back.
        system.until("the gap has ended", lambda: all(gap["to_us"] for gap in gaps(b["id"])))
        assert [gap["cause"] for gap in gaps(b["id"])] == ["camera"]
        assert not gaps(a["id"])
        system.process.terminate()
        assert system.process.wait(20) == 0
        _nothing_secret(system, tmp_path)


def _nothing_secret(system: Watchglass, folder: Path) -> None:
    """The camera's password is in its own file under `secrets` and nowhere else: no log, no catalogue, no view."""
    assert SECRET not in system.log()
    for path in (folder / "data").rglob("*"):
        if path.is_file() and "secrets" not in path.parts:
            assert SECRET.encode() not in path.read_bytes(), path
            assert b"p%40ss" not in path.read_bytes(), path
