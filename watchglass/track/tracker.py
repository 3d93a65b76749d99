"""Following objects over the frames of one stream, with a short memory so that covers can reach back (rule R4).

Two thresholds as in ByteTrack (arXiv 2110.06864): a strong detection begins a track, a faint one only keeps one alive.
Written here rather than taken from a library: the maintained trackers bring a second OpenCV build along, and none can
say where a track was before its first detection, which is what look-ahead needs.
"""

import bisect
import dataclasses
import secrets
from collections.abc import Iterable, Sequence

import numpy as np

from watchglass.model.vision import Box, Detection, ObjectClass, Track
from watchglass.track.likeness import Edges, edges, overlaps, sides

_MATCH = 0.15  # IoU under which a detection is not the same object, at 2 to 3 looks a second
_NEAR = 0.75  # a box whose centre lies within this share of the other's size may match without overlap
_FASTEST = 3.0  # body heights a second: beyond that a match is a mix-up of two people


@dataclasses.dataclass(frozen=True, slots=True)
class TrackerOptions:
    """`begin` and `keep` are scores; times are seconds of media time.

    Who was seen last at some time is covered there for `hold`, and for `foretell` where they must have gone, too.
    """

    begin: float = 0.25
    keep: float = 0.10
    hold: float = 1.5
    foretell: float = 1.0
    look_ahead: float = 0.8
    memory: float = 4.0


@dataclasses.dataclass(slots=True)
class _Path:
    """What is known of one track: times (rising) and boxes of its detections, and how it moves."""

    number: int
    label: ObjectClass
    score: float
    times: list[float]
    boxes: list[Box]
    velocity: tuple[float, float] = (0.0, 0.0)

    def add(self, time: float, detection: Detection) -> None:
        last, seconds = self.boxes[-1], time - self.times[-1]
        if seconds > 0:
            across = _centre(detection.box)[0] - _centre(last)[0]
            # Feet and centre jump when legs are hidden; the top edge is the steadiest part of a person's box.
            down = detection.box.top - last.top
            fresh = (across / seconds, down / seconds)
            weight = 0.6 if len(self.times) > 1 else 1.0
            limit = _FASTEST * max(detection.box.height, 1.0)
            self.velocity = tuple(  # type: ignore[assignment]  # two floats in, two floats out
                max(-limit, min(limit, weight * new + (1 - weight) * old))
                for new, old in zip(fresh, self.velocity, strict=True)
            )
        self.times.append(time)
        self.boxes.append(detection.box)
        self.score = detection.score
        if detection.label is ObjectClass.PERSON:  # person evidence wins over every other class
            self.label = ObjectClass.PERSON

    def predicted(self, time: float) -> Box:
        """The last box moved on by the last velocity; the movement is damped, since people stop and turn."""
        seconds = min(time - self.times[-1], 0.8)
        return self.boxes[-1].moved(self.velocity[0] * seconds, self.velocity[1] * seconds)

    def forget(self, before: float) -> None:
        keep = max(0, bisect.bisect_left(self.times, before) - 1)
        del self.times[:keep], self.boxes[:keep]


@dataclasses.dataclass(frozen=True, slots=True)
class EndedTrack:
    """A track that was given up: where and when it was last seen, and whether it left through the picture's edge."""

    box: Box
    label: ObjectClass
    seen: float
    left_picture: bool


class Tracker:
    """All tracks of one stream. Times are seconds of media time and rise from call to call."""

    def __init__(self, width: int, height: int, options: TrackerOptions | None = None) -> None:
        self._options = options or TrackerOptions()
        self._width, self._height = width, height
        self._paths: list[_Path] = []
        self._past: list[_Path] = []

    def update(self, detections: Iterable[Detection], time: float) -> list[EndedTrack]:
        """Take in what one look at the frame of `time` found. Returns the tracks that ended with it."""
        options = self._options
        waiting = sorted((found for found in detections if found.score >= options.keep), key=lambda d: -d.score)
        free = list(self._paths)
        for weakest in (options.begin, options.keep):
            waiting = self._match(free, waiting, time, weakest)
        for found in waiting:
            if found.score >= options.begin:
                self._paths.append(_Path(secrets.randbits(48), found.label, found.score, [time], [found.box]))
        return self._end(time)

    def reset(self) -> None:
        """Forget everything: what follows is another scene."""
        self._paths.clear()
        self._past.clear()

    def current(self, time: float) -> list[Track]:
        """Where each living track is believed to be at `time`, not earlier than the last update."""
        return [
            Track(path.number, path.predicted(time), path.label, path.score, max(0.0, time - path.times[-1]))
            for path in self._paths
        ]

    def covers(self, time: float) -> list[tuple[Box, ObjectClass]]:
        """Boxes to cover on the frame of `time`, with all that is known by now, later frames included (R2, R4)."""
        found: list[tuple[Box, ObjectClass]] = []
        for path in (*self._paths, *self._past):
            found += [(box, path.label) for box in self._at(path, time)]
        return found

    def _at(self, path: _Path, time: float) -> list[Box]:
        """Where a track is covered at a time: one or two boxes, each once."""
        options = self._options
        first, last = path.times[0], path.times[-1]
        if time < first - options.look_ahead or time > last + options.hold:
            return []
        if time <= first:
            back = path.boxes[0].moved(-path.velocity[0] * (first - time), -path.velocity[1] * (first - time))
            return [path.boxes[0], back] if len(path.times) > 1 and back != path.boxes[0] else [path.boxes[0]]
        if time > last:
            ahead = path.predicted(time) if time - last <= options.foretell else path.boxes[-1]
            return [path.boxes[-1], ahead] if ahead != path.boxes[-1] else [ahead]
        after = bisect.bisect_left(path.times, time)
        share = (time - path.times[after - 1]) / (path.times[after] - path.times[after - 1])
        return [_between(path.boxes[after - 1], path.boxes[after], share)]

    def _match(self, free: list[_Path], waiting: list[Detection], time: float, weakest: float) -> list[Detection]:
        """Pair paths and detections, best overlap first; what is left of the detections is returned."""
        likenesses = _likenesses([path.predicted(time) for path in free], [found.box for found in waiting])
        pairs = [
            (float(likenesses[row, column]), free[row], waiting[column])
            for row, column in np.argwhere(likenesses > 0).tolist()
            if waiting[column].score >= weakest
        ]
        pairs.sort(key=lambda pair: -pair[0])
        used: list[Detection] = []
        for _, path, found in pairs:
            if any(path is other for other in free) and not any(found is other for other in used):
                path.add(time, found)
                free.remove(path)
                used.append(found)
        return [found for found in waiting if not any(found is other for other in used)]

    def _end(self, time: float) -> list[EndedTrack]:
        options = self._options
        ended = [path for path in self._paths if time - path.times[-1] > options.hold]
        self._paths = [path for path in self._paths if time - path.times[-1] <= options.hold]
        self._past = [path for path in self._past + ended if time - path.times[-1] <= options.memory]
        for path in (*self._paths, *self._past):
            path.forget(time - options.memory)
        return [EndedTrack(path.boxes[-1], path.label, path.times[-1], self._left(path)) for path in ended]

    def _left(self, path: _Path) -> bool:
        """Whether a track's last move took it out of the picture."""
        edge = path.predicted(path.times[-1] + 0.8)
        margin = 0.15 * path.boxes[-1].width + 2
        return (
            edge.left <= margin
            or edge.top <= 2
            or edge.right >= self._width - margin
            or edge.bottom >= self._height + 0.1 * edge.height
        )


def _centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def _likenesses(expected: Sequence[Box], found: Sequence[Box]) -> Edges:
    """Of each pair: 0 for boxes that cannot be the same object, else their overlap plus a little for nearness."""
    all_expected, all_found = edges(expected), edges(found)
    one, other = all_expected[:, None], all_found[None]
    (width, height), (its_width, its_height) = sides(one), sides(other)
    across = np.abs(_middle(one, 0) - _middle(other, 0)) / np.maximum(np.maximum(width, its_width), 1.0)
    down = np.abs(_middle(one, 1) - _middle(other, 1)) / np.maximum(np.maximum(height, its_height), 1.0)
    overlap = overlaps(all_expected, all_found)
    near = np.maximum(0.0, 1 - np.maximum(across, down) / _NEAR)
    taller = np.maximum(height, its_height) / np.maximum(1.0, np.minimum(height, its_height))
    apart = (across >= 1) | (down >= 1)  # they cannot even touch
    unlike = (overlap < _MATCH) & ((near == 0) | (taller > 1.6))
    return np.where(apart | unlike, 0.0, overlap + 0.5 * near + 0.01)


def _middle(of: Edges, axis: int) -> Edges:
    middle: Edges = (of[..., axis] + of[..., axis + 2]) / 2
    return middle


def _between(before: Box, after: Box, share: float) -> Box:
    def mix(one: float, other: float) -> float:
        return one + (other - one) * share

    return Box(
        mix(before.left, after.left),
        mix(before.top, after.top),
        mix(before.right, after.right),
        mix(before.bottom, after.bottom),
    )
