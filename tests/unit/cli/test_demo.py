import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.app import everything
from watchglass.app.demo import CAMERA
from watchglass.app.everything import Welcome
from watchglass.app.machine import Machine, open_machine
from watchglass.base import log
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import UnreachableError
from watchglass.cli import demo
from watchglass.settings import Settings

Run = Callable[..., Ran]
WELCOME = Welcome("http://127.0.0.1:8080/", "http://127.0.0.1:8080/setup#secret")


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> list[Machine]:
    """Machines as they were when everything would have begun."""
    seen: list[Machine] = []

    def run(settings: Settings, _clock: object, welcome: Callable[[Welcome], None], prepare: Any) -> int:
        machine = open_machine(settings, SimulatedClock())
        prepare(machine)
        seen.append(machine)
        welcome(WELCOME)
        return 0

    monkeypatch.setattr(everything, "run", run)
    monkeypatch.setattr(demo, "try_person_model", lambda _given: None)
    monkeypatch.setattr(log, "configure", lambda *_arguments: None)
    return seen


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a browser would have been given."""
    seen: list[str] = []
    monkeypatch.setattr(demo, "open_browser", seen.append)
    return seen


def test_the_sample_is_the_camera_and_the_browser_sees_the_link(
    run: Run, machines: list[Machine], opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "obtain", lambda _asset, _given: tmp_path / "vtest.avi")
    ran = run("demo", "--data", tmp_path / "data")
    assert ran.code == 0
    assert [camera.name for camera in machines[0].cameras.all()] == [CAMERA]
    assert opened == ["http://127.0.0.1:8080/setup#secret"]
    assert "http://127.0.0.1:8080/setup#secret" in ran.out


def test_in_a_folder_of_its_own(
    run: Run, machines: list[Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(demo, "obtain", lambda _asset, _given: tmp_path / "vtest.avi")
    run("demo", "--no-browser")
    assert machines[0].folder.root == tmp_path / "watchglass-demo"


def test_a_video_of_ones_own(run: Run, machines: list[Machine], opened: list[str], tmp_path: Path) -> None:
    own = tmp_path / "own.mp4"
    own.write_bytes(b"video")
    run("demo", "--data", tmp_path / "data", "--footage", own, "--no-browser")
    assert [camera.main.address for camera in machines[0].cameras.all()] == [str(own)]
    assert opened == []


def test_a_video_that_is_not_there(run: Run, machines: list[Machine], tmp_path: Path) -> None:
    ran = run("demo", "--data", tmp_path / "data", "--footage", tmp_path / "gone.mp4")
    assert ran.code == 66
    assert "gone.mp4 does not exist" in ran.err
    assert machines == []


def test_no_footage_to_be_had(
    run: Run, machines: list[Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def obtain(*_arguments: object) -> Path:
        raise UnreachableError("vtest.avi is missing: no internet.")

    monkeypatch.setattr(demo, "obtain", obtain)
    assert run("demo", "--data", tmp_path / "data") == Ran(69, "", "watchglass: vtest.avi is missing: no internet.\n")


class TestPort:
    def test_any_other_when_somebody_has_the_usual_one(
        self, run: Run, machines: list[Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo, "obtain", lambda _asset, _given: tmp_path / "vtest.avi")
        monkeypatch.setattr(demo, "is_taken", lambda _host, port: port == 8080)
        run("demo", "--data", tmp_path / "data", "--no-browser")
        assert machines[0].settings.port == 0

    def test_one_that_was_asked_for_is_taken_or_nothing(
        self, run: Run, machines: list[Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo, "obtain", lambda _asset, _given: tmp_path / "vtest.avi")
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            run("demo", "--data", tmp_path / "data", "--port", taken, "--no-browser")
        assert machines[0].settings.port == taken


class TestOpenBrowser:
    @pytest.fixture
    def programs(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        seen: list[list[str]] = []
        monkeypatch.setattr(subprocess, "Popen", lambda command, **_options: seen.append(command))
        monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/xdg-open")
        return seen

    def test_where_there_is_a_screen(self, programs: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DISPLAY", ":0")
        demo.open_browser("http://127.0.0.1:8080/")
        assert programs == [["xdg-open", "http://127.0.0.1:8080/"]]

    def test_not_where_there_is_none(self, programs: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        demo.open_browser("http://127.0.0.1:8080/")
        assert programs == []
