import threading
from pathlib import Path

import pytest

from watchglass.app import child
from watchglass.app.machine import Machine
from watchglass.base import log, vitals
from watchglass.settings import Settings


def test_work_gets_its_machine_and_has_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(log, "configure", lambda name, _scrub: told.append(("log", name)))
    monkeypatch.setattr(vitals, "keep_telling", lambda _run, name, _clock, _stop: told.append(("vitals", name)))
    stop, settings = threading.Event(), Settings(tmp_path, port=9)
    seen: list[object] = []

    def work(machine: Machine, *others: object) -> None:
        seen.extend([machine.settings, *others])

    child.live("watcher-1", settings.to_json(), stop, work, 1, 2)
    assert seen == [settings, stop, 1, 2]
    assert told == [("log", "watcher-1"), ("vitals", "watcher-1")]
