"""Trails: where a track was on every frame from its first to its last, once the whole way is known.

Where it was hidden it is taken to have gone straight on. Boxes jump by a few pixels from look to look, so each is the mean of
those around it: on labelled footage that brings one in fourteen that lay beside a person back onto them.
"""

import collections
import dataclasses
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from watchglass.model.place import Point
from watchglass.model.vision import ObjectClass
from watchglass.track.follow import Followed, Sighting
from watchglass.track.likeness import Edges, edges

_ROUND = 0.2  # seconds on either side
_LEAST = 0.4  # seconds that a track was seen for, all looks together
_RIM = 3.0  # pixels from the picture's edge at which a box is cut off by it
_STIRRED = 0.3  # heights: what never moves further is scenery that looks like somebody


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """`boxes` (n, 4) in pixels of the video on frames `first` to `first + n - 1`; `scores` (n,), 0 where it was not seen."""

    first: int
    boxes: Edges
    scores: npt.NDArray[np.float64]
    label: ObjectClass

    @classmethod
    def of(cls, sightings: Sequence[Sighting], rate: float) -> Self:
        """From looks in order of their frames, at `rate` frames a second."""
        frames = np.array([one.frame for one in sightings])
        every = np.arange(frames[0], frames[-1] + 1)
        seen = edges([one.found.box for one in sightings])
        boxes = np.stack([np.interp(every, frames, seen[:, side]) for side in range(4)], axis=1)
        scores = np.zeros(len(every))
        scores[frames - frames[0]] = [one.found.score for one in sightings]
        votes = collections.Counter[ObjectClass]()
        for one in sightings:
            votes[one.found.label] += one.found.score  # type: ignore[assignment]  # a counter of scores
        return cls(int(frames[0]), _smoothed(boxes, round(_ROUND * rate)), scores, votes.most_common(1)[0][0])

    @property
    def last(self) -> int:
        return self.first + len(self.boxes) - 1

    @property
    def score(self) -> float:
        """The highest of its detections."""
        return float(self.scores.max())

    @property
    def moved(self) -> float:
        """How far it came, across or down, in its own heights."""
        centres = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2
        height = float(np.median(self.boxes[:, 3] - self.boxes[:, 1]))
        return float(np.ptp(centres, axis=0).max()) / max(height, 1.0)

    def at(self, frame: int) -> Edges | None:
        """Its box on a frame, (4,); None before and after."""
        return self.boxes[frame - self.first] if self.first <= frame <= self.last else None

    def anchors(self, width: int, height: int) -> list[Point]:
        """The middle of its lower edge on each frame, in 0..1 of a video of this size.

        Where the picture's edge cuts it off it is taken to be as large as it was last seen whole, but no anchor lies outside:
        whose feet are below the picture walks along its lower edge, where a tripwire ends that goes all the way down.
        """
        whole = _completed(self.boxes, width, height)
        across = np.clip((whole[:, 0] + whole[:, 2]) / (2 * width), 0, 1)
        down = np.clip(whole[:, 3] / height, 0, 1)
        return [Point(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]


def trails(followed: Iterable[Followed], rate: float, stirred: float = _STIRRED) -> list[Trail]:
    """Of all tracks that were seen for long enough and have moved by `stirred` of their heights."""
    long = [one.sightings for one in followed if len(one.sightings) / rate >= _LEAST]
    return [trail for trail in (Trail.of(one, rate) for one in long) if trail.moved >= stirred]


def _smoothed(boxes: Edges, around: int) -> Edges:
    """Each the mean of those up to `around` before and after it; of fewer, as many on either side, near the ends."""
    sums = np.concatenate([np.zeros((1, 4)), np.cumsum(boxes, axis=0)])
    places = np.arange(len(boxes))
    reach = np.minimum(around, np.minimum(places, len(boxes) - 1 - places))
    mean: Edges = (sums[places + reach + 1] - sums[places - reach]) / (2 * reach + 1)[:, None]
    return mean


def _completed(boxes: Edges, width: int, height: int) -> Edges:
    """Boxes as they would be if the picture went on."""
    low, high = boxes[:, :2] <= _RIM, boxes[:, 2:] >= np.array([width, height]) - _RIM
    whole = boxes.copy()
    for axis in range(2):
        cut = low[:, axis] | high[:, axis]
        sizes = boxes[:, axis + 2] - boxes[:, axis]
        if cut.all() or not cut.any():
            continue
        places = np.arange(len(boxes))
        full = np.maximum(np.interp(places, places[~cut], sizes[~cut]), sizes)
        before, after = low[:, axis] & ~high[:, axis], high[:, axis] & ~low[:, axis]
        whole[before, axis] = boxes[before, axis + 2] - full[before]
        whole[after, axis + 2] = boxes[after, axis] + full[after]
    return whole
