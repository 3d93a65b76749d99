import threading
from datetime import tzinfo
from pathlib import Path
from typing import Any

import pytest

from watchglass.app import recorder
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SimulatedClock
from watchglass.base.timekeeping import machine_zone, zone_name
from watchglass.pipeline.original import Desk
from watchglass.settings import GIB, Settings
from watchglass.store.retention import Retention


class Stood:
    """Stands in for the recorder: notes what it was made of and that it ran."""

    made: "Stood"

    def __init__(
        self, cameras: Any, housekeeping: Retention, socket: Path, clock: Any, opener: Any, *, desk: Desk, zone: tzinfo
    ) -> None:
        self.cameras, self.housekeeping, self.socket, self.desk = cameras, housekeeping, socket, desk
        self.zone = zone
        self.ran = False
        Stood.made = self

    def run(self, stop: threading.Event) -> None:
        self.ran = stop.is_set()


def test_is_made_of_the_machines_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "Recorder", Stood)
    settings = Settings(
        tmp_path / "data",
        retention_days=7,
        max_view_bytes=3 * GIB,
        original_days=3,
        max_original_bytes=2 * GIB,
        min_free_bytes=5,
        min_days=0.5,
    )
    machine: Machine = open_machine(settings, SimulatedClock())
    stop = threading.Event()
    said: list[str] = []
    stop.set()
    recorder.run(machine, stop, said.append)
    assert Stood.made.ran
    assert said == [""]
    assert Stood.made.socket == machine.folder.run / "recorder.sock"
    options = Stood.made.housekeeping._options
    assert (options.days, options.max_bytes, options.min_free_bytes) == (7, 3 * GIB, 5)
    assert (options.original_days, options.max_original_bytes) == (3, 2 * GIB)
    assert options.min_days == 0.5
    assert Stood.made.housekeeping._room is machine.room
    assert zone_name(Stood.made.zone) == zone_name(machine_zone())
    assert not Stood.made.desk.keeps
