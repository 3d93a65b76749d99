"""How well people are followed on the labelled street, beside other trackers, and how many are counted over lines."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import footage, peers
from benchmarks.scores import scored, scores
from benchmarks.table import Row
from watchglass.cli.progress import Report
from watchglass.detect.detector import Detector
from watchglass.detect.motion import EmptyScene, moving_things
from watchglass.ingest.whole import VideoFile
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Detection, ObjectClass
from watchglass.pipeline.tracks import track_file
from watchglass.track.follow import Follower

LEAST_MOTA, LEAST_IDF1 = 0.80, 0.75
_ONE_IN = 4  # frames on which looking for what moves is timed


def rows(tell: Report) -> list[Row]:
    """Scores with the labels at hand, and what a frame costs."""
    truth = footage.truth(tell)
    if truth is None:
        return [Row("people followed", "left out: the labels of PETS09-S2L1 belong beside the sample video", "", True)]
    street, detector = footage.street(tell), _Keeping(footage.detector())
    tracks = track_file(street, detector, lambda now: tell(now.step, now.done, now.total))
    with tempfile.TemporaryDirectory() as folder:
        ours, found = Path(folder) / "ours.txt", Path(folder) / "found.txt"
        ours.write_text(tracks.mot(), encoding="ascii")
        found.write_text(_written(detector.found), encoding="ascii")
        score = scores(scored(truth), scored(ours))
        made = [
            Row("people followed, MOTA", f"{score.mota:.3f}", f">= {LEAST_MOTA}", score.mota >= LEAST_MOTA),
            Row("people followed, IDF1", f"{score.idf1:.3f}", f">= {LEAST_IDF1}", score.idf1 >= LEAST_IDF1),
            *_beside(found, truth, ours, tell),
        ]
    return [*made, *_costs(street, detector, tell)]


class _Keeping:
    """A detector whose answers are kept, frame by frame, with the seconds that each took."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.name, self.protection, self.model_hash = detector.name, detector.protection, detector.model_hash
        self.found: list[list[Detection]] = []
        self.spent = 0.0

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        began = time.thread_time()
        found = self._detector.detect(frame, close=close)
        self.spent += time.thread_time() - began
        self.found.append(found)
        return found


def _people(found: list[Detection]) -> list[Detection]:
    return [one for one in found if one.label is ObjectClass.PERSON]


def _written(found: list[list[Detection]]) -> str:
    """Detections of people in MOTChallenge form."""
    return "".join(
        f"{frame},-1,{one.box.left:.2f},{one.box.top:.2f},{one.box.width:.2f},{one.box.height:.2f},{one.score:.4f}\n"
        for frame, every in enumerate(found, start=1)
        for one in _people(every)
    )


def _beside(found: Path, truth: Path, ours: Path, tell: Report) -> Iterator[Row]:
    """TrackEval's scores of ours and of others, which are given the same detections."""
    try:
        python = peers.trackers(tell)
        told = peers.run_trackers(python, found, truth, ours)
    except peers.NotToBeHadError as error:
        yield Row("people followed, others", f"left out: {error}", "", True)
        return
    for name, one in json.loads(told).items():
        spent = f", {one['ms']:.1f} ms a frame" if "ms" in one else ""
        figures = f"HOTA {one['HOTA']:.3f}, MOTA {one['MOTA']:.3f}, IDF1 {one['IDF1']:.3f}"
        yield Row(f"... {name}, by TrackEval", f"{figures}, {one['switches']:.0f} switches{spent}", "", True)


def _costs(street: Path, detector: _Keeping, tell: Report) -> Iterator[Row]:
    """CPU time a frame."""
    frames = len(detector.found)

    def following() -> None:
        follower = Follower(768, 576)
        for number, found in enumerate(detector.found):
            follower.look(number / 10, _people(found))

    scene = EmptyScene()
    with VideoFile(street) as video:
        some = [decoded.frame for number, decoded in enumerate(video.decode()) if number % _ONE_IN == 0]
    tell("what moves", 0, 1)
    for frame in some:
        scene.learn(frame)
    scene.close()

    def moving() -> None:
        for frame in some:
            moving_things(scene.differs(frame), [], [])

    for what, milliseconds in (
        ("the detector", 1000 * detector.spent / frames),
        ("what moves", _spent(moving) / len(some)),
        ("following people", _spent(following) / frames),
    ):
        yield Row(f"{what}, a frame of 768x576", f"{milliseconds:.1f} ms of a core", "", True)


def _spent(action: Callable[[], None]) -> float:
    """Milliseconds of CPU time."""
    began = time.process_time()
    action()
    return 1000 * (time.process_time() - began)
