"""Following objects over frames, by where they are and how they move and by nothing else.

Detections are paired with tracks in rounds, as in ByteTrack (arXiv 2110.06864): sure ones first, with who was seen just
now and then with who was lost; faint ones only keep a track alive. A velocity is measured anew between the two looks around
a time in which somebody was hidden, as in OC-SORT (arXiv 2203.14360). What was measured is in docs/design/tracking.md.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from watchglass.model.vision import Box, Detection
from watchglass.track.kinematics import Kinematics
from watchglass.track.likeness import Edges, best_first, edges, overlaps, sides

_JUST = 0.25  # seconds: who was seen so lately is not lost


@dataclasses.dataclass(frozen=True, slots=True)
class FollowOptions:
    """Scores, overlaps (IoU) and seconds.

    A detection of `begin` begins a track, one of `sure` is paired before others, one under `faint` is not used. Who is lost
    is waited for `patience`, whoever was seen for less than `proof` not even that long.
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


@dataclasses.dataclass(frozen=True, slots=True)
class Sighting:
    """One look at a track: at frame `frame`, there it was found."""

    frame: int
    found: Detection


class Followed:
    """One track while it is made."""

    def __init__(self, frame: int, time: float, found: Detection) -> None:
        self.sightings = [Sighting(frame, found)]
        self.motion = Kinematics(found.box, time)

    def see(self, frame: int, found: Detection, *, faint: bool) -> None:
        self.motion.see(found.box, faint=faint)
        self.sightings.append(Sighting(frame, found))


class Follower:
    """All tracks of one kind in a video. Frames come in order, `rate` of them a second."""

    def __init__(self, width: int, height: int, rate: float, options: FollowOptions | None = None) -> None:
        self._width, self._height, self._rate = width, height, rate
        self._options = options or FollowOptions()
        self._living: list[Followed] = []
        self._ended: list[Followed] = []
        self._just = max(_JUST, 1.5 / rate)

    def look(self, frame: int, detections: Iterable[Detection]) -> None:
        """Take in what was found on a frame."""
        time, options = frame / self._rate, self._options
        for one in self._living:
            one.motion.advance(time)
        sure, faint = _split([one for one in detections if one.score >= options.faint], options.sure)
        recent = [one for one in self._living if one.motion.unseen <= self._just]
        lost = [one for one in self._living if one.motion.unseen > self._just]
        recent, sure = self._pair(frame, recent, sure, _unlike, 1 - options.overlap)
        lost, sure = self._pair(frame, lost, sure, _unlike, 1 - options.overlap)
        recent, faint = self._pair(frame, recent, faint, _unlike, 1 - options.overlap_faint, faint=True)
        left, sure = self._pair(frame, [*recent, *lost], sure, self._distances, options.near)
        self._pair(frame, left, faint, _unlike, 1 - options.overlap_faint, faint=True)
        self._living += [Followed(frame, time, one) for one in sure if one.score >= options.begin]
        self._end(time)

    def finish(self) -> list[Followed]:
        """All tracks, in the order in which they began."""
        every = [*self._ended, *self._living]
        return sorted(every, key=lambda one: one.sightings[0].frame)

    def _pair(
        self,
        frame: int,
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
            tracks[row].see(frame, found[column], faint=faint)
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
        distance = np.hypot(across, down) / (1 + self._options.nearer * unseen)
        unequal = np.maximum(its / height, height / np.maximum(its, 1.0)) > self._options.taller
        return np.where(unequal, np.inf, distance)

    def _end(self, time: float) -> None:
        options = self._options
        living: list[Followed] = []
        for one in self._living:
            unseen = time - one.sightings[-1].frame / self._rate
            brief = len(one.sightings) / self._rate < options.proof
            patience = options.proof if brief or self._is_outside(one.motion.box) else options.patience
            (self._ended if unseen > patience else living).append(one)
        self._living = living

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
