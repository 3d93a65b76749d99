"""The demo's camera: sample footage played as if it were live."""

from pathlib import Path

from watchglass.app.machine import Machine
from watchglass.model.camera import Source, SourceKind

CAMERA = "Street (sample footage)"


def add_camera(machine: Machine, footage: Path) -> None:
    """Have one camera that plays `footage` over and over; one that an earlier demo added for another file goes."""
    wanted = Source(SourceKind.FILE, str(footage.absolute()))
    for camera in machine.cameras.all():
        if camera.name == CAMERA and camera.main != wanted:
            machine.cameras.remove(camera.id)
    if all(camera.name != CAMERA for camera in machine.cameras.all()):
        machine.cameras.add(CAMERA, wanted)
