from pathlib import Path

from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SimulatedClock
from watchglass.model.camera import Source, SourceKind
from watchglass.settings import Settings


def test_makes_what_is_not_there(machine: Machine) -> None:
    assert machine.folder.database.is_file()
    assert machine.cameras.all() == []
    assert not machine.accounts.any()


def test_two_that_are_open_at_the_same_time_see_the_same(machine: Machine, tmp_path: Path) -> None:
    """As a command beside a running `up`."""
    other = open_machine(Settings(tmp_path / "data"), SimulatedClock())
    before = machine.cameras.revision()
    other.cameras.add("Door", Source(SourceKind.RTSP, "rtsp://127.0.0.1/door"))
    assert [camera.name for camera in machine.cameras.all()] == ["Door"]
    assert machine.cameras.revision() > before
