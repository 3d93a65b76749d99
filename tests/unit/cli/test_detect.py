import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.cli.conftest import Ran
from watchglass.cli import detect
from watchglass.detect.detector import Detector
from watchglass.model.vision import ObjectClass
from watchglass.pipeline.file import Progress
from watchglass.pipeline.tracks import FileTracks
from watchglass.track.trail import Trail

Run = Callable[..., Ran]


def walk(label: ObjectClass, *lefts: float) -> Trail:
    boxes = np.array([(left, 40, left + 10, 80) for left in lefts], np.float64)
    return Trail(0, boxes, np.full(len(lefts), 0.9), label)


TRACKS = FileTracks([walk(ObjectClass.PERSON, 20, 40, 60), walk(ObjectClass.CAR, 70, 30, 10)], 100, 100, 10.0)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model, no network, and nothing done to this process."""
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("WATCHGLASS_ASSETS", raising=False)
    monkeypatch.setattr(detect, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(detect, "try_person_model", lambda _given: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    path.write_bytes(b"video")
    return path


@pytest.fixture(autouse=True)
def tracked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What would have been looked at."""
    seen: list[Path] = []

    def stand_in(source: Path, _detector: Detector, progress: Callable[[Progress], None]) -> FileTracks:
        seen.append(source)
        progress(Progress("Looking for people", 3, 3))
        return TRACKS

    monkeypatch.setattr(detect, "track_file", stand_in)
    return seen


def test_says_what_it_found(run: Run, source: Path) -> None:
    ran = run("detect", source, "--tripwire", "gate=0.5,1,0.5,0", "--tripwire", "far=0.9,1,0.9,0")
    assert ran.code == 0
    assert ran.out == (
        f"{source}: 2 tracks, 1 of class 'car', 1 of class 'person'.\n"
        "gate: 1 forward, 1 backward.\n"
        "far: 0 forward, 0 backward.\n"
    )
    assert ran.err == "Looking for people ...\n"


def test_prints_counts_as_json_and_nothing_else(run: Run, source: Path) -> None:
    ran = run("detect", source, "--tripwire", "gate=0.5,0,0.5,1", "--json")
    assert json.loads(ran.out) == {"tripwires": {"gate": {"forward": 1, "backward": 1}}}
    assert json.loads(run("detect", source, "--json").out) == {"tripwires": {}}


def test_doubts_are_said_and_leave_the_counts_as_they_are(
    run: Run, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = dataclasses.replace(TRACKS, trails=TRACKS.trails[:1], frames=50, promised=100)
    monkeypatch.setattr(detect, "track_file", lambda *_: cut)
    ran = run("detect", source, "--json")
    assert json.loads(ran.out) == {"tripwires": {}}
    assert ran.err.startswith(f"watchglass: {source}: It ends early: 50 of 100 pictures")
    assert run("detect", source).out == f"{source}: 1 track, 1 of class 'person'.\n"


def test_writes_tracks(run: Run, source: Path, tmp_path: Path) -> None:
    assert run("detect", source, "--mot", tmp_path / "out.txt").code == 0
    assert (tmp_path / "out.txt").read_text() == TRACKS.mot()
    assert (tmp_path / "out.txt").read_text().startswith("1,1,20.00,40.00,10.00,40.00,0.900,-1,-1,-1\n1,2,70.00")


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["--tripwire", "gate"], 2, "is not written as NAME=x1,y1,x2,y2"),
        (["--tripwire", "a=0,0,1,1", "--tripwire", "a=0,1,1,0"], 2, "There are two tripwires 'a'"),
        (["--tripwire", "a=0,0,1,60"], 2, "has a point at 1, 60"),
        (["--mot", "/gone/out.txt"], 73, "there is no folder /gone"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(
    run: Run, source: Path, tracked: list[Path], arguments: list[str], code: int, what: str
) -> None:
    ran = run("detect", source, *arguments)
    assert ran.code == code
    assert what in ran.err
    assert tracked == []


@pytest.mark.parametrize("address", ["rtsp://me:hunter2@10.0.0.1/a", "https://me:hunter2@example.org/a.mp4"])
def test_a_camera_s_address_is_no_file_and_its_password_is_not_told(
    run: Run, tracked: list[Path], address: str
) -> None:
    ran = run("detect", address)
    assert ran.code == 2
    assert "not a video file" in ran.err
    assert "hunter2" not in ran.err
    assert tracked == []


def test_the_video_itself_is_never_written_over(run: Run, source: Path, tmp_path: Path) -> None:
    ran = run("detect", source, "--mot", source)
    assert ran.code == 2
    assert "is the video itself" in ran.err
    assert source.read_bytes() == b"video"
    assert run("detect", tmp_path / "gone.mp4").code == 66
    assert run("detect", tmp_path).code == 66
