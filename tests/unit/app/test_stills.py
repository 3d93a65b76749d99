from pathlib import Path

import pytest

from tests.alerting import new_alert
from tests.unit.evidence.material import at, keep
from watchglass.app import stills
from watchglass.app.machine import Machine
from watchglass.app.stills import KeptStills
from watchglass.model.camera import Source, SourceKind, ViewPolicy


@pytest.fixture
def camera(machine: Machine) -> int:
    return machine.cameras.add("Gate", Source(SourceKind.FILE, "/x.mp4"), None).id


def still(machine: Machine, camera: int, seconds: float, *, test: bool = False) -> bytes | None:
    kept = KeptStills(machine.folder, machine.cameras, machine.views)
    return kept.of(new_alert(camera=camera, start=at(seconds), test=test))


def test_a_picture_of_what_is_kept_by_then(machine: Machine, camera: int) -> None:
    keep(machine.views, camera, range(3), close=False)
    found = still(machine, camera, 2.5)
    assert found
    assert found.startswith(b"\x89PNG\r\n\x1a\n")


def test_none_yet_none_any_more_and_none_of_what_came_before(machine: Machine, camera: int) -> None:
    assert still(machine, camera, 1) is None
    segment = keep(machine.views, camera, range(3))
    assert still(machine, camera, 3.2) is None
    assert still(machine, camera, 1)
    machine.views.path(segment).unlink()
    assert still(machine, camera, 1) is None


def test_none_of_a_test_of_counts_of_a_covered_view_or_of_a_camera_that_has_gone(machine: Machine, camera: int) -> None:
    keep(machine.views, camera, range(3))
    assert still(machine, camera, 1, test=True) is None
    assert still(machine, camera + 1, 1) is None
    machine.views.begin_cover(camera, at(0), "camera moved")
    machine.views.end_cover(camera, at(1))
    assert still(machine, camera, 0.5) is None
    assert still(machine, camera, 1)
    machine.cameras.set_policy(camera, ViewPolicy.COUNTS)
    assert still(machine, camera, 1) is None


def test_a_damaged_file_keeps_no_message_back(machine: Machine, camera: int, tmp_path: Path) -> None:
    path = machine.views.path(keep(machine.views, camera, range(1)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 600] + bytes(600))
    assert still(machine, camera, 0.5) is None


def test_one_that_a_mail_server_may_refuse_stays_here(
    machine: Machine, camera: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(machine.views, camera, range(1))
    found = still(machine, camera, 0.5)
    assert found
    monkeypatch.setattr(stills, "MOST_BYTES", len(found) - 1)
    assert still(machine, camera, 0.5) is None
