"""Bad input, end to end: one sentence that says what is wrong and what to do, the exit code of docs/settings.md, nothing
left behind, and no other camera that notices."""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests import footage
from tests.rtsp import RtspServer, closed_port, mute_server, why_not
from tests.running import PASSWORD, Watchglass

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

USER, SECRET, WRONG = "operator", "kat-on-the-roof", "not-the-password"
GOOD, HALF = "Yard", "Half a file"
DISK_BYTES = 32 << 20


@dataclasses.dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


def started(*arguments: object) -> subprocess.Popen[str]:
    """A command as somebody types it."""
    command = [sys.executable, "-m", "watchglass", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


def ended(command: subprocess.Popen[str]) -> Ran:
    """What a command said, once it has ended."""
    with command:
        out, err = command.communicate(timeout=60)
    return Ran(command.returncode, out, err)


def typed(*arguments: object) -> Ran:
    """Run a command to its end."""
    return ended(started(*arguments))


def sentence(ran: Ran, code: int) -> str:
    """The one sentence that was all it said; it ended with `code`."""
    assert ran.code == code, ran
    assert ran.out == ""
    found = re.fullmatch(r"watchglass: (\S.*\.)\n", ran.err)
    assert found, ran.err
    assert WRONG not in found[1]
    return found[1]


@contextlib.contextmanager
def disk(at: Path, options: str) -> Iterator[str]:
    """A disk of its own at `at`. Yields why there is none; empty if there is."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        yield "only root can mount a disk"
        return
    at.mkdir(exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], capture_output=True, check=False)
    if made.returncode != 0:
        yield f"no disk can be mounted here: {made.stderr.decode().strip()}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@dataclasses.dataclass(frozen=True)
class Bad:
    """A camera that cannot be used: what to type for it, how `camera add` ends, and what the sentence says."""

    address: str
    code: int
    words: tuple[str, ...]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good video, and what is none."""
    folder = tmp_path_factory.mktemp("files")
    good = footage.make(folder / "good.mp4", frames=250)
    footage.truncated(good, folder / "half.mp4", good.stat().st_size // 2)  # its index comes first, and is whole
    indexed_last = footage.make(folder / "whole.mov", frames=50)
    footage.truncated(indexed_last, folder / "cut.mov", indexed_last.stat().st_size // 2)
    footage.make_sound(folder / "sound.m4a")
    footage.unknown_codec(good, folder / "codec.mp4")
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("This is no video.\n" * 50)
    return folder


@pytest.fixture(scope="module")
def bad(files: Path) -> Iterator[dict[str, Bad]]:
    """Cameras that cannot be used, by name. Without a real RTSP server on this machine, one fewer."""
    with contextlib.ExitStack() as servers:
        mute = servers.enter_context(mute_server())
        nobody = f"rtsp://127.0.0.1:{closed_port()}/main"
        cameras = {
            "Refusing": Bad(nobody, 69, (nobody, "refuses connections", "check the port")),
            "Silent": Bad(f"rtsp://127.0.0.1:{mute}/main", 69, (f":{mute}/main", "did not answer", "check that")),
            "Sound": Bad(str(files / "sound.m4a"), 65, ("sound.m4a", "no video in it, only audio", "choose another")),
            "Codec": Bad(str(files / "codec.mp4"), 65, ("codec.mp4", "cannot be decoded", "choose H.264")),
            "Cut": Bad(str(files / "cut.mov"), 65, ("cut.mov", "cut short", "choose another")),
            "Empty": Bad(str(files / "empty.mp4"), 65, ("empty.mp4", "cut short", "choose another")),
        }
        if not why_not():
            server = servers.enter_context(RtspServer({"/main": files / "good.mp4"}, user=USER, password=SECRET))
            address = server.url("/main").replace("//", f"//{USER}:{WRONG}@")
            cameras["Locked"] = Bad(address, 77, (server.url("/main"), "refuses this user name and password", "check"))
        yield cameras


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Where the system keeps its data, and why that is no disk of its own."""
    place = tmp_path_factory.mktemp("disk")
    with disk(place, f"size={DISK_BYTES}") as why:
        yield place, why


@pytest.fixture(scope="module")
def system(small_disk: tuple[Path, str], files: Path, assets_folder: Path | None) -> Iterator[Watchglass]:
    """Everything at work, with one good camera, and one that has half a file."""
    settings = files / "settings.toml"
    settings.write_text("min_free_bytes = 0\nwatchers = 1\n")
    data, log = small_disk[0] / "data", files / "system.log"  # the log on another disk: this one will be full
    with Watchglass(data, "--settings", str(settings), assets=assets_folder, log=log) as running:
        running.set_up()
        for number, (name, file) in enumerate(((GOOD, "good.mp4"), (HALF, "half.mp4")), start=1):
            camera = running.call("POST", "/api/cameras", {"name": name, "url": str(files / file)})
            assert camera["id"] == number
        yield running


def kept_to(system: Watchglass, camera: int) -> int:
    kept = system.camera(camera)["kept"]
    return int(kept["to_us"]) if kept else 0


def nobody_fell(system: Watchglass) -> None:
    processes = system.call("GET", "/api/health")["processes"]
    assert {process["name"]: process["restarts"] for process in processes} == {
        "recorder": 0,
        "detector": 0,
        "watcher-0": 0,
        "console": 0,
        "notifier": 0,
    }


class TestCameras:
    def test_are_not_added_by_the_command(self, bad: dict[str, Bad], tmp_path: Path) -> None:
        data = ("--data", tmp_path / "data")
        commands = {name: started("camera", "add", name, camera.address, *data) for name, camera in bad.items()}
        ran = {name: ended(command) for name, command in commands.items()}
        for name, camera in bad.items():
            said = sentence(ran[name], camera.code)
            assert all(word in said for word in (name, *camera.words)), said
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("address", "word"), [("http://127.0.0.1/", "http://"), ("rtsp://", "host name"), ("rtsp://a:99999/", "port")]
    )
    def test_with_a_wrong_address(self, system: Watchglass, tmp_path: Path, address: str, word: str) -> None:
        said = sentence(typed("camera", "add", "Door", address, "--data", tmp_path / "data"), 2)
        assert word in said
        assert list(tmp_path.iterdir()) == []
        status, answer = system.fetch("POST", "/api/cameras", {"name": "Door", "url": address})
        assert (status, json.loads(answer)) == (400, {"error": said})

    def test_of_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        for path, why in ((tmp_path / "gone.mp4", "does not exist"), (tmp_path, "is not a file")):
            said = sentence(typed("camera", "add", "Door", path, "--data", tmp_path / "data"), 66)
            assert f"{path} {why}" in said
        assert list(tmp_path.iterdir()) == []

    def test_cost_another_camera_nothing(self, system: Watchglass, bad: dict[str, Bad]) -> None:
        numbers = {
            name: system.call("POST", "/api/cameras", {"name": name, "url": camera.address})["id"]
            for name, camera in bad.items()
        }

        def downs() -> dict[str, dict[str, Any]]:
            healths = {name: system.camera(number)["health"]["main"] for name, number in numbers.items()}
            return {name: health for name, health in healths.items() if health["state"] == "down"}

        def views_say(name: str, health: dict[str, Any]) -> bool:
            view = system.camera(numbers[name])["view"]
            return bool(view["state"] == "paused" and view["reason"] == health["cause"])

        system.until("all of them are down", lambda: downs().keys() == bad.keys())
        system.until("their views say so", lambda: all(views_say(name, health) for name, health in downs().items()))
        for name, health in downs().items():
            assert all(word in health["cause"] for word in (name, *bad[name].words)), health
            assert not list((system.data / "views" / str(numbers[name])).rglob("*"))
        last = max(health["since_us"] for health in downs().values())
        system.until("the good camera's view goes on", lambda: kept_to(system, 1) > last)
        assert system.camera(1)["health"]["main"]["state"] == "up"
        nobody_fell(system)
        assert "Traceback" not in system.log()
        assert not any(secret in system.log() for secret in (WRONG, SECRET, PASSWORD))
        if (
            "Locked" in numbers
        ):  # asked with a wrong password it is not asked again for a minute, with a new one at once
            path = f"/api/cameras/{numbers['Locked']}"
            system.call("PATCH", path, {"password": SECRET})
            system.until(
                "the new password opens it", lambda: system.call("GET", path)["health"]["main"]["state"] == "up"
            )
        for number in numbers.values():
            system.call("DELETE", f"/api/cameras/{number}")

    def test_of_half_a_file_plays_the_half_again_and_again(self, system: Watchglass) -> None:
        def goes_on() -> bool:
            kept = system.camera(2)["kept"]
            return bool(kept and kept["to_us"] - kept["from_us"] > 6_000_000)  # microseconds; it holds five seconds

        system.until("it has begun anew", goes_on)
        assert system.camera(2)["health"]["main"]["state"] == "up"


class TestUp:
    def test_with_a_port_that_is_taken(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            said = sentence(typed("up", "--data", tmp_path / "data", "--port", port), 69)
        assert f"Port {port} on 127.0.0.1 is in use" in said
        assert "--port" in said
        assert list(tmp_path.iterdir()) == []

    def test_with_a_folder_of_a_newer_version(self, tmp_path: Path) -> None:
        typed("camera", "add", "Door", "rtsp://127.0.0.1:9/", "--no-check", "--data", tmp_path)
        mark = tmp_path / "folder.json"
        mark.write_text(json.dumps(json.loads(mark.read_text()) | {"format": 99}))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        said = sentence(typed("up", "--data", tmp_path, "--port", 0), 78)
        assert str(tmp_path) in said
        assert "update watchglass" in said
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before

    def test_with_a_folder_that_another_has(self, system: Watchglass) -> None:
        said = sentence(typed("up", "--data", system.data, "--port", 0), 2)
        assert f"{system.data} is in use by process {system.process.pid}" in said
        assert "--data" in said
        before = kept_to(system, 1)
        system.until("the first one goes on", lambda: kept_to(system, 1) > before)

    def test_with_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        with contextlib.ExitStack() as stack:
            if os.geteuid() == 0:  # whom rights do not stop
                if why := stack.enter_context(disk(tmp_path, "ro,size=1m")):
                    pytest.skip(why)
            else:
                tmp_path.chmod(0o500)
                stack.callback(tmp_path.chmod, 0o700)
            said = sentence(typed("up", "--data", tmp_path / "data", "--port", 0), 73)
            assert str(tmp_path / "data") in said
            assert "Check the disk" in said
            assert list(tmp_path.iterdir()) == []


class TestExport:
    @pytest.mark.parametrize(
        ("start", "end", "code", "words"),
        [
            ("2026-03-02T10:00Z", "2026-03-01T10:00Z", 2, ("ends before it begins", "--to", GOOD)),
            ("2026-03-01T10:00Z", "2026-03-01T10:00Z", 2, ("ends before it begins", "--to", GOOD)),
            ("2026-03-01T10:00Z", "2026-03-01T11:00Z", 66, (f"Nothing is kept of camera '{GOOD}'", "choose a span")),
            ("yesterday", "2026-03-01T10:00Z", 2, ("'yesterday' is not a time", "Write it as")),
        ],
    )
    def test_of_a_span_that_is_none(
        self, system: Watchglass, tmp_path: Path, start: str, end: str, code: int, words: tuple[str, ...]
    ) -> None:
        system.until("something is kept", lambda: kept_to(system, 1) > 0)
        out = tmp_path / "clip.mp4"
        span = ("--camera", GOOD, "--from", start, "--to", end)
        said = sentence(typed("export", out, *span, "--data", system.data), code)
        assert all(word in said for word in words), said
        assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("person_model")  # without one, redact says so first, and tries to get it
class TestRedact:
    @pytest.mark.parametrize(
        ("name", "code", "words"),
        [
            ("gone.mp4", 66, "does not exist"),
            ("", 66, "is a folder"),
            ("text.mp4", 65, "choose another"),
            ("sound.m4a", 65, "holds no video"),
        ],
    )
    def test_what_is_no_video(
        self,
        files: Path,
        tmp_path: Path,
        assets_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        code: int,
        words: str,
    ) -> None:
        monkeypatch.setenv("WATCHGLASS_ASSETS", str(assets_folder))
        said = sentence(typed("redact", files / name, tmp_path / "view.mp4"), code)
        assert str(files / name) in said
        assert words in said
        assert list(tmp_path.iterdir()) == []

    def test_into_a_folder(self, files: Path, tmp_path: Path) -> None:
        said = sentence(typed("redact", files / "good.mp4", tmp_path), 73)
        assert f"{tmp_path} is a folder: name a file in it" in said
        assert list(tmp_path.iterdir()) == []


class TestFullDisk:
    def test_the_view_goes_on_and_the_gap_says_why(self, system: Watchglass, small_disk: tuple[Path, str]) -> None:
        place, why = small_disk
        if why:
            pytest.skip(why)
        system.until("something is kept", lambda: kept_to(system, 1) > 0)
        before = kept_to(system, 1)
        ballast = place / "ballast"

        def refused() -> bool:
            fill(ballast)  # again and again: retention gives up its reserve, and others close their files
            return 'event="the view is not being kept" camera=1 ' in system.log()

        system.until("the disk refuses the view", refused)

        def told() -> bool:
            fill(ballast)  # what others close meanwhile would make the disk a little less than full
            notes = system.call("GET", "/api/health")["notes"]
            return any("disk of the data folder is full" in note and "Free some space" in note for note in notes)

        system.until("health says that the disk is full", told)
        assert live_chunk(system)
        nobody_fell(system)
        ballast.unlink()

        def gaps() -> list[dict[str, Any]]:
            found = system.call("GET", f"/api/cameras/1/timeline?from_us={before}&to_us={before + 10**9}")["gaps"]
            assert isinstance(found, list)
            return found

        system.until("the gap is over", lambda: bool(gaps()) and all(gap["to_us"] for gap in gaps()))
        # More than one, where retention made room for a moment.
        assert {gap["cause"] for gap in gaps()} == {"disk"}
        assert min(gap["from_us"] for gap in gaps()) >= before
        wrong = [
            gap["detail"] for gap in gaps() if "No space is left for the view of camera 'Yard'" not in gap["detail"]
        ]
        assert wrong == []
        ended = max(gap["to_us"] for gap in gaps())
        system.until("the view is kept again", lambda: kept_to(system, 1) > ended)
        nobody_fell(system)
        assert "Traceback" not in system.log()


def fill(ballast: Path) -> None:
    """Take the last byte of the disk."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


def live_chunk(system: Watchglass) -> bytes:
    """Pictures that come now."""
    name, value = system.cookie()
    address = f"{system.address.replace('http', 'ws')}/api/cameras/1/live"
    with connect(address, additional_headers={"Cookie": f"{name}={value}"}, origin=Origin(system.address)) as live:
        while True:
            message = live.recv(timeout=30)
            if isinstance(message, bytes) and b"moof" in message[:16]:
                return message
