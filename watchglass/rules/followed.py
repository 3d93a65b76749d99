"""What is remembered of the tracks of one camera, for as long as they are there, and who takes over from whom.

All rules of a camera share it. A tracker gives one thing another number now and then (an *identity switch*); where a track
was lost a new one soon begins that is about as large and of the same drawn class, and the new one takes over: dwell goes on, and
what has crossed a line does not cross it again. That goes by place, size and time alone, never by looks.
"""

import itertools
import math
from collections import deque
from collections.abc import Iterator

from watchglass.model.look import Look
from watchglass.model.vision import Box, ObjectClass, Track

GUESSED = 1.0
"""Seconds since its detection from which on a box says nothing."""

LINGER = 1.5
"""Seconds for which one that is not there any more still counts as there."""

HEIR = 3.0
"""Seconds after it was last seen for which another may take over."""

STANDING = 8.0
"""The same, of a vehicle that stood: it is there still."""

PATH = 4.0
"""Seconds of its way that are remembered."""

USUAL = 2.0
"""Seconds whose boxes tell how high somebody is."""

_NEWER = 0.01  # seconds by which a detection must be later than the last to be another
_LOST = 0.3  # from then on one whose box is guessed may be taken over
_STOOD = 1.0  # seconds
_EDGE = 0.005  # of the picture: a box that comes so near to its edge is cut
_STRIDE = 0.75  # of its width, a second
_FORESEEN = 1.0  # seconds for which it is thought to have gone on as before


class Followed:
    """One thing that is followed. Coordinates are of its anchor, 0..1 of the picture, `width` and `height` of its box, too.

    `best` is the highest score that any of its detections had, `label` the class that most of them had; `shape` is width by
    height in pixels. `fresh` says whether a detection came since the last look (else its box is guessed, and moves nothing),
    `whole` that its box was not cut by the picture's edge. It is at rest since `rest` (media time), was last in a look at `seen`
    and last detected at `supported`; another track took over at `taken`.
    """

    __slots__ = (
        *("best", "fresh", "height", "key", "label", "looks", "path", "rest"),
        *("seen", "shape", "supported", "taken", "whole", "width", "x", "y"),
        *("_detected", "_heights", "_rest_x", "_rest_y", "_votes"),
    )

    def __init__(self, key: int, track: Track, look: Look) -> None:
        self.key = key
        self.rest = look.media
        self.best, self.looks = 0.0, 0
        self.label = track.label
        self._votes: dict[ObjectClass, float] = {}
        self.path: deque[tuple[float, float, float]] = deque()
        self._heights: deque[tuple[float, float]] = deque()
        self._rest_x = self._rest_y = -1.0
        self.x = self.y = self.width = self.height = self.shape = 0.0
        self.whole = self.fresh = False
        self.seen = self.supported = look.media
        self.taken = self._detected = -math.inf
        self.take(track, look)

    def take(self, track: Track, look: Look) -> None:
        """What a look says of it."""
        now = look.media
        self.seen = now
        detected = now - track.missed
        if track.missed > GUESSED or detected < self._detected + _NEWER:
            return
        self._detected = detected
        box = track.box
        self.x, self.y = (box.left + box.right) / 2 / look.width, self._foot(box, now) / look.height
        self.width, self.height = (box.right - box.left) / look.width, (box.bottom - box.top) / look.height
        self.shape = (box.right - box.left) / max(1.0, box.bottom - box.top)
        across, down = _EDGE * look.width, _EDGE * look.height
        beside = box.left > across and box.right < look.width - across
        self.whole = beside and box.top > down and box.bottom < look.height - down
        self.supported, self.fresh = now, True
        self.looks += 1
        self.best = max(self.best, track.score)
        votes = self._votes
        votes[track.label] = votes.get(track.label, 0.0) + track.score
        if track.label is not self.label and votes[track.label] > votes.get(self.label, 0.0):
            self.label = track.label
        if abs(self.x - self._rest_x) > 0.35 * self.width or abs(self.y - self._rest_y) > 0.25 * self.height:
            self._rest_x, self._rest_y, self.rest = self.x, self.y, now
        path = self.path
        path.append((now, self.x, self.y))
        while path[0][0] < now - PATH:
            path.popleft()

    def _foot(self, box: Box, now: float) -> float:
        """Where its box ends, in pixels. Legs of people are hidden now and then, heads are not: theirs is as high as usual."""
        heights = self._heights
        heights.append((now, box.bottom - box.top))
        while heights[0][0] < now - USUAL:
            heights.popleft()
        if self.label is not ObjectClass.PERSON or len(heights) < 3:
            return box.bottom
        return box.top + sorted(height for _, height in heights)[len(heights) // 2]

    @property
    def patience(self) -> float:
        """Seconds for which another may take over from it."""
        stood = self.label.drawn is ObjectClass.VEHICLE and self.supported - self.rest >= _STOOD
        return STANDING if stood else HEIR

    def foreseen(self, now: float) -> tuple[float, float]:
        """Where it is by now, if it went on as before."""
        then, x, y = next(step for step in self.path if step[0] >= self.supported - _FORESEEN)
        past = self.supported - then
        if past < 0.2:
            return self.x, self.y
        share = min(now - self.supported, _FORESEEN) / past
        return self.x + (self.x - x) * share, self.y + (self.y - y) * share


class Tracks:
    """All that are followed of one camera."""

    def __init__(self) -> None:
        self._by_number: dict[int, Followed] = {}
        self._keys = itertools.count(1)

    def see(self, look: Look) -> list[Followed]:
        """Take a look in; those who are there, the lately lost included."""
        now = look.media
        for followed in self._by_number.values():
            followed.fresh = False
        new: list[Track] = []
        for track in look.tracks:
            if (known := self._by_number.get(track.number)) is not None:
                known.take(track, look)
            elif track.missed <= GUESSED and track.label is not ObjectClass.UNKNOWN and track.box.area > 0:
                new.append(track)
        for track in new:
            self._begin(track, look)
        self._by_number = {
            number: followed
            for number, followed in self._by_number.items()
            if now - followed.seen <= LINGER or now - followed.supported <= followed.patience
        }
        return [followed for followed in self._by_number.values() if now - followed.seen <= LINGER]

    def keys(self) -> set[int]:
        """Of all that are remembered."""
        return {followed.key for followed in self._by_number.values()}

    def _begin(self, track: Track, look: Look) -> None:
        fresh = Followed(next(self._keys), track, look)
        former = min(self._former(fresh, look.media), default=None)
        if former is None:
            self._by_number[track.number] = fresh
            return
        followed = self._by_number.pop(former[1])
        followed.take(track, look)
        followed.taken = look.media
        self._by_number[track.number] = followed

    def _former(self, new: Followed, now: float) -> Iterator[tuple[float, int]]:
        """Those from whom a new one may take over: how far off, and the number."""
        for number, lost in self._by_number.items():
            absent = lost.seen < now or now - lost.supported >= _LOST
            if (
                lost.fresh
                or not absent
                or now - lost.supported > lost.patience
                or lost.label.drawn is not new.label.drawn
            ):
                continue
            if not lost.whole and lost.supported - lost.rest < _STOOD:
                continue  # it left the picture, and who comes in there is another
            if not 0.5 <= new.height / lost.height <= 2:
                continue
            x, y = lost.foreseen(now)
            # Where nobody knows how fast it went, further off the longer it was not seen.
            reach = 1.0 if len(lost.path) > 1 else 1 + _STRIDE * (now - lost.supported)
            across = abs(new.x - x) / max(new.width, lost.width)
            down = abs(new.y - y) / (0.6 * max(new.height, lost.height))
            if across <= reach and down <= 1:
                yield across + down, number
