import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from tests import footage
from tests.unit.cli.conftest import Ran
from watchglass.base.clock import WallUs
from watchglass.cli.folder import machine_of
from watchglass.model.camera import Credentials, Health, HealthState, StreamRole, Transport, ViewPolicy

Run = Callable[..., Ran]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return footage.make(tmp_path / "clip.mp4", frames=10)


class TestAdd:
    def test_a_file(self, run: Run, data: Path, clip: Path) -> None:
        assert run("camera", "add", "Yard", clip, "--data", data) == Ran(0, "Camera 'Yard' was added (number 1).\n", "")
        assert machine_of(data).cameras.find("yard").main.address == str(clip)

    def test_credentials_in_the_address_are_kept_apart(self, run: Run, data: Path) -> None:
        address = "rtsp://admin:s3cret@127.0.0.1:9/main"
        ran = run(
            "camera", "add", "Door", address, "--sub", "rtsp://127.0.0.1:9/sub", "--transport", "udp", "--no-check",
            "--data", data,
        )  # fmt: skip
        assert ran.code == 0
        cameras = machine_of(data).cameras
        door = cameras.find("Door")
        assert door.main.address == "rtsp://127.0.0.1:9/main"
        assert door.sub is not None
        assert door.transport is Transport.UDP
        assert cameras.credentials(door.id) == Credentials("admin", "s3cret")
        assert b"s3cret" not in (data / "catalogue.db").read_bytes()

    def test_the_password_from_standard_input(self, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret\n"))
        run("camera", "add", "Door", "rtsp://127.0.0.1:9/", "--user", "admin", "--no-check", "--data", data)
        assert machine_of(data).cameras.credentials(1) == Credentials("admin", "s3cret")

    def test_one_that_does_not_answer_is_not_added(self, run: Run, data: Path) -> None:
        ran = run("camera", "add", "Door", "rtsp://admin:s3cret@127.0.0.1:9/main", "--data", data)
        assert ran.code == 69
        assert "Door" in ran.err
        assert "s3cret" not in ran.err
        assert machine_of(data).cameras.all() == []

    def test_a_file_that_is_not_there(self, run: Run, data: Path, tmp_path: Path) -> None:
        ran = run("camera", "add", "Yard", tmp_path / "gone.mp4", "--data", data)
        assert ran.code == 66
        assert "gone.mp4 does not exist" in ran.err

    def test_a_folder(self, run: Run, data: Path, tmp_path: Path) -> None:
        ran = run("camera", "add", "Yard", tmp_path, "--data", data)
        assert ran.code == 66
        assert f"{tmp_path} is not a file" in ran.err

    def test_a_name_that_is_taken(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Yard", clip, "--data", data)
        assert run("camera", "add", "Yard", clip, "--data", data).code == 2


class TestList:
    def test_none(self, run: Run, data: Path) -> None:
        machine_of(data)
        assert "no cameras yet" in run("camera", "list", "--data", data).out
        assert json.loads(run("camera", "list", "--json", "--data", data).out) == []

    def test_how_they_are(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Yard", clip, "--data", data)
        cameras = machine_of(data).cameras
        cameras.set_health(1, StreamRole.MAIN, Health(HealthState.DOWN, WallUs(5), "It does not answer."))
        with machine_of(data).folder.claimed():
            out = run("camera", "list", "--data", data).out
            described = json.loads(run("camera", "list", "--json", "--data", data).out)
        assert out == f"  1  Yard  {clip}  people and things  main down (It does not answer.)\n"
        assert described == [
            {
                "id": 1,
                "name": "Yard",
                "kind": "file",
                "address": str(clip),
                "sub_address": None,
                "transport": "tcp",
                "policy": "people-and-things",
                "sound": False,
                "enabled": True,
                "privacy_hours": None,
                "running": True,
                "health": {"main": {"state": "down", "since_us": 5, "cause": "It does not answer."}},
            }
        ]
        cameras.set_enabled(1, False)
        with machine_of(data).folder.claimed():
            assert run("camera", "list", "--data", data).out.endswith("  off (Switched off in the settings.)\n")

    def test_how_they_were_is_not_told_for_how_they_are(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Yard", clip, "--data", data)
        machine_of(data).cameras.set_health(1, StreamRole.MAIN, Health(HealthState.UP, WallUs(5)))
        assert run("camera", "list", "--data", data).out == (
            f"  1  Yard  {clip}  people and things  not running\n"
            "watchglass is not running: nothing is watched or kept. Start it with: watchglass up\n"
        )
        (described,) = json.loads(run("camera", "list", "--json", "--data", data).out)
        assert described["running"] is False


class TestPolicy:
    def test_is_told_when_a_camera_is_added_and_listed(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Road", clip, "--policy", "vehicles", "--data", data)
        assert machine_of(data).cameras.find("Road").policy is ViewPolicy.VEHICLES
        assert "  vehicles visible  " in run("camera", "list", "--data", data).out

    def test_changes(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Road", clip, "--data", data)
        ran = run("camera", "policy", "road", "counts-only", "--data", data)
        assert ran == Ran(0, "Camera 'Road': counts only from now on.\n", "")
        assert machine_of(data).cameras.get(1).policy is ViewPolicy.COUNTS

    def test_one_that_is_none(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Road", clip, "--data", data)
        for arguments in (("camera", "policy", "Road", "faces"), ("camera", "add", "B", clip, "--policy", "faces")):
            ran = run(*arguments, "--data", data)
            assert ran.code == 2
            assert "counts-only" in ran.err
        assert [(one.name, one.policy) for one in machine_of(data).cameras.all()] == [("Road", ViewPolicy.FLAT)]


class TestHours:
    def test_are_set_shown_and_taken_away(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Road", clip, "--data", data)
        assert run("camera", "hours", "road", "--data", data).out == "Camera 'Road': no privacy hours.\n"
        ran = run("camera", "hours", "road", "daily 00:00-24:00", "--data", data)
        assert (ran.code, "is no day" in ran.err) == (2, True)
        ran = run("camera", "hours", "road", "00:00-24:00", "--data", data)
        assert ran == Ran(0, "Camera 'Road': off 00:00-24:00.\n", "")
        with machine_of(data).folder.claimed():
            assert run("camera", "list", "--data", data).out.endswith("  off (These are its privacy hours.)\n")
        assert run("camera", "hours", "road", "--none", "--data", data).out == "Camera 'Road': no privacy hours.\n"
        assert machine_of(data).cameras.get(1).privacy_hours is None
        assert run("camera", "hours", "road", "mon 01:00-02:00", "--none", "--data", data).code == 2


class TestSound:
    ADDRESS = "rtsp://192.0.2.7/main"

    def test_it_is_off_unless_it_is_turned_on(self, run: Run, data: Path) -> None:
        run("camera", "add", "Gate", self.ADDRESS, "--no-check", "--data", data)
        run("camera", "add", "Yard", self.ADDRESS, "--no-check", "--no-sound", "--data", data)
        assert [camera.sound for camera in machine_of(data).cameras.all()] == [False, False]
        assert "sound" not in run("camera", "list", "--data", data).out

    def test_whoever_turns_it_on_is_told_what_the_law_wants(self, run: Run, data: Path) -> None:
        added = run("camera", "add", "Gate", self.ADDRESS, "--no-check", "--sound", "--data", data)
        assert "legal ground of its own" in added.out
        assert machine_of(data).cameras.get(1).sound
        assert "  people and things, with sound  " in run("camera", "list", "--data", data).out
        ran = run("camera", "set", "gate", "--no-sound", "--data", data)
        assert ran == Ran(0, "Camera 'Gate': no sound is kept from now on.\n", "")
        assert not machine_of(data).cameras.get(1).sound
        ran = run("camera", "set", "gate", "--sound", "--data", data)
        assert (ran.code, "legal ground of its own" in ran.out) == (0, True)
        assert machine_of(data).cameras.get(1).sound

    def test_nothing_to_set(self, run: Run, data: Path) -> None:
        run("camera", "add", "Gate", self.ADDRESS, "--no-check", "--data", data)
        ran = run("camera", "set", "Gate", "--data", data)
        assert (ran.code, "--sound or --no-sound" in ran.err) == (2, True)

    def test_a_file_has_none(self, run: Run, data: Path, clip: Path) -> None:
        ran = run("camera", "add", "Film", clip, "--sound", "--data", data)
        assert (ran.code, "no sound that can be kept" in ran.err) == (2, True)
        assert machine_of(data).cameras.all() == []


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("list", "--json"),
        ("set", "Road", "--sound"),
        ("policy", "Road", "vehicles"),
        ("hours", "Road", "08:00-16:00"),
        ("remove", "Road", "--yes"),
        ("credentials", "Road", "--none"),
    ],
)
def test_a_folder_that_is_not_there_is_not_made(run: Run, data: Path, command: tuple[str, ...]) -> None:
    ran = run("camera", *command, "--data", data)
    assert ran.code == 66
    assert f"no watchglass data folder at {data}" in ran.err
    assert not data.exists()


class TestProbe:
    def test_says_what_is_sent_and_keeps_nothing(self, run: Run, clip: Path) -> None:
        assert run("camera", "probe", clip).out == "main: h264, 320 x 240, 25 frames/s\n"
        assert json.loads(run("camera", "probe", clip, "--json").out) == [
            {"role": "main", "codec": "h264", "width": 320, "height": 240, "rate": 25.0}
        ]

    def test_what_is_no_camera(self, run: Run) -> None:
        ran = run("camera", "probe", "ftp://127.0.0.1/")
        assert ran.code == 2
        assert "rtsp://" in ran.err


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


class TestCredentials:
    ADDRESS = "rtsp://admin:s3cret@127.0.0.1:9/main"

    @pytest.fixture
    def data(self, run: Run, tmp_path: Path) -> Path:
        data = tmp_path / "data"
        assert run("camera", "add", "Door", self.ADDRESS, "--no-check", "--data", data).code == 0
        return data

    def test_from_standard_input(self, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = machine_of(data).cameras.revision()
        monkeypatch.setattr(sys, "stdin", io.StringIO("viewer\n n3w \n"))
        ran = run("camera", "credentials", "door", "--data", data)
        assert (ran.code, ran.err) == (0, "")
        assert "n3w" not in ran.out
        cameras = machine_of(data).cameras
        assert cameras.credentials(1) == Credentials("viewer", " n3w ")
        assert cameras.revision() == before + 1

    def test_typed_and_the_password_is_not_shown(self, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = {False: "viewer", True: "n3w"}  # by whether what is typed is hidden
        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr(typer, "prompt", lambda _text, hide_input=False: answers[hide_input])
        assert run("camera", "credentials", "Door", "--data", data).code == 0
        assert machine_of(data).cameras.credentials(1) == Credentials("viewer", "n3w")

    def test_none_any_more(self, run: Run, data: Path) -> None:
        assert run("camera", "credentials", "Door", "--none", "--data", data).code == 0
        assert machine_of(data).cameras.credentials(1) is None

    @pytest.mark.parametrize(
        ("name", "typed", "code"), [("Door", "", 2), ("Door", "\nn3w\n", 2), ("Gate", "a\nb\n", 66)]
    )
    def test_what_cannot_be_changes_nothing(
        self, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch, name: str, typed: str, code: int
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        ran = run("camera", "credentials", name, "--data", data)
        assert ran.code == code
        assert name in ran.err
        assert machine_of(data).cameras.credentials(1) == Credentials("admin", "s3cret")


class TestRemove:
    def test_by_name(self, run: Run, data: Path, clip: Path) -> None:
        run("camera", "add", "Yard", clip, "--data", data)
        assert run("camera", "remove", "Yard", "--yes", "--data", data).code == 0
        assert machine_of(data).cameras.all() == []

    def test_nobody_there_to_ask(self, run: Run, data: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        run("camera", "add", "Yard", clip, "--data", data)
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        ran = run("camera", "remove", "Yard", "--data", data)
        assert ran.code == 2
        assert "--yes" in ran.err
        assert len(machine_of(data).cameras.all()) == 1
