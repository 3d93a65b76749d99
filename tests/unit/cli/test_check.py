import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from tests.unit.evidence.material import init, keep
from watchglass.cli.folder import machine_of
from watchglass.model.camera import Source, SourceKind
from watchglass.model.record import Segment

Run = Callable[..., Ran]


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    """The only segment of a data folder in `data`."""
    machine = machine_of(tmp_path / "data")
    machine.cameras.add("Door", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"))
    return keep(machine.views, 1, range(2))


def test_nothing_is_wrong(run: Run, tmp_path: Path, segment: Segment) -> None:
    assert run("check", "--data", tmp_path / "data") == Ran(
        0, "All is well: 1 segment, 1 camera (rows, sizes and names; --deep reads every byte).\n", ""
    )


def test_every_byte_is_read_and_progress_told(run: Run, tmp_path: Path, segment: Segment) -> None:
    ran = run("check", "--deep", "--data", tmp_path / "data")
    assert (ran.code, ran.out) == (0, "All is well: 1 segment, 1 camera (every byte of it read).\n")
    told = ["checking views ...", "checking views: 100 %", "checking originals ..."]
    assert ran.err.splitlines() == told


def test_each_problem_is_a_line_and_the_code_says_so(run: Run, tmp_path: Path, segment: Segment) -> None:
    path = tmp_path / "data" / segment.path
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    path.with_name("000000-00000000.mp4").write_bytes(b"")
    stray = f"File {Path(segment.path).parent}/000000-00000000.mp4 belongs to no segment."
    ran = run("check", "--data", tmp_path / "data")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        stray,
        "1 problem: 1 segment, 1 camera (rows, sizes and names; --deep reads every byte).",
    ]
    ran = run("check", "--data", tmp_path / "data", "--deep")
    assert ran.code == 1
    damaged, also, summary = ran.out.splitlines()
    assert damaged.startswith(f"Segment 1 of camera 'Door' ({segment.path}, closed) was damaged")
    assert also == stray
    assert summary.startswith("2 problems: ")


def test_it_may_be_running_meanwhile(run: Run, tmp_path: Path, segment: Segment) -> None:
    machine = machine_of(tmp_path / "data")
    with machine.folder.claimed():
        writer = machine.views.begin(1, "next", segment.end, init())
        assert run("check", "--data", tmp_path / "data").code == 0
    writer.close()


def test_the_folder_of_another_recorder_is_refused(run: Run, tmp_path: Path, segment: Segment) -> None:
    other = machine_of(tmp_path / "other").folder
    shutil.copy(tmp_path / "data" / "originals.db", other.root / "originals.db")
    ran = run("check", "--data", other.root)
    assert ran.code == 2
    assert f"{other.root / 'originals.db'} is that of the data folder" in ran.err
    assert ran.err.count("\n") == 1


def test_a_folder_that_is_not_there_is_not_made(run: Run, tmp_path: Path) -> None:
    assert run("check", "--data", tmp_path / "typo").code == 66
    assert list(tmp_path.iterdir()) == []
