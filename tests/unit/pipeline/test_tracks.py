"""Tracks of a whole file, written from a stage and read back: only the detector is told what to say."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.stage import Actor, Stage, block, figure, made_street, walks
from tests.unit.pipeline.support import ScriptedDetector
from watchglass.base.errors import BadInputError, MissingInputError
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.vision import Detection, ObjectClass
from watchglass.pipeline.file import Progress
from watchglass.pipeline.tracks import FileTracks, track_file
from watchglass.track.trail import Trail

RATE, FRAMES = 10, 80
GATE = Tripwire("gate", Point(0.5, 1), Point(0.5, 0))
PERSON = Actor(1, figure("checks"), walks((5, (60, 240)), (70, (330, 240)), last=75))
CAR = Actor(2, block(90, 50, 200), walks((10, (450, 150)), (50, (-60, 150))), ObjectClass.CAR)


def written(path: Path, actors: Sequence[Actor], light: float = 1.0) -> tuple[Path, Stage]:
    stage = Stage(made_street(), actors, rate=RATE)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream("libx264", rate=RATE, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = stage.width, stage.height, "yuv444p"
        for number in range(FRAMES):
            picture = np.array(stage.picture(number))
            picture[0] = np.uint8(16) + (picture[0] * light).astype(np.uint8) if light < 1 else picture[0]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="yuv444p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path, stage


def tracked(path: Path, stage: Stage, people: bool = True) -> FileTracks:
    """With a detector that knows people, if anything, and never a car."""

    def found(frame: RawFrame) -> list[Detection]:
        number = round(frame.pts * RATE / TICKS_PER_SECOND)
        seen = stage.boxes(number) if people else []
        return [Detection(box, actor.label, 0.9) for actor, box in seen if actor.label is ObjectClass.PERSON]

    return track_file(path, ScriptedDetector(found), lambda _: None)


def test_people_and_what_nobody_has_a_name_for_are_followed_and_counted(tmp_path: Path) -> None:
    tracks = tracked(*written(tmp_path / "street.mp4", [PERSON, CAR]))
    assert [one.label for one in tracks.trails] == [ObjectClass.PERSON, ObjectClass.MOVING]
    assert (tracks.width, tracks.height, tracks.rate) == (384, 288, 10.0)
    assert tracks.crossings([GATE]) == {"gate": {Direction.FORWARD: 1, Direction.BACKWARD: 1}}


def test_who_is_followed_as_somebody_is_not_counted_again_as_something(tmp_path: Path) -> None:
    tracks = tracked(*written(tmp_path / "street.mp4", [PERSON]))
    assert [one.label for one in tracks.trails] == [ObjectClass.PERSON]


def test_somebody_whom_no_detector_sees_counts_all_the_same(tmp_path: Path) -> None:
    tracks = tracked(*written(tmp_path / "street.mp4", [PERSON]), people=False)
    assert tracks.crossings([GATE]) == {"gate": {Direction.FORWARD: 1, Direction.BACKWARD: 0}}


def test_mot_lines_are_by_frame_and_numbered_from_one(tmp_path: Path) -> None:
    path, stage = written(tmp_path / "street.mp4", [PERSON])
    rows = [line.split(",") for line in tracked(path, stage).mot().splitlines()]
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=int)
    assert {row[1] for row in rows} == {"1"}
    assert all(len(row) == 10 and row[7:] == ["-1"] * 3 for row in rows)
    frame, _, left, top, width, height, score = map(float, rows[20][:7])
    (truth,) = stage.people(int(frame) - 1)
    assert (left, top, width, height) == pytest.approx((truth.left, truth.top, truth.width, truth.height), abs=1.5)
    assert score == 0.9


def test_where_somebody_is_hidden_lines_go_on_with_a_score() -> None:
    boxes = np.array([(10 * n, 20, 10 * n + 30, 90) for n in range(4)], np.float64)
    tracks = FileTracks([Trail(2, boxes, np.array([0.9, 0.0, 0.0, 0.5]), ObjectClass.PERSON)], 384, 288, 10.0)
    assert [line.split(",")[6] for line in tracks.mot().splitlines()] == ["0.900", "0.700", "0.700", "0.500"]


def test_progress_is_told_of_both_passes(tmp_path: Path) -> None:
    path, _ = written(tmp_path / "street.mp4", [])
    told: list[Progress] = []
    tracks = track_file(path, ScriptedDetector(), told.append)
    assert tracks.trails == []
    assert tracks.mot() == ""
    assert [(one.done, one.total) for one in told] == [(number + 1, FRAMES) for number in range(FRAMES)] * 2
    assert len({one.step for one in told}) == 2


def test_a_whole_film_by_daylight_leaves_no_doubt(tmp_path: Path) -> None:
    tracks = tracked(*written(tmp_path / "street.mp4", [PERSON]))
    assert (tracks.frames, tracks.promised) == (FRAMES, FRAMES)
    assert list(tracks.doubts()) == []


def test_a_film_that_is_cut_short_says_so(tmp_path: Path) -> None:
    path, stage = written(tmp_path / "street.mp4", [PERSON])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    tracks = tracked(path, stage)
    assert 0 < tracks.frames < 0.9 * FRAMES
    [doubt] = tracks.doubts()
    assert f"{tracks.frames} of {FRAMES} pictures" in doubt


def test_a_film_in_the_dark_says_that_much_may_be_unseen(tmp_path: Path) -> None:
    [doubt] = tracked(*written(tmp_path / "street.mp4", [PERSON], light=0.1)).doubts()
    assert "so dark" in doubt


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="does not exist"):
        track_file(tmp_path / "gone.mp4", ScriptedDetector(), lambda _: None)
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(BadInputError, match="is not a video that can be read"):
        track_file(tmp_path / "text.mp4", ScriptedDetector(), lambda _: None)
