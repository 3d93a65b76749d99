"""Following objects over frames, by where they are and how they move and by nothing else.

Detections are paired with tracks in rounds, as in ByteTrack (arXiv 2110.06864): sure ones first, with who was seen just
now and then with who was lost; faint ones only keep a track alive. A velocity is measured anew between the two looks around
a time in which somebody was hidden, as in OC-SORT (arXiv 2203.14360). What was measured is in docs/design/tracking.md.
"""

import dataclasses
import secrets
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from watchglass.model.vision import Box, Detection, Track
from watchglass.track.kinematics import Kinematics
from watchglass.track.likeness import Edges, best_first, edges, overlaps, sides

_JUST = 0.25  # seconds: who was seen so lately is not lost
_JITTER = 1e-6  # seconds: times are sums of frame durations


@dataclasses.dataclass(frozen=True, slots=True)
class FollowOptions:
    """Scores, overlaps (IoU) and seconds.

    A detection of `begin` begins a track, one of `sure` is paired before others, one under `faint` is not used. Who is lost
    is waited for `patience`, whoever was seen for less than `proof` not even that long.
    Boxes of one may lie `near` heights apart beyond what was expected; `leap` where it was seen once and may go anywhere (0: as `near`),
    at about `speed` heights a second.
    """

    begin: float = 0.7
    sure: float = 0.6
    faint: float = 0.1
    overlap: float = 0.4
    overlap_faint: float = 0.5
    near: float = 0.8
    nearer: float = 0.4
    taller: float = 1.6
    patience: float = 4.0
    proof: float = 0.3
    leap: float = 0.0
    speed: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Sighting:
    """A track was found there by the look number `frame`, from 0; of a file each frame is looked at."""

    frame: int
    found: Detection


class Followed:
    """One track while it is made. `shown` is for how many seconds it was seen, all looks together."""

    def __init__(self, frame: int, time: float, found: Detection, seconds: float = 0.0, speed: float = 1.0) -> None:
        self.number = secrets.randbits(48)
        self.sightings = [Sighting(frame, found)]
        self.motion = Kinematics(found.box, time, speed)
        self.shown = seconds

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]

    def see(self, frame: int, found: Detection, seconds: float, *, faint: bool) -> None:
        """Take in where it was found, at the time of its motion."""
        self.motion.see(found.box, faint=faint)
        self.sightings.append(Sighting(frame, found))
        self.shown += seconds


class Follower:
    """All tracks of one kind in one stream. Times are seconds of media time and rise from look to look.

    Tracks are kept whole, with those that ended, for `finish`; of a stream that has no end (`live`) only what is needed to
    go on, for `current`.
    """

    def __init__(self, width: int, height: int, options: FollowOptions | None = None, *, live: bool = False) -> None:
        self._width, self._height, self._live = width, height, live
        self.options = options or FollowOptions()
        self._living: list[Followed] = []
        self._ended: list[Followed] = []
        self._frame = -1
        self._time: float | None = None  # of the last look
        self._step = 0.0  # seconds since the look before

    def look(self, time: float, detections: Iterable[Detection]) -> None:
        """Take in what was found on the frame of `time`."""
        options = self.options
        self._step = 0.0 if self._time is None else time - self._time
        self._time, self._frame = time, self._frame + 1
        just = max(_JUST, 1.5 * self._step)
        for one in self._living:
            one.motion.advance(time)
        sure, faint = _split([one for one in detections if one.score >= options.faint], options.sure)
        recent = [one for one in self._living if one.motion.unseen <= just]
        lost = [one for one in self._living if one.motion.unseen > just]
        recent, sure = self._pair(recent, sure, _unlike, 1 - options.overlap)
        lost, sure = self._pair(lost, sure, _unlike, 1 - options.overlap)
        recent, faint = self._pair(recent, faint, _unlike, 1 - options.overlap_faint, faint=True)
        left, sure = self._pair([*recent, *lost], sure, self._distances, options.near)
        self._pair(left, faint, _unlike, 1 - options.overlap_faint, faint=True)
        self._living += [
            Followed(self._frame, time, one, self._step, options.speed) for one in sure if one.score >= options.begin
        ]
        self._end()

    def current(self) -> list[Track]:
        """Where each living track was at the last look: those that it found, and those that are waited for."""
        return [
            Track(one.number, one.motion.box, one.last.found.label, one.last.found.score, one.motion.unseen)
            for one in self._living
        ]

    def finish(self) -> list[Followed]:
        """All tracks, in the order in which they began."""
        every = [*self._ended, *self._living]
        return sorted(every, key=lambda one: one.sightings[0].frame)

    def _pair(
        self,
        tracks: list[Followed],
        found: list[Detection],
        cost: "Callable[[Sequence[Followed], Sequence[Detection]], Edges]",
        most: float,
        *,
        faint: bool = False,
    ) -> tuple[list[Followed], list[Detection]]:
        """Pair what can be paired; the rest of both."""
        if not tracks or not found:
            return tracks, found
        pairs = list(best_first(cost(tracks, found), most))
        for row, column in pairs:
            tracks[row].see(self._frame, found[column], self._step, faint=faint)
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [one for place, one in enumerate(tracks) if place not in rows],
            [one for place, one in enumerate(found) if place not in columns],
        )

    def _distances(self, tracks: Sequence[Followed], found: Sequence[Detection]) -> Edges:
        """How far what was found lies from where tracks are believed to be, in heights; farther for who was long unseen.

        Feet and centre jump when legs are hidden: the top edge is the steadiest part of a person's box.
        """
        one, other = edges([track.motion.box for track in tracks])[:, None], edges([it.box for it in found])[None]
        height, its = sides(one)[1], sides(other)[1]
        height = np.maximum(height, 1.0)
        across = ((other[..., 0] + other[..., 2]) - (one[..., 0] + one[..., 2])) / 2 / height
        down = (other[..., 1] - one[..., 1]) / height
        unseen = np.array([[track.motion.unseen] for track in tracks])
        distance = np.hypot(across, down) / (1 + self.options.nearer * unseen)
        if self.options.leap:
            new = np.array([[len(track.sightings) == 1] for track in tracks])
            distance = np.where(new, distance * self.options.near / self.options.leap, distance)
        unequal = np.maximum(its / height, height / np.maximum(its, 1.0)) > self.options.taller
        return np.where(unequal, np.inf, distance)

    def _end(self) -> None:
        options = self.options
        living: list[Followed] = []
        for one in self._living:
            brief = one.shown < options.proof - _JITTER
            patience = options.proof if brief or self._is_outside(one.motion.box) else options.patience
            (self._ended if one.motion.unseen > patience else living).append(one)
        self._living = living
        if self._live:
            self._ended.clear()
            for one in living:
                del one.sightings[:-1]

    def _is_outside(self, box: Box) -> bool:
        margin = 0.0065 * self._width
        return (
            box.right < margin
            or box.bottom < margin
            or box.left > self._width - margin
            or box.top > self._height - margin
        )


def _unlike(tracks: Sequence[Followed], found: Sequence[Detection]) -> Edges:
    unlike: Edges = 1 - overlaps(edges([one.motion.box for one in tracks]), edges([one.box for one in found]))
    return unlike


def _split(found: Sequence[Detection], sure: float) -> tuple[list[Detection], list[Detection]]:
    return [one for one in found if one.score >= sure], [one for one in found if one.score < sure]
