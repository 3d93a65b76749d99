"""The detector's process is killed, frozen, slowed, and has a wrong model: views are covered with the reason, and come back."""

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from benchmarks.processes import cpu_seconds
from tests.loud import loud
from tests.running import Watchglass
from watchglass.app.machine import Machine
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.detect.client import AWAY, MUTE
from watchglass.model.camera import Protection, ViewState, ViewStatus
from watchglass.redact.guard import CoverReason

EVER = WallUs(1 << 60)


@pytest.fixture(params=list(Protection))
def protection(request: pytest.FixtureRequest) -> Protection:
    """What the detector can tell: with the person model, and with what is built in."""
    assert isinstance(request.param, Protection)
    return request.param


@pytest.fixture
def assets(tmp_path: Path, protection: Protection, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    if protection is Protection.FULL:
        person_model: Path = request.getfixturevalue("person_model")  # not on every machine
        shutil.copy(person_model, folder / person_model.name)
    return folder


@pytest.fixture
def running(
    machine: Machine, assets: Path, protection: Protection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watchglass]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # where nothing else lies
    with Watchglass(machine.folder.root, "--watchers", "1", assets=assets) as started:
        started.until("the view is shown", lambda: is_shown(machine))
        assert view(machine).protection is protection
        yield started


class Slowed:
    """A process that runs a tenth of the time, as on a machine that is ten times as slow. A context manager."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        while not self._over.is_set():
            os.kill(self._process, signal.SIGSTOP)
            self._over.wait(0.18)
            os.kill(self._process, signal.SIGCONT)
            self._over.wait(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()


def detector_of(running: Watchglass) -> int:
    """The process id of the detector; 0 while there is none."""
    return next(iter(running.pids("detector")), 0)


def process(machine: Machine) -> dict[str, Any]:
    """What the supervisor says of the detector."""
    told = json.loads((machine.folder.run / "supervisor.json").read_text())["processes"]
    return next(one for one in told if one["name"] == "detector")


def view(machine: Machine) -> ViewStatus:
    status = machine.cameras.view_status(1)
    assert status is not None
    return status


def is_shown(machine: Machine, since: int = 0) -> bool:
    status = machine.cameras.view_status(1)
    return status is not None and status.state is ViewState.SHOWN and status.since > since


def is_covered(machine: Machine, why: str) -> bool:
    status = view(machine)
    # The film begins anew every while: then the stream was interrupted, and is covered until the detector answers.
    reasons = {f"{reason.value}: {why}" for reason in (CoverReason.DETECTOR, CoverReason.JUMP)}
    return status.state is ViewState.COVERED and status.reason in reasons


def nobody_was_shown(machine: Machine) -> bool:
    segments = machine.views.segments(1, WallUs(0), EVER)
    assert segments
    return not any(count for segment in segments for count in loud(machine.views.path(segment)))


def end(running: Watchglass) -> None:
    running.process.terminate()
    assert running.process.wait(60) == 0


def test_killed_and_frozen(running: Watchglass, machine: Machine) -> None:
    victim = detector_of(running)
    os.kill(victim, signal.SIGKILL)
    running.until("another detector works", lambda: process(machine)["restarts"] == 1)
    running.until("it is ready", lambda: process(machine)["state"] == "running")
    running.until("the view is shown", lambda: is_shown(machine))
    assert detector_of(running) not in {0, victim}

    os.kill(detector_of(running), signal.SIGSTOP)
    running.until("the view is covered, and says why", lambda: is_covered(machine, MUTE))
    frozen_at = machine.clock.wall_us()
    os.kill(detector_of(running), signal.SIGCONT)
    running.until("the view is shown again", lambda: is_shown(machine, frozen_at))
    assert process(machine)["restarts"] == 1

    os.kill(detector_of(running), signal.SIGSTOP)  # and it ends all the same
    end(running)
    assert nobody_was_shown(machine)


def test_one_that_does_not_come_back(running: Watchglass, machine: Machine) -> None:
    """It is killed as often as it is started: nothing is shown that nobody has looked at."""
    killed: set[int] = set()

    def again() -> bool:
        if victim := detector_of(running):
            killed.add(victim)
            os.kill(victim, signal.SIGKILL)
        return is_covered(machine, AWAY)

    running.until("the view is covered, and says why", again)
    assert killed
    end(running)
    assert nobody_was_shown(machine)


def test_slowed_ten_times(running: Watchglass, machine: Machine) -> None:
    """The view is covered while answers come too late, or goes on where they do not; nobody is shown either way."""
    victim = detector_of(running)
    began, worked = machine.clock.monotonic(), cpu_seconds(victim).total()
    with Slowed(victim):
        moment = machine.clock.wall_us() + 10 * MICROSECONDS
        running.until("some of it is kept", lambda: (machine.views.latest(1) or 0) > moment)
        assert cpu_seconds(victim).total() - worked < 0.2 * (machine.clock.monotonic() - began)
    moment = machine.clock.wall_us() + 2 * MICROSECONDS
    running.until("the view goes on", lambda: is_shown(machine) and (machine.views.latest(1) or 0) > moment)
    assert process(machine)["restarts"] == 0
    end(running)
    assert nobody_was_shown(machine)


@pytest.mark.parametrize("content", [os.urandom(3_659_407), b""], ids=["noise", "empty"])
def test_a_wrong_model_and_then_the_right_one(
    machine: Machine, tmp_path: Path, person_model: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protection is reduced and it is said why; once the model is there and the detector anew, it no longer is."""
    folder = tmp_path / "assets"
    folder.mkdir()
    wrong = folder / person_model.name
    wrong.write_bytes(content)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # where nothing else lies
    with Watchglass(machine.folder.root, "--watchers", "1", assets=folder) as running:
        running.until("the detector is ready", lambda: process(machine)["state"] == "running")
        assert process(machine)["said"] == f"{wrong} is not the file it should be: its SHA-256 is another."
        running.until("the view is shown", lambda: is_shown(machine))
        assert view(machine).protection is Protection.REDUCED
        shutil.copy(person_model, wrong)
        os.kill(detector_of(running), signal.SIGTERM)
        running.until("protection is full", lambda: view(machine).protection is Protection.FULL)
        assert process(machine)["said"] == ""
        end(running)
    assert nobody_was_shown(machine)
