import dataclasses
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.onvif_camera import Behaviour, FakeOnvif, Stream, two_streams
from tests.unit.console.support import SECRET, browser, error_of, make_console, run
from watchglass.base.clock import Clock, SystemClock
from watchglass.base.errors import UnreachableError
from watchglass.camera.device import Found, Survey
from watchglass.console.context import Console, Onvif
from watchglass.model.camera import Credentials

PASSWORD = "seven-Quiet-5"


@pytest.fixture
def camera() -> Iterator[FakeOnvif]:
    with FakeOnvif(Behaviour(streams=two_streams())) as fake:
        yield fake


class Network(Onvif):
    """Networks with one camera in them, or none to ask in."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.waited = 0.0

    def discover(self, seconds: float, clock: Clock, stop: threading.Event) -> Sequence[Found]:
        if self.error:
            raise self.error
        self.waited = seconds
        return [Found("http://10.0.0.9/onvif/device_service", "10.0.0.9", "Yard", "DS-7", ("onvif://x/a",))]

    def look(self, onvif: str, credentials: Credentials | None, clock: Clock, stop: threading.Event) -> Survey:
        return super().look(onvif, credentials, SystemClock(), stop)  # the camera of tests has a real clock


def console_of(tmp_path: Path, **changes: object) -> Console:
    return dataclasses.replace(make_console(tmp_path), onvif=Network(), **changes)  # type: ignore[arg-type]


def test_who_is_there(tmp_path: Path) -> None:
    async def script() -> None:
        console = console_of(tmp_path)
        async with browser(console) as client:
            answer = await client.post("/api/cameras/discover", json={"seconds": 2.5})
            assert answer.json() == {
                "cameras": [
                    {
                        "address": "http://10.0.0.9/onvif/device_service",
                        "name": "Yard",
                        "model": "DS-7",
                        "scopes": ["onvif://x/a"],
                    }
                ]
            }
            for seconds in (0, 60, None):
                assert (await client.post("/api/cameras/discover", json={"seconds": seconds})).status_code == 400
        assert isinstance(console.onvif, Network)
        assert console.onvif.waited == 2.5

    run(script())


def test_no_network(tmp_path: Path) -> None:
    async def script() -> None:
        console = dataclasses.replace(make_console(tmp_path), onvif=Network(UnreachableError("There is no network.")))
        async with browser(console) as client:
            answer = await client.post("/api/cameras/discover", json={"seconds": 1})
            assert (answer.status_code, error_of(answer)) == (422, "There is no network.")

    run(script())


def test_what_it_offers_is_what_it_is_added_with(tmp_path: Path, camera: FakeOnvif) -> None:
    async def script() -> None:
        console = console_of(tmp_path)
        async with browser(console) as client:
            body = {"onvif": camera.address, "username": "admin", "password": PASSWORD}
            answer = await client.post("/api/cameras/survey", json=body)
            assert answer.status_code == 200
            told = answer.json()
            assert PASSWORD not in answer.text
            assert (told["manufacturer"], told["model"], told["presets"]) == ("Acme", "Dome 7", None)
            assert abs(told["clock_offset_s"]) < 2
            assert {one["about"] for one in told["warnings"]} == {"plain-stream", "own-page"}
            roles = {one["role"]: one["address"] for one in told["profiles"]}
            added = {
                "name": "Gate",
                "url": roles["main"],
                "sub_url": roles["sub"],
                "username": "admin",
                "password": "x",
            }
            assert (await client.post("/api/cameras", json=added)).status_code == 201
        main, sub = (source.address for _, source in console.cameras.get(1).streams())
        assert (main, sub) == ("rtsp://127.0.0.1:554/main", "rtsp://127.0.0.1:554/sub")

    run(script())


def test_an_address_that_holds_a_password_is_not_told(tmp_path: Path, camera: FakeOnvif) -> None:
    # XMEye's cameras give such addresses; a part of one would open nothing.
    secret = Stream("main", 1920, 1080, "rtsp://127.0.0.1:554/user=admin&amp;password=ab12cd34&amp;channel=1.sdp")
    camera.behaviour.streams = [secret, two_streams()[1]]

    async def script() -> None:
        async with browser(console_of(tmp_path)) as client:
            body = {"onvif": camera.address, "username": "admin", "password": PASSWORD}
            answer = await client.post("/api/cameras/survey", json=body)
            assert "ab12cd34" not in answer.text
            main, sub = answer.json()["profiles"]
            assert (main["role"], main["address"], main["withheld"]) == ("main", None, True)
            assert (sub["role"], sub["address"], sub["withheld"]) == ("sub", "rtsp://127.0.0.1:554/sub", False)

    run(script())


def test_what_cannot_be_asked_says_why_and_signs_nobody_out(tmp_path: Path, camera: FakeOnvif) -> None:
    async def script() -> None:
        async with browser(console_of(tmp_path)) as client:
            for body, words in (
                ({"onvif": camera.address, "username": "admin", "password": SECRET}, "refused the user name"),
                ({"onvif": camera.address, "password": SECRET}, "without a user name"),
                ({"onvif": "rtsp://10.0.0.9/"}, "begins with http"),
            ):
                answer = await client.post("/api/cameras/survey", json=body)
                assert answer.status_code == 400
                assert words in error_of(answer)
                assert SECRET not in answer.text

    run(script())
