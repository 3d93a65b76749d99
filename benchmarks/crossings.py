"""How many of the people who cross a line on the labelled street are counted.

    python -m benchmarks.crossings [--every N ...] [--threshold T ...] [--by follower tracker]

Lines from edge to edge of the picture, upright and level. The truth is taken from the labels, by each person's own way: a
crossing is where they get from one side to the other, by 0.02 of the picture at least. What is counted is what detector,
follower and rules make of the video, with a look at every n-th frame (10 a second), the mean of beginning at each of the
first n; and what rules alone make of the labels. `tracker` is that of covers in place of the follower.
Footage and labels: benchmarks/footage.py.
"""

import argparse
import dataclasses
import datetime as dt
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import footage
from benchmarks.footage import RATE
from benchmarks.labelled import Labels, labels
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import MissingInputError
from watchglass.cli.progress import Report, reporting
from watchglass.detect.detector import Detector
from watchglass.ingest.whole import VideoFile
from watchglass.model.event import RuleKind
from watchglass.model.look import Look
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.rule import Rule
from watchglass.model.vision import Box, Detection, ObjectClass, Track
from watchglass.pipeline.mind import PEOPLE
from watchglass.rules.engine import Engine
from watchglass.track.follow import Follower
from watchglass.track.tracker import Tracker

UPRIGHT = (0.3, 0.4, 0.5, 0.6, 0.7)
LEVEL = (0.4, 0.5, 0.6)
EVERY = (1, 4, 7)
"""Frames from one look to the next."""

THRESHOLDS = (0.25, 0.60)

Ways = Counter[tuple[int, Direction]]
"""Crossings by line and direction."""

_APART = 0.02


@dataclasses.dataclass(frozen=True, slots=True)
class Street:
    """What a video has: its size, and boxes by frame, from 1."""

    width: int
    height: int
    frames: int


def lines() -> list[Tripwire]:
    """Those that are counted."""
    upright = [Tripwire(f"upright {x:g}", Point(x, 1), Point(x, 0)) for x in UPRIGHT]
    return upright + [Tripwire(f"level {y:g}", Point(0, y), Point(1, y)) for y in LEVEL]


def truth(known: Labels, street: Street) -> Ways:
    """Crossings by the labels: each person's changes of side."""
    ways: dict[int, list[Point]] = defaultdict(list)
    for frame in sorted(known):
        for one in known[frame]:
            x, y = (one.left + one.width / 2) / street.width, (one.top + one.height) / street.height
            ways[one.track].append(Point(x, y))
    found: Ways = Counter()
    for number, line in enumerate(lines()):
        for way in ways.values():
            sides = [line.side(point) for point in way]
            sure = [side > 0 for side in sides if abs(side) >= _APART]
            for before, after in itertools.pairwise(sure):
                if before != after:
                    found[number, Direction.FORWARD if after else Direction.BACKWARD] += 1
    return found


def counted(looks: Iterable[Look], threshold: float) -> Ways:
    """What rules count of some looks."""
    engine = Engine(dt.UTC)
    rules = [
        Rule(id=number, camera=1, name=str(number), kind=RuleKind.CROSSING, tripwire=line, threshold=threshold)
        for number, line in enumerate(lines(), 1)
    ]
    engine.set_rules(rules, WallUs(0))
    found: Ways = Counter()
    for look in looks:
        for crossing in engine.look(look).crossings:
            found[crossing.rule - 1, crossing.direction] += 1
    return found


def labelled(known: Labels, street: Street) -> list[Look]:
    """Looks as a perfect detector and tracker would give them."""
    found = []
    for frame in range(1, street.frames + 1):
        tracks = [
            Track(
                one.track,
                Box(one.left, one.top, one.left + one.width, one.top + one.height),
                ObjectClass.PERSON,
                0.9,
                0.0,
            )
            for one in known.get(frame, ())
        ]
        found.append(_look(frame, street, tracks))
    return found


def followed(detections: Sequence[list[Detection]], street: Street, every: int, first: int = 1) -> list[Look]:
    """Looks as rules have them live, of every n-th frame's detections from the first on."""
    follower = Follower(street.width, street.height, PEOPLE, live=True)
    found = []
    for frame in range(first, street.frames + 1, every):
        people = [one for one in detections[frame - 1] if one.label is ObjectClass.PERSON]
        follower.look(frame / RATE, people)
        found.append(_look(frame, street, follower.current()))
    return found


def tracked(detections: Sequence[list[Detection]], street: Street, every: int, first: int = 1) -> list[Look]:
    """The same as covers have them."""
    tracker = Tracker(street.width, street.height)
    found = []
    for frame in range(first, street.frames + 1, every):
        tracker.update(detections[frame - 1], frame / RATE)
        found.append(_look(frame, street, tracker.current(frame / RATE)))
    return found


BY = {"follower": followed, "tracker": tracked}


def _look(frame: int, street: Street, tracks: Iterable[Track]) -> Look:
    seconds = frame / RATE
    return Look(seconds, WallUs(round(seconds * MICROSECONDS)), street.width, street.height, tuple(tracks))


def detections(video: Path, detector: Detector, tell: Report) -> tuple[Street, list[list[Detection]]]:
    """What the detector says of every frame."""
    found: list[list[Detection]] = []
    with VideoFile(video) as file:
        for decoded in file.decode():
            found.append(detector.detect(decoded.frame))
            tell("looking at every frame", len(found), 795)
        return Street(file.width, file.height, len(found)), found


def compared(right: Ways, found: Sequence[Ways]) -> str:
    """In words: all crossings, those that were missed, and those that are too many, by line and direction; means."""
    some = len(found)
    counts = sum(sum(one.values()) for one in found) / some
    missed = sum(sum((right - one).values()) for one in found) / some
    over = sum(sum((one - right).values()) for one in found) / some
    return f"{sum(right.values())} crossings, {counts:.3g} counted; {missed:.3g} too few, {over:.3g} too many"


def upright(ways: Ways) -> Ways:
    """Of the lines that people cross."""
    return Counter({way: number for way, number in ways.items() if way[0] < len(UPRIGHT)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, nargs="*", default=EVERY)
    parser.add_argument("--threshold", type=float, nargs="*", default=THRESHOLDS)
    parser.add_argument("--by", choices=BY, nargs="*", default=tuple(BY))
    wanted = parser.parse_args()
    with reporting() as tell:
        video, gt = footage.street(tell), footage.truth(tell)
        if gt is None:
            raise MissingInputError("The labels of PETS09-S2L1 (gt.txt) belong beside the sample video.")
        known = labels(gt)
        street, found = detections(video, footage.detector(), tell)
    right = truth(known, street)
    print(f"labels alone: {_said(right, [counted(labelled(known, street), 0.6)])}")
    for every, by, threshold in itertools.product(wanted.every, wanted.by, wanted.threshold):
        ways = [counted(BY[by](found, street, every, first), threshold) for first in range(1, every + 1)]
        print(f"a look every {every / RATE:g} s, {by}, threshold {threshold:g}: {_said(right, ways)}")


def _said(right: Ways, found: Sequence[Ways]) -> str:
    level = [one - upright(one) for one in found]
    return f"upright {compared(upright(right), [upright(one) for one in found])}; level {compared(right - upright(right), level)}"


if __name__ == "__main__":
    main()
