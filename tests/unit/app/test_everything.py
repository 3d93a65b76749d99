import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from watchglass.app import everything
from watchglass.app.everything import Welcome
from watchglass.app.machine import Machine, open_machine
from watchglass.base import assets
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError, Exit, UnreachableError, UsageError
from watchglass.model.camera import Source, SourceKind
from watchglass.pipeline.supervise import Child
from watchglass.settings import Settings

# Stands in for our processes: says ready as the console does, then waits to be stopped.
SERVES = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready 4711", flush=True)
signal.sigwait({signal.SIGTERM})
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "data", port=0)


@pytest.fixture(autouse=True)
def model_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "find", lambda _asset, _places: Path("model"))


def stand_in(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    child = Child("console", (sys.executable, "-S", "-E", "-c", script), final=frozenset({69}))
    monkeypatch.setattr(everything, "children", lambda _settings: [child])


class TestChildren:
    def test_a_recorder_a_detector_watchers_a_notifier_and_a_console(self, settings: Settings) -> None:
        names = [child.name for child in everything.children(settings.overruled(watchers=3))]
        assert names == ["recorder", "detector", "watcher-0", "watcher-1", "watcher-2", "notifier", "console"]

    def test_a_watcher_knows_which_one_it_is(self, settings: Settings) -> None:
        command = everything.children(settings.overruled(watchers=2))[3].command
        assert command[:5] == (sys.executable, "-m", "watchglass", "process", "watcher")
        assert command[5:9] == ("--index", "1", "--count", "2")

    def test_all_get_the_same_settings(self, settings: Settings) -> None:
        for child in everything.children(settings):
            assert Settings.from_json(child.command[child.command.index("--settings") + 1]) == settings
            assert child.command[-3:] == ("--parent", str(os.getpid()), "--wait")

    def test_watchers_stop_first_and_the_console_last(self, settings: Settings) -> None:
        order = sorted(everything.children(settings.overruled(watchers=1)), key=lambda child: child.stop_order)
        assert [child.name for child in order] == ["watcher-0", "recorder", "detector", "notifier", "console"]

    def test_the_recorder_starts_before_all_others_then_the_detector(self, settings: Settings) -> None:
        first, second, *others = everything.children(settings)
        assert (first.name, second.name) == ("recorder", "detector")
        assert (first.urgent, second.urgent) == (True, False)  # what it does not record meanwhile is lost
        assert first.start_order < second.start_order
        assert all(other.start_order > second.start_order for other in others)

    def test_what_ails_the_notifier_ends_no_recording(self, settings: Settings) -> None:
        notifier = next(child for child in everything.children(settings) if child.name == "notifier")
        assert notifier.final == {Exit.NEWER_DATA}
        assert notifier.start_order == max(child.start_order for child in everything.children(settings))

    def test_only_the_console_may_end_all_for_its_port(self, settings: Settings) -> None:
        final = {child.name: Exit.UNAVAILABLE in child.final for child in everything.children(settings)}
        assert final.pop("console")
        assert not any(final.values())
        assert all(Exit.NEWER_DATA in child.final for child in everything.children(settings))

    def test_one_watcher_a_core_that_we_may_use(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 3, 5})
        assert everything.watcher_count(settings) == 3


class TestRun:
    def test_from_its_start_to_a_clean_stop(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        stand_in(monkeypatch, SERVES)
        seen: list[Welcome] = []

        def welcome(address: Welcome) -> None:
            seen.append(address)
            os.kill(os.getpid(), signal.SIGTERM)

        prepared: list[Machine] = []
        assert everything.run(settings, SimulatedClock(), welcome, prepared.append) == 0
        assert seen[0].console == "http://127.0.0.1:4711/"
        assert prepared[0].settings == settings
        status = json.loads((settings.data / "run" / "supervisor.json").read_text())
        assert [(one["name"], one["state"]) for one in status["processes"]] == [("console", "stopped")]

    def test_the_link_makes_the_first_account_and_comes_no_more(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in(monkeypatch, SERVES)
        seen: list[Welcome] = []

        def welcome(address: Welcome) -> None:
            seen.append(address)
            os.kill(os.getpid(), signal.SIGINT)

        everything.run(settings, SimulatedClock(), welcome)
        assert seen[0].setup is not None
        link, _, token = seen[0].setup.partition("#")
        assert link == "http://127.0.0.1:4711/setup"
        accounts = open_machine(settings, SimulatedClock()).accounts
        assert accounts.use_setup_token(token, "ada", "long enough").name == "ada"
        everything.run(settings, SimulatedClock(), welcome)
        assert seen[1].setup is None

    def test_the_detector_starts_again_when_the_model_arrives_and_nobody_else(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The detector's second run ends it all; the console then has had one."""
        runs = tmp_path / "runs"
        note = f"import os\nopen({str(runs)!r}, 'a').write({{!r}} + '\\n')\n"
        second = f"if open({str(runs)!r}).read().count('detector') == 2: os.kill(os.getppid(), signal.SIGTERM)\n"
        detector = note.format("detector") + "import signal\n" + second + SERVES
        python = (sys.executable, "-S", "-E", "-c")
        both = [
            Child("detector", (*python, detector), stop_order=everything.RECORDER_STOPS),
            Child("console", (*python, note.format("console") + SERVES), start_order=1, stop_order=2),
        ]
        monkeypatch.setattr(everything, "children", lambda _settings: both)
        arrive: list[Callable[[], None]] = []
        monkeypatch.setattr(
            everything, "seek_person_model", lambda _settings, _clock, arrived, _ended: arrive.append(arrived)
        )
        assert everything.run(settings, SimulatedClock(), lambda _address: arrive[0]()) == 0
        assert sorted(runs.read_text().split()) == ["console", "detector", "detector"]
        arrive[0]()  # too late, and nothing comes of it

    def test_ends_with_the_code_of_what_cannot_be_helped(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in(monkeypatch, "raise SystemExit(69)")
        assert everything.run(settings, SimulatedClock(), lambda _address: None) == 69

    def test_what_keeps_the_machine_from_opening_is_said_and_the_recorder_has_touched_nothing(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in(monkeypatch, "import sys\nassert not sys.stdin.readline()\n")

        def fail(_machine: Machine) -> None:
            raise CannotWriteError("The disk is read-only.")

        with pytest.raises(CannotWriteError, match="read-only"):
            everything.run(settings, SimulatedClock(), lambda _address: None, fail)

    def test_stops_while_the_machine_is_still_being_opened(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in a download that takes long: its thread keeps nobody from ending."""
        stand_in(monkeypatch, SERVES)
        never = threading.Event()

        def prepare(_machine: Machine) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            never.wait()

        try:
            assert everything.run(settings, SimulatedClock(), lambda _address: None, prepare) == 0
        finally:
            never.set()

    def test_a_port_that_is_taken_is_said_at_once(self, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = settings.overruled(port=other.getsockname()[1])
            with pytest.raises(UnreachableError, match="--port"):
                everything.run(taken, SimulatedClock(), lambda _address: None)
        assert not settings.data.exists()

    def test_not_twice_in_one_folder(self, settings: Settings) -> None:
        with open_machine(settings, SimulatedClock()).folder.claimed(), pytest.raises(UsageError, match="in use"):
            everything.run(settings, SimulatedClock(), lambda _address: None)


class TestMend:
    """What the last run left is put in order beside all that records."""

    @pytest.fixture
    def left(self, settings: Settings) -> tuple[Machine, Path]:
        """A machine whose last run was killed as it began a segment, and the file that no row names."""
        machine = open_machine(settings, SimulatedClock())
        machine.cameras.add("Door", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"))
        orphan = machine.folder.views / "1" / "20270115" / "080000-0123abcd.mp4"
        orphan.parent.mkdir(parents=True)
        orphan.write_bytes(b"")
        plate = machine.folder.plates / "camera-7.npz"
        plate.write_bytes(b"a street that nobody watches any more")
        return machine, orphan

    def test_leaves_nothing(self, left: tuple[Machine, Path]) -> None:
        machine, orphan = left
        everything.mend(machine, machine.clock.wall_us(), threading.Event())
        assert not orphan.exists()
        assert list(machine.folder.plates.iterdir()) == []

    def test_waits_with_what_takes_long_until_cameras_record(self, left: tuple[Machine, Path]) -> None:
        machine, orphan = left
        stop = threading.Event()
        stop.set()
        everything.mend(machine, machine.clock.wall_us(), stop)
        assert orphan.exists()
        assert list(machine.folder.plates.iterdir()) == []  # that was no work

    def test_spares_what_is_newer_than_the_start(self, left: tuple[Machine, Path]) -> None:
        machine, orphan = left
        everything.mend(machine, WallUs(0), threading.Event())
        assert orphan.exists()

    def test_a_catalogue_that_is_locked_keeps_the_other_from_nothing(
        self, left: tuple[Machine, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine, _ = left
        swept: list[WallUs] = []

        def locked(_since: WallUs) -> None:
            raise CannotWriteError("The catalogue is locked.")

        monkeypatch.setattr(machine.views, "sweep", locked)
        monkeypatch.setattr(machine.originals, "sweep", swept.append)
        everything.mend(machine, WallUs(5), threading.Event())
        assert swept == [5]

    def test_begins_once_the_recorder_is_at_work(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        began: list[WallUs] = []

        def mend(machine: Machine, since: WallUs, _stop: threading.Event) -> None:
            began.append(since)
            os.kill(os.getpid(), signal.SIGTERM)

        python = (sys.executable, "-S", "-E", "-c")
        monkeypatch.setattr(everything, "children", lambda _settings: [Child("recorder", (*python, SERVES))])
        monkeypatch.setattr(everything, "mend", mend)
        clock = SimulatedClock()
        start = clock.wall_us()
        assert everything.run(settings, clock, lambda _address: None) == 0
        assert began == [start]
