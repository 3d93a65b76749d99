import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.app import recorder, watcher
from watchglass.app.machine import Machine
from watchglass.base import log, vitals
from watchglass.cli import process
from watchglass.settings import Settings

Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process does to itself must not be done to the tests."""
    monkeypatch.setattr(process, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(process, "die_with_parent", lambda _parent: None)
    monkeypatch.setattr(process, "stop_on_signals", threading.Event)
    monkeypatch.setattr(process, "leave", lambda: None)
    monkeypatch.setattr(log, "configure", lambda *_arguments: None)
    monkeypatch.setattr(vitals, "keep_telling", lambda _run, name, _clock, _stop: _TELL.append(name))


_TELL: list[str] = []


def test_a_role_gets_its_machine_and_says_ready(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []

    def work(machine: Machine, stop: threading.Event, ready: Callable[[str], None]) -> None:
        seen.extend([machine.settings, stop.is_set()])
        ready("8080")

    monkeypatch.setattr(recorder, "run", work)
    settings = Settings(tmp_path, port=9)
    ran = run("process", "recorder", "--settings", settings.to_json(), "--parent", os.getpid())
    assert ran == Ran(0, "ready 8080\n", "")
    assert seen == [settings, False]


def test_a_watcher_knows_which_one_it_is(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(watcher, "run", lambda *arguments: seen.append(arguments[-2:]))
    given = ("--settings", Settings(tmp_path).to_json(), "--parent", 1, "--index", 1, "--count", 2)
    run("process", "watcher", *given)
    assert seen == [(1, 2)]
    assert _TELL[-1] == "watcher-1"


@pytest.mark.parametrize(("line", "begins"), [("\n", True), ("", False)])
def test_waits_to_be_let_go(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, begins: bool) -> None:
    """Nothing is touched before; and nothing at all when the supervisor is gone by then."""
    monkeypatch.setattr(recorder, "run", lambda _machine, _stop, ready: ready(""))
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    data = tmp_path / "data"
    ran = run("process", "recorder", "--settings", Settings(data).to_json(), "--parent", 1, "--wait")
    assert ran == Ran(0, "ready\n" if begins else "", "")
    assert data.exists() == begins


def test_a_role_that_does_not_exist(run: Run, tmp_path: Path) -> None:
    ran = run("process", "identifier", "--settings", Settings(tmp_path).to_json(), "--parent", 1)
    assert ran.code == 2
    assert "recorder, detector, watcher, console" in ran.err


def test_ready_reaches_the_supervisor_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Standard output is a pipe there: what is not flushed would be read when the process ends."""
    raw = io.BytesIO()
    seen: list[bytes] = []

    def work(_machine: Machine, _stop: threading.Event, ready: Callable[[str], None]) -> None:
        ready("8080")
        seen.append(raw.getvalue())

    monkeypatch.setattr(recorder, "run", work)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw, 4096)))
    process.command("recorder", Settings(tmp_path).to_json(), 1)
    assert seen == [b"ready 8080\n"]


def test_a_process_that_still_loads_can_end_with_its_supervisor() -> None:
    """What takes long to import comes after the call that sees to that."""
    heavy = ("sqlalchemy", "structlog", "pydantic", "numpy", "av", "fastapi")
    script = f"import sys, watchglass.cli.process; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
