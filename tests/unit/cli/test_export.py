import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from tests.unit.evidence.material import START, at, keep
from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.cli import export
from watchglass.cli.folder import machine_of
from watchglass.evidence.export import Exported
from watchglass.model.camera import Source, SourceKind, ViewPolicy
from watchglass.store.folder import DataFolder

Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock on the wall is five hours and a half ahead of UTC."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    os.environ.pop("TZ")
    time.tzset()


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T05:30", 0),
        ("1970-01-01 05:30:01.000002", 1_000_002),
        ("1970-01-01T02:00:00+01:00", 3_600_000_000),
        ("2026-03-01T14:30:00.123456Z", 1_772_375_400_123_456),
    ],
)
def test_times_are_exact(text: str, wall: int) -> None:
    assert export.parse_time(text) == wall


@pytest.mark.parametrize("text", ["", "yesterday", "14:30", "2026-13-01T00:00", "0001-01-01T00:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        export.parse_time(text)


def test_shows_times_as_the_clock_on_the_wall() -> None:
    assert export.show(WallUs(0)) == "1970-01-01 05:30:00+05:30"


def test_hands_on_what_was_asked_for(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def export_view(
        folder: DataFolder, segments: object, start: int, end: int, out: Path, progress: Callable[[float], None]
    ) -> Exported:
        seen.extend([folder.root, segments, start, end, out])
        progress(1.0)
        return Exported(WallUs(0), WallUs(2_000_000), (), 2.0, False)

    monkeypatch.setattr(export, "export_view", export_view)
    machine = machine_of(tmp_path)
    machine.cameras.add("Door", Source(SourceKind.RTSP, "rtsp://127.0.0.1/"))
    segment = keep(machine.views, 1, range(2))
    begin, end = export.show(WallUs(START)), export.show(WallUs(at(2)))
    ran = run("export", tmp_path / "out.mp4", "--camera", "door", "--from", begin, "--to", end, "--data", tmp_path)
    assert ran.code == 0
    assert seen == [tmp_path, [segment], START, at(2), tmp_path / "out.mp4"]
    assert "2.0 s of 'Door', from 1970-01-01 05:30:00+05:30" in ran.out


def test_nothing_is_kept_of_the_span(run: Run, tmp_path: Path) -> None:
    machine_of(tmp_path).cameras.add("Door", Source(SourceKind.RTSP, "rtsp://127.0.0.1/"))
    given = ("--camera", "Door", "--from", "1970-01-01T00:00Z", "--to", "1970-01-01T00:00:02Z", "--data", tmp_path)
    ran = run("export", tmp_path / "out.mp4", *given)
    assert ran.code == 66
    assert "of camera 'Door'" in ran.err
    assert "there is nothing of it yet" in ran.err
    keep(machine_of(tmp_path).views, 1, range(2))
    ran = run("export", tmp_path / "out.mp4", *given)
    assert ran.code == 66
    assert f"choose a span from {export.show(WallUs(START))} to {export.show(WallUs(at(2)))}" in ran.err
    assert not (tmp_path / "out.mp4").exists()


def test_a_camera_of_which_nothing_is_meant_to_be_kept(run: Run, tmp_path: Path) -> None:
    camera = Source(SourceKind.RTSP, "rtsp://127.0.0.1/")
    machine_of(tmp_path).cameras.add("Door", camera, policy=ViewPolicy.COUNTS)
    given = ("--camera", "Door", "--from", "1970-01-01T00:00Z", "--to", "1970-01-01T00:00:02Z", "--data", tmp_path)
    ran = run("export", tmp_path / "out.mp4", *given)
    assert ran.code == 66
    assert "it keeps counts only" in ran.err


def test_a_folder_that_is_not_there_is_not_made(run: Run, tmp_path: Path) -> None:
    given = ("--camera", "Door", "--from", "1970-01-01T00:00Z", "--to", "1970-01-02", "--data", tmp_path / "typo")
    ran = run("export", tmp_path / "out.mp4", *given)
    assert ran.code == 66
    assert f"no watchglass data folder at {tmp_path / 'typo'}" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", ["1970-01-01T00:00Z", "1969-12-31T00:00Z"])
def test_a_span_that_is_none_makes_no_data_folder(run: Run, tmp_path: Path, end: str) -> None:
    given = ("--camera", "Door", "--from", "1970-01-01T00:00Z", "--to", end, "--data", tmp_path / "data")
    ran = run("export", tmp_path / "out.mp4", *given)
    assert ran.code == 2
    assert "'Door' ends before it begins" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_cannot_be_written_over(run: Run, tmp_path: Path) -> None:
    given = ("--camera", "Door", "--from", "1970-01-01T00:00Z", "--to", "1970-01-02", "--data", tmp_path / "data")
    ran = run("export", tmp_path, *given)
    assert ran.code == 73
    assert f"{tmp_path} is a folder" in ran.err
