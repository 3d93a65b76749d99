"""Counting what goes over a tripwire, each thing once: forward and backward, whatever its class.

Who turns round on it is not counted, nor is jitter. A rider and the bicycle, somebody and the bag they carry are one.
"""

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.vision import ObjectClass
from watchglass.track.likeness import inside
from watchglass.track.trail import Trail

_CLEAR = 0.1  # heights: so far from the line one is surely on that side of it
_TOGETHER = 1.5  # seconds between two crossings of what belongs together
_WITHIN = 0.6  # share of the smaller box that lies in the larger of what belongs together


@dataclasses.dataclass(frozen=True, slots=True)
class Crossing:
    """One trail going over a tripwire, about frame `frame`."""

    frame: int
    direction: Direction
    trail: Trail


def count(tripwire: Tripwire, trails: Iterable[Trail], width: int, height: int, rate: float) -> dict[Direction, int]:
    """How often it was crossed each way, in a video of this size and rate."""
    every = [one for trail in trails for one in crossings(tripwire, trail, width, height)]
    tally = collections.Counter(one.direction for one in _apart(every, rate))
    return {direction: tally[direction] for direction in Direction}


def crossings(tripwire: Tripwire, trail: Trail, width: int, height: int) -> Iterator[Crossing]:
    """Every crossing of one trail, from a place that is clearly on one side to one that is clearly on the other."""
    points = trail.anchors(width, height)
    steps = [tripwire.crossing(one, other) for one, other in itertools.pairwise(points)]
    if not any(steps):
        return
    clear = _clear(tripwire, points, trail, width, height)
    for begin, end in itertools.pairwise(clear):
        between = [step for step in steps[begin:end] if step is not None]
        forward = between.count(Direction.FORWARD)
        if 2 * forward != len(between):
            direction = Direction.FORWARD if 2 * forward > len(between) else Direction.BACKWARD
            yield Crossing(trail.first + end, direction, trail)


def _clear(tripwire: Tripwire, points: Sequence[Point], trail: Trail, width: int, height: int) -> list[int]:
    """Places at which it is clear on which side a trail is; its first and its last in any case."""
    # In pixels, for a picture is not square.
    line = np.array([(tripwire.second.x - tripwire.first.x) * width, (tripwire.second.y - tripwire.first.y) * height])
    ways = np.array([((one.x - tripwire.first.x) * width, (one.y - tripwire.first.y) * height) for one in points])
    distances = np.abs(line[0] * ways[:, 1] - line[1] * ways[:, 0]) / np.hypot(*line)
    found = np.flatnonzero(distances >= _CLEAR * (trail.boxes[:, 3] - trail.boxes[:, 1])).tolist()
    return sorted({0, *found, len(points) - 1})


def _apart(every: Sequence[Crossing], rate: float) -> Iterator[Crossing]:
    """Of crossings of things that belong together, one: a person's, if there is one."""
    ordered = sorted(every, key=lambda one: (one.trail.label is not ObjectClass.PERSON, one.frame))
    kept: list[Crossing] = []
    for one in ordered:
        if not any(_together(one, other, rate) for other in kept):
            kept.append(one)
            yield one


def _together(one: Crossing, other: Crossing, rate: float) -> bool:
    if one.trail.label is other.trail.label or one.direction is not other.direction:
        return False
    if abs(one.frame - other.frame) > _TOGETHER * rate:
        return False
    common = [(one.trail.at(frame), other.trail.at(frame)) for frame in (one.frame, other.frame)]
    return any(
        first is not None and second is not None and float(inside(first[None], second[None])[0, 0]) >= _WITHIN
        for first, second in common
    )
