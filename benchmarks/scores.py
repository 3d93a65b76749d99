"""Scores of a tracker on labelled footage: MOTA (Bernardin and Stiefelhagen 2008) and IDF1 (arXiv 1609.01775).

Boxes are paired greedily, the best first, where the definitions ask for the best pairing in sum: a lower bound, off by less
than 0.01 on PETS09-S2L1 beside TrackEval. What people publish is compared with TrackEval's own, by `make bench BENCH=tracking`.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.labelled import Label
from watchglass.track.likeness import Edges, best_first, overlaps

LEAST = 0.5
"""IoU from which a box is on somebody."""

Boxes = Mapping[int, Sequence[Label]]
"""By number of frame, from 1."""


@dataclasses.dataclass(frozen=True, slots=True)
class Scores:
    """Of all frames: labels, labels without a box, boxes without a label, and labels whose box has another number than before."""

    labels: int
    missed: int
    false: int
    switches: int
    idf1: float

    @property
    def mota(self) -> float:
        return 1 - (self.missed + self.false + self.switches) / self.labels


def scored(path: Path) -> Boxes:
    """Rows of a file in MOTChallenge form, but for labels whose seventh value is 0: those count neither way."""
    found: dict[int, list[Label]] = collections.defaultdict(list)
    for line in path.read_text(encoding="ascii").splitlines():
        frame, number, left, top, width, height, counts, *_ = map(float, line.split(","))
        if counts:
            found[int(frame)].append(Label(int(number), left, top, width, height))
    return found


def scores(truth: Boxes, tracks: Boxes) -> Scores:
    """How well `tracks` follow the truth."""
    before: dict[int, int] = {}
    missed = false = switches = 0
    together: collections.Counter[tuple[int, int]] = collections.Counter()
    for frame in sorted({*truth, *tracks}):
        people, boxes = truth.get(frame, ()), tracks.get(frame, ())
        likeness = overlaps(_edges(people), _edges(boxes))
        for row, column in np.argwhere(likeness >= LEAST).tolist():
            together[people[row].track, boxes[column].track] += 1
        same = np.array([[before.get(one.track) == box.track for box in boxes] for one in people], bool)
        # Who had a box before keeps it while it fits.
        cost = np.where(likeness >= LEAST, 1 - likeness - same.reshape(likeness.shape), np.inf)
        pairs = list(best_first(cost, 1.0))
        missed += len(people) - len(pairs)
        false += len(boxes) - len(pairs)
        for row, column in pairs:
            who, box = people[row].track, boxes[column].track
            switches += before.get(who, box) != box
            before[who] = box
    count = sum(map(len, truth.values()))
    return Scores(count, missed, false, switches, _idf1(together, count, sum(map(len, tracks.values()))))


def _idf1(together: Mapping[tuple[int, int], int], labels: int, boxes: int) -> float:
    people, tracks = set[int](), set[int]()
    right = 0
    for (who, track), frames in sorted(together.items(), key=lambda pair: -pair[1]):
        if who not in people and track not in tracks:
            people.add(who)
            tracks.add(track)
            right += frames
    return 2 * right / (labels + boxes)


def _edges(of: Sequence[Label]) -> Edges:
    rows = [(one.left, one.top, one.left + one.width, one.top + one.height) for one in of]
    return np.array(rows, np.float64).reshape(-1, 4)
