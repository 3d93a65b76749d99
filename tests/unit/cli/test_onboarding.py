"""Commands for ONVIF cameras, on a camera of ours (tests/onvif_camera.py); its streams are opened in tests/system."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import footage
from tests.onvif_camera import Behaviour, FakeOnvif, two_streams
from tests.rtsp import closed_port
from tests.unit.cli.conftest import Ran
from watchglass.base.errors import RefusedError
from watchglass.camera.device import Found
from watchglass.cli import camera as commands
from watchglass.cli import onboarding
from watchglass.cli.folder import machine_of
from watchglass.model.camera import Credentials, PendingPassword, Source, SourceKind, Transport

Run = Callable[..., Ran]
PASSWORD = "seven-Quiet-5"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return footage.make(tmp_path / "clip.mp4", frames=10)


@pytest.fixture
def camera() -> Iterator[FakeOnvif]:
    with FakeOnvif(Behaviour(streams=two_streams())) as fake:
        yield fake


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What comes on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n"))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Credentials | None]:
    """Credentials with which streams were opened, all of which open."""
    seen: list[Credentials | None] = []

    def probe(_name: str, _streams: object, credentials: Credentials | None, _transport: Transport) -> list[object]:
        seen.append(credentials)
        return []

    monkeypatch.setattr(onboarding, "probe", probe)
    return seen


def add(run: Run, fake: FakeOnvif, data: Path, *more: object) -> Ran:
    return run(
        *("camera", "add", "Gate", "--onvif", fake.address, "--user", "admin", "--no-check", "--data", data), *more
    )


class TestDiscover:
    FOUND = Found("http://10.0.0.9/onvif/device_service", "10.0.0.9", "Front door", "DS-7", ("onvif://x/name/a",))

    def test_a_line_each(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def discover(seconds: float, _clock: object, *, progress: Callable[[float, list[Found]], None]) -> list[Found]:
            progress(seconds, [self.FOUND])
            return [self.FOUND]

        monkeypatch.setattr(onboarding, "discover", discover)
        ran = run("camera", "discover", "--seconds", "2")
        assert ran.out == "http://10.0.0.9/onvif/device_service  Front door  DS-7  onvif://x/name/a\n"
        assert "Looking for cameras" in ran.err
        assert json.loads(run("camera", "discover", "--json").out)[0]["name"] == "Front door"

    def test_nobody(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(onboarding, "discover", lambda *_args, **_kwargs: [])
        assert "No ONVIF camera answered" in run("camera", "discover").out

    @pytest.mark.parametrize("seconds", ["0", "-1", "61", "nan"])
    def test_a_time_that_makes_no_sense(self, run: Run, seconds: str) -> None:
        assert run("camera", "discover", "--seconds", seconds).code == 2


class TestProbe:
    def test_for_a_person(self, run: Run, camera: FakeOnvif, typed: Callable[[str], None]) -> None:
        camera.behaviour.clock = 3600
        typed(PASSWORD)
        ran = run("camera", "probe", f"127.0.0.1:{camera.port}", "--user", "admin")
        assert ran.code == 0
        lines = ran.out.splitlines()
        assert lines[:3] == [
            f"Acme Dome 7, firmware 1.2, at {camera.address}",
            "main: h264, 1920 x 1080, 25 frames/s, rtsp://127.0.0.1:554/main (main)",
            "sub: h264, 640 x 360, 10 frames/s, rtsp://127.0.0.1:554/sub (sub)",
        ]
        assert re.fullmatch(r"Its clock is 3(600|599|601) s ahead\.", lines[3])
        assert re.search(r"Warning: Its clock is 3,(600|599|601) s ahead of this machine's", ran.err)
        assert PASSWORD not in ran.out + ran.err

    def test_for_programs(self, run: Run, camera: FakeOnvif, typed: Callable[[str], None]) -> None:
        typed(PASSWORD)
        told = json.loads(run("camera", "probe", camera.address, "--user", "admin", "--json").out)
        assert told["device"] == {"manufacturer": "Acme", "model": "Dome 7", "firmware": "1.2"}
        assert [(one["role"], one["address"]) for one in told["profiles"]] == [
            ("main", "rtsp://127.0.0.1:554/main"),
            ("sub", "rtsp://127.0.0.1:554/sub"),
        ]
        assert told["presets"] is None
        assert abs(told["clock_offset_s"]) < 2
        assert {one["about"] for one in told["warnings"]} == {"plain-stream", "own-page"}

    def test_a_wrong_password_ends_it_with_the_code_for_that(self, run: Run, camera: FakeOnvif) -> None:
        ran = run("camera", "probe", camera.address.replace("//", "//admin:wr0ng@"))
        assert (ran.code, ran.out) == (77, "")
        assert "wr0ng" not in ran.err

    def test_nobody_there(self, run: Run) -> None:
        assert run("camera", "probe", f"127.0.0.1:{closed_port()}").code == 69


class TestAdd:
    def test_by_what_the_camera_says(
        self, run: Run, camera: FakeOnvif, data: Path, typed: Callable[[str], None]
    ) -> None:
        typed(PASSWORD)
        ran = add(run, camera, data)
        assert (ran.code, ran.out) == (0, "Camera 'Gate' was added (number 1).\n")
        assert "Warning: Its streams come without encryption" in ran.err
        cameras = machine_of(data).cameras
        added = cameras.get(1)
        assert added.main == Source(SourceKind.RTSP, "rtsp://127.0.0.1:554/main")
        assert added.sub == Source(SourceKind.RTSP, "rtsp://127.0.0.1:554/sub")
        assert cameras.credentials(1) == Credentials("admin", PASSWORD)
        assert camera.behaviour.users["admin"][0] == PASSWORD
        assert not cameras.password_is_ours(1)

    def test_one_without_a_stream_that_can_be_recorded(
        self, run: Run, camera: FakeOnvif, data: Path, typed: Callable[[str], None]
    ) -> None:
        for stream in camera.behaviour.streams:
            stream.codec = "JPEG"
        typed(PASSWORD)
        ran = add(run, camera, data)
        assert ran.code == 65
        assert "no H.264 or H.265" in ran.err
        assert not data.exists()

    @pytest.mark.parametrize("is_open", [True, False])
    def test_a_stream_that_opens_for_everybody_is_warned_of(
        self, run: Run, camera: FakeOnvif, data: Path, typed: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch, is_open: bool,
    ) -> None:  # fmt: skip
        def probe(_name: str, _streams: object, credentials: Credentials | None, _transport: Transport) -> list[object]:
            if credentials is None and not is_open:
                raise RefusedError("It wants a password.")
            return []

        monkeypatch.setattr(onboarding, "probe", probe)
        monkeypatch.setattr(commands, "probe", probe)
        typed(PASSWORD)
        ran = run("camera", "add", "Gate", "--onvif", camera.address, "--user", "admin", "--data", data)
        assert ran.code == 0
        assert ("opens without a password" in ran.err) is is_open

    @pytest.mark.parametrize(
        "arguments",
        [
            ("rtsp://10.0.0.9/", "--onvif", "10.0.0.9"),
            ("--onvif", "10.0.0.9", "--sub", "rtsp://10.0.0.9/"),
            ("rtsp://10.0.0.9/", "--set-password"),
            (),
        ],
    )
    def test_what_makes_no_sense_together(self, run: Run, data: Path, arguments: tuple[str, ...]) -> None:
        assert run("camera", "add", "Gate", *arguments, "--data", data).code == 2
        assert not data.exists()


class TestSetPassword:
    def test_as_it_is_added(
        self, run: Run, camera: FakeOnvif, data: Path, typed: Callable[[str], None], opened: list[Credentials | None]
    ) -> None:
        typed(PASSWORD)
        ran = add(run, camera, data, "--set-password")
        assert ran.code == 0
        cameras = machine_of(data).cameras
        new = camera.behaviour.users["admin"][0]
        assert new != PASSWORD
        assert cameras.credentials(1) == Credentials("admin", new)
        assert opened == [cameras.credentials(1)]
        assert new not in ran.out + ran.err
        assert "factory settings" in ran.out
        assert "speaks" not in ran.err
        assert "without TLS" in ran.err
        removed = run("camera", "remove", "Gate", "--yes", "--data", data)
        assert "factory settings" in removed.out

    def test_later_and_again(
        self, run: Run, camera: FakeOnvif, data: Path, typed: Callable[[str], None], opened: list[Credentials | None]
    ) -> None:
        typed(PASSWORD)
        add(run, camera, data)
        for _ in range(2):
            before = camera.behaviour.users["admin"][0]
            ran = run("camera", "credentials", "gate", "--set-password", "--onvif", camera.address, "--data", data)
            assert ran.code == 0
            assert camera.behaviour.users["admin"][0] != before
        assert machine_of(data).cameras.credentials(1) == opened[-1]
        assert len(opened) == 2

    def test_streams_with_passwords_apart(
        self, run: Run, camera: FakeOnvif, data: Path, typed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(*_arguments: object) -> None:
            raise RefusedError("The stream wants another.")

        monkeypatch.setattr(onboarding, "probe", refused)
        typed(PASSWORD)
        ran = add(run, camera, data, "--set-password")
        assert ran.code == 77
        assert "apart from ONVIF's" in ran.err
        assert camera.behaviour.users["admin"][0] == PASSWORD
        assert machine_of(data).cameras.credentials(1) == Credentials("admin", PASSWORD)

    @pytest.mark.parametrize("holds", ["new", "old"])
    def test_one_that_was_cut_short_is_settled_by_the_next_look(
        self, run: Run, camera: FakeOnvif, data: Path, clip: Path, holds: str
    ) -> None:
        cameras = machine_of(data).cameras
        old, new = Credentials("admin", "old-Quiet-55"), Credentials("admin", "new-Quiet-55")
        added = cameras.add("Gate", Source(SourceKind.FILE, str(clip)), credentials=old)
        cameras.propose_password(added.id, PendingPassword(camera.address, new))
        camera.behaviour.users["admin"] = (f"{holds}-Quiet-55", "Administrator")
        ran = run("camera", "probe", "gate", "--data", data)
        assert ran.code == 0
        assert f"was cut short; it has the {holds} one." in ran.out
        assert "main: h264" in ran.out
        assert cameras.credentials(added.id) == (new if holds == "new" else old)
        assert cameras.pending_password(added.id) is None
        assert "cut short" not in run("camera", "probe", "gate", "--data", data).out

    def test_and_by_adding_it_once_more(self, run: Run, camera: FakeOnvif, data: Path, clip: Path) -> None:
        cameras = machine_of(data).cameras
        added = cameras.add(
            "Gate", Source(SourceKind.FILE, str(clip)), credentials=Credentials("admin", "old-Quiet-55")
        )
        cameras.propose_password(added.id, PendingPassword(camera.address, Credentials("admin", PASSWORD)))
        ran = run("camera", "add", "gate", clip, "--data", data)
        assert ran.code == 2
        assert "it has the new one" in ran.out
        assert cameras.credentials(added.id) == Credentials("admin", PASSWORD)

    def test_damaged_secrets_hinder_nobody_from_removing(self, run: Run, data: Path, clip: Path) -> None:
        machine = machine_of(data)
        machine.cameras.add("Gate", Source(SourceKind.FILE, str(clip)), credentials=Credentials("a", "b"))
        (machine.folder.secrets / "camera-1.json").write_text("geheim")
        assert run("camera", "remove", "Gate", "--yes", "--data", data).code == 0

    def test_of_what_has_none(self, run: Run, data: Path, clip: Path) -> None:
        machine_of(data).cameras.add("Clip", Source(SourceKind.FILE, str(clip)))
        assert run("camera", "credentials", "Clip", "--set-password", "--data", data).code == 2
        assert run("camera", "credentials", "Clip", "--set-password", "--none", "--data", data).code == 2
