"""What a benchmark of redaction works through. How fast it is nobody asks here."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from benchmarks import footage, peers, redaction
from benchmarks.table import Row
from tests.footage import make
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Detection
from watchglass.pipeline.sight import AtOnce, Direct

FRAMES = 20


class Blind:
    """A detector that sees nobody."""

    name = "blind"
    protection = Protection.FULL
    model_hash = ""

    def __init__(self) -> None:
        self.looks = 0

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        self.looks += 1
        return []


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(make(path.with_name("plain.mp4"), frames=FRAMES, rate=10))) as source:
        footage.encode(list(source.decode(video=0)), path)
    return path


def test_a_file_is_handed_on_as_a_recorder_does(clip: Path) -> None:
    info, packets = redaction.demuxed(clip)
    assert (info.codec, info.rate, len(packets)) == ("h264", 10.0, FRAMES)
    assert info.extradata
    assert [Fraction(packet.pts, 90_000) for packet in packets] == [Fraction(number, 10) for number in range(FRAMES)]
    assert [packet.keyframe for packet in packets] == [True, *[False] * (FRAMES - 1)]


def test_each_way_goes_through_all_frames(clip: Path, tmp_path: Path) -> None:
    detector = Blind()
    assert redaction.as_live(clip, AtOnce(Direct(detector))) > 0
    assert detector.looks > 0
    assert redaction.decode_and_encode(clip) > 0
    assert redaction.as_file(clip, tmp_path / "view.mp4", detector) > 0
    assert len(footage.packets_of(tmp_path / "view.mp4")) == FRAMES


def test_without_the_other_program_the_row_says_so(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> Path:
        raise peers.NotToBeHadError("deface==1.5.0 could not be installed: no network")

    monkeypatch.setattr(peers, "deface", missing)
    monkeypatch.setattr(footage, "scaled", lambda *_: clip)
    monkeypatch.setattr(redaction, "_in_a_process", lambda *_: 149.0)
    found = redaction._speeds((640, 480), lambda *_: None)
    assert found[-1] == Row(
        "640x480, people in every frame: deface==1.5.0",
        "left out: deface==1.5.0 could not be installed: no network",
        "",
        True,
    )
    assert [(row.target, row.met) for row in found[:4]] == [(">= 150", False), *[("", True)] * 3]
    larger = redaction._speeds((1280, 960), lambda *_: None)
    assert [(row.target, row.met) for row in larger[:4]] == [("", True)] * 4


def test_what_a_program_needs_to_start_is_not_counted(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []

    def run(_: Path, source: Path, target: Path) -> None:
        given.append(len(footage.packets_of(source)))
        target.touch()

    monkeypatch.setattr(peers, "run_deface", run)
    redaction.deface(Path("deface"), clip)
    assert given == [10, 40]
