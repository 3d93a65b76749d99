import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.base import durable
from watchglass.base.errors import BadInputError
from watchglass.cli import redact
from watchglass.detect.detector import Detector
from watchglass.pipeline.file import Progress, Report

Run = Callable[..., Ran]
REPORT = Report(10, {"The scene is being learnt.": 2}, 0.125, 320, 240, 25.0, "built-in", "", "reduced")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model, no network, and nothing done to this process."""
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("WATCHGLASS_ASSETS", raising=False)
    monkeypatch.setattr(redact, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(redact, "try_person_model", lambda _given: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    path.write_bytes(b"video")
    return path


@pytest.fixture
def redacted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    """From and to of what would have been redacted."""
    seen: list[tuple[Path, Path]] = []

    def stand_in(source: Path, target: Path, _detector: Detector, progress: Callable[[Progress], None]) -> Report:
        seen.append((source, target))
        progress(Progress("Writing the view", 10, 10))
        return REPORT

    monkeypatch.setattr(redact, "redact_file", stand_in)
    return seen


def test_says_what_it_did(run: Run, source: Path, redacted: list[tuple[Path, Path]], tmp_path: Path) -> None:
    ran = run("redact", source, tmp_path / "out.mp4")
    assert ran.code == 0
    assert redacted == [(source, tmp_path / "out.mp4")]
    assert ran.out == (
        f"{tmp_path}/out.mp4: 10 frames, 12.5% of the picture filled, 2 covered whole "
        "(2 for: The scene is being learnt.), with reduced protection.\n"
    )
    assert ran.err == "Writing the view ...\n"


@pytest.mark.usefixtures("redacted")
def test_writes_a_report(run: Run, source: Path, tmp_path: Path) -> None:
    run("redact", source, tmp_path / "out.mp4", "--report", tmp_path / "r.json")
    told = json.loads((tmp_path / "r.json").read_text())
    assert told["frames"] == 10
    assert told["covered"] == {"The scene is being learnt.": 2}


def test_a_report_that_cannot_be_written_is_said_at_once(
    run: Run, source: Path, redacted: list[tuple[Path, Path]], tmp_path: Path
) -> None:
    ran = run("redact", source, tmp_path / "out.mp4", "--report", tmp_path / "gone" / "r.json")
    assert ran.code == 73
    assert "r.json cannot be written" in ran.err
    assert redacted == []


@pytest.mark.usefixtures("redacted")
def test_a_report_that_the_disk_refuses(
    run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(durable, "replace", refuse)
    ran = run("redact", source, tmp_path / "out.mp4", "--report", tmp_path / "r.json")
    assert ran.code == 74
    assert "the report" in ran.err


def test_folders_in_place_of_files(run: Run, source: Path, redacted: list[tuple[Path, Path]], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for arguments, code in (((folder, tmp_path / "out.mp4"), 66), ((source, folder), 73)):
        ran = run("redact", *arguments)
        assert ran.code == code
        assert f"{folder} is a folder" in ran.err
        assert ran.err.count("\n") == 1
    assert redacted == []


def test_a_video_that_is_not_there(run: Run, redacted: list[tuple[Path, Path]], tmp_path: Path) -> None:
    ran = run("redact", tmp_path / "gone.mp4", tmp_path / "out.mp4")
    assert ran.code == 66
    assert "gone.mp4 does not exist" in ran.err
    assert redacted == []


def test_never_over_the_video_itself(run: Run, source: Path, redacted: list[tuple[Path, Path]], tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(source)
    assert run("redact", source, source).code == 2
    assert run("redact", source, tmp_path / "link.mp4").code == 2
    assert run("redact", source, tmp_path / "out.mp4", "--report", source).code == 2
    assert run("redact", source, tmp_path / "out.mp4", "--report", tmp_path / "out.mp4").code == 2
    assert redacted == []
    assert source.read_bytes() == b"video"


def test_what_is_no_video(run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> Report:
        raise BadInputError(f"{source} holds no video.")

    monkeypatch.setattr(redact, "redact_file", refuse)
    ran = run("redact", source, tmp_path / "out.mp4")
    assert ran == Ran(65, "", f"watchglass: {source} holds no video.\n")
