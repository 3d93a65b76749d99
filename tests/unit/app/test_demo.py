from pathlib import Path

from watchglass.app.demo import CAMERA, add_camera
from watchglass.app.machine import Machine
from watchglass.model.camera import Source, SourceKind


def test_adds_the_footage_as_a_camera(machine: Machine) -> None:
    add_camera(machine, Path("/footage/vtest.avi"))
    assert [(camera.name, camera.main) for camera in machine.cameras.all()] == [
        (CAMERA, Source(SourceKind.FILE, "/footage/vtest.avi"))
    ]


def test_a_second_start_leaves_it_and_others_alone(machine: Machine) -> None:
    add_camera(machine, Path("/footage/vtest.avi"))
    own = machine.cameras.add("My own", Source(SourceKind.FILE, "/own.mp4"))
    before = machine.cameras.all()
    add_camera(machine, Path("/footage/vtest.avi"))
    assert machine.cameras.all() == before
    assert own in before


def test_other_footage_takes_its_place(machine: Machine) -> None:
    add_camera(machine, Path("/footage/vtest.avi"))
    add_camera(machine, Path("/footage/other.mp4"))
    assert [camera.main.address for camera in machine.cameras.all()] == ["/footage/other.mp4"]
