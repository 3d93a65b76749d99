"""The plate: the learnt empty background of a camera. What matches it may be shown, everything else is covered (R1).

For each cell two candidates are kept: ways it has looked. A candidate gains time while the cell looks like it and no
sign of a person, however faint, is near; it loses twice that time while it is seen inside a box of somebody. So what
comes back after each passer-by gains, and somebody who stands there never does. A candidate with `settle` seconds is
taken into the plate. Where a faint sign stays on a thing that never moves (a sign-post, a traffic cone), or where a
person's track ended inside the picture, several close looks must find nobody first. A plate that is known follows slow
changes of light where nothing is covered, and takes in a lasting change (a parked car) after `replace` seconds by the
same rules, once a close look has found nobody there. Times are seconds of media time.
"""

import dataclasses
from collections.abc import Iterable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.vision import Box
from watchglass.redact.cells import Geometry, Grid, Small, differing, grown, pixels

_NEVER = -1e9
_JITTER = 1e-6  # seconds: times are sums of frame durations
_COMPLETE = 0.99
_PART = 12  # cells: side of a place that one close look takes in


@dataclasses.dataclass(frozen=True, slots=True)
class PlateOptions:
    """`luma` and `chroma` are levels of noise that still match in all but `pixels` - 1 of a cell's 16 pixels.

    `ready` is a share of cells, and `ready_late` the share that will do after `late` seconds of learning, so that waving
    trees do not keep a camera covered for good; `looks` is a count, all others are seconds: `suspicion` is how long a
    sign of a person keeps a place from gaining if the detector has answered since (until it has, the sign stays), and
    `silence` after how long without an answer nothing gains at all: less than `settle`.
    """

    luma: int = 13
    chroma: int = 7
    pixels: int = 2
    settle: float = 4.0
    replace: float = 30.0
    ready: float = 0.92
    ready_late: float = 0.6
    late: float = 25.0
    sample: float = 0.2
    suspicion: float = 0.9
    silence: float = 2.5
    looks: int = 4


@dataclasses.dataclass(slots=True, eq=False)
class _Candidate:
    """One way each cell has looked: levels of the small picture's planes, and seconds gained, by cell."""

    level: list[npt.NDArray[np.float32]]
    gained: npt.NDArray[np.float64]

    @classmethod
    def empty(cls, geometry: Geometry) -> "_Candidate":
        width, height = geometry.small
        return cls([np.zeros((height, width), np.float32) for _ in range(3)], np.zeros(geometry.grid))

    def take(self, small: Small, cells: Grid) -> None:
        """Begin anew in `cells` with how they look now."""
        mask = pixels(cells)
        for level, plane in zip(self.level, small.planes(), strict=True):
            level[mask] = plane[mask]
        self.gained[cells] = 0.0

    def follow(self, small: Small, cells: Grid) -> None:
        mask = pixels(cells).astype(np.uint8)
        for level, plane in zip(self.level, small.planes(), strict=True):
            cv2.accumulateWeighted(plane, level, 0.15, mask)

    def swap(self, other: "_Candidate", cells: Grid) -> None:
        mask = pixels(cells)
        for mine, theirs in zip(self.level, other.level, strict=True):
            mine[mask], theirs[mask] = theirs[mask], mine[mask]  # boolean indexing copies, so this is a true swap
        self.gained[cells], other.gained[cells] = other.gained[cells], self.gained[cells]


class Plate:
    """One camera's plate and what is still being learnt of it. Used from one thread."""

    def __init__(self, geometry: Geometry, options: PlateOptions | None = None) -> None:
        self.geometry = geometry
        self.options = options or PlateOptions()
        width, height = geometry.small
        self._level = [np.zeros((height, width), np.float32) for _ in range(3)]
        self._picture = _rounded(self._level)
        self.known: Grid = np.zeros(geometry.grid, np.bool_)
        self.cleared: Grid = np.zeros(geometry.grid, np.bool_)
        self._likely, self._other = _Candidate.empty(geometry), _Candidate.empty(geometry)
        self._is_likely: Grid = np.zeros(geometry.grid, np.bool_)
        self._since = np.full(geometry.grid, np.inf)
        self._sign = np.full(geometry.grid, _NEVER)
        self._inside = np.full(geometry.grid, _NEVER)
        self._told = _NEVER
        self._doubt: Grid = np.zeros(geometry.grid, np.bool_)
        self._looks = np.zeros(geometry.grid, np.int16)
        self._sampled: float | None = None
        self._begun = np.inf

    @property
    def progress(self) -> float:
        """Share of what is needed to show the view, 0 to 1."""
        return 1.0 if self.ready else min(1.0, float(self.known.mean()) / self.options.ready)

    @property
    def ready(self) -> bool:
        """Whether enough is known to show the view; what is not known stays covered."""
        share = float(self.known.mean())
        late = self._sampled is not None and self._sampled - self._begun >= self.options.late
        return share >= self.options.ready or (late and share >= self.options.ready_late)

    @property
    def complete(self) -> bool:
        """Whether there is a plate for nearly all of the picture."""
        return float(self.known.mean()) > _COMPLETE

    @property
    def picture(self) -> Small:
        """The plate at analysis size; meaningless where nothing is known yet."""
        return self._picture

    def strange(self, small: Small) -> Grid:
        """Cells that may not be shown: unknown ones, and those that differ from the plate beyond noise."""
        return ~self.known | self._differs(small, self._picture)

    def suspect(self, boxes: Iterable[Box], time: float, strange: Grid) -> None:
        """Somebody may be in these boxes at `time`: a place near them gains nothing, one inside them loses.

        A place that was cleared by close looks and still matches the plate is left alone: it is the thing it was.
        """
        self._told = time
        boxes = list(boxes)
        scenery = self.cleared & ~strange
        self._sign[self.geometry.marked(boxes, 0.25, 0.1) & ~scenery] = time
        self._inside[self.geometry.marked(boxes, -0.1, -0.02) & ~scenery] = time

    def doubt(self, box: Box, seen: float) -> None:
        """A person's track, last `seen` here, ended without leaving the picture (R2).

        What still looks as it did then may be that person: it needs close looks. What has changed since is not.
        """
        touched = self.geometry.marked([box], -0.1, -0.02) & (self._since <= seen)
        self._doubt |= touched
        self._looks[touched] = 0

    def learn(self, small: Small, time: float, strange: Grid, covered: Grid) -> None:
        """Take in the frame of `time`. `covered` cells are under a cover now: nothing is learnt from them."""
        if self._sampled is None:
            self._begin(small, time)
            return
        seconds = time - self._sampled
        if seconds < self.options.sample - _JITTER:
            return
        self._sampled = time
        self._follow_light(small, self.known & ~strange & ~grown(covered | strange))
        self._compare(small, time)
        silent = time - self._told > max(self.options.silence, seconds + _JITTER)  # frames may be far apart
        self._gain(small, time, min(seconds, 2 * self.options.sample), covered | silent)
        self._doubt &= strange  # a place that matches its plate again holds nobody
        self._settle(time, strange)

    def places_to_look_at(self, time: float, strange: Grid) -> list[Box]:
        """Places that stay as they are but where a person was suspected: what close looks may clear, best first."""
        options = self.options
        lasted = time - self._since >= np.where(self.known, options.replace, options.settle)
        still = lasted | (self.known & (self._likely.gained >= options.replace))
        suspected = self.known | self._doubt | (self._likely.gained < options.settle)
        asked = still & (~self.known | strange) & suspected & self._is_likely & (self._looks < options.looks)
        if not asked.any():
            return []
        count, _, stats, _ = cv2.connectedComponentsWithStats(asked.astype(np.uint8), connectivity=8)
        found = []
        for left, top, width, height, _area in stats[1:count].tolist():
            for row in range(top, top + height, _PART):  # a place larger than a person is looked at in parts
                for column in range(left, left + width, _PART):
                    rows = slice(row, min(row + _PART, top + height))
                    columns = slice(column, min(column + _PART, left + width))
                    if asked[rows, columns].any():
                        found.append((float(self._looks[rows, columns].mean()), self.geometry.box(rows, columns)))
        return [box for _, box in sorted(found, key=lambda pair: -pair[0])]

    def looked(self, place: Box, *, person: bool) -> None:
        """The answer of a close look at a place that was asked for."""
        cells = self.geometry.cells(place)
        if person:
            self._looks[cells] = 0
            self._likely.gained[cells] = 0.0
        else:
            self._looks[cells] += 1

    def pause(self) -> None:
        """Frames are missing: nothing seen before says that a place stayed the same since."""
        self._since[:] = np.inf
        self._sampled = None

    def forget(self) -> None:
        """Start over: the camera was moved, or the light changed for good."""
        for grid in (self.known, self.cleared, self._doubt):
            grid[:] = False
        for candidate in (self._likely, self._other):
            candidate.gained[:] = 0.0
        self._looks[:] = 0
        self._sign[:] = self._inside[:] = self._told = _NEVER
        self._begun = np.inf
        self.pause()

    def kept(self) -> dict[str, npt.NDArray[np.generic]]:
        """What is worth keeping across a restart, as arrays."""
        y, u, v = self._picture.planes()
        return {"y": y, "u": u, "v": v, "known": self.known, "cleared": self.cleared}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> bool:
        """Take up a kept plate; False, and nothing changed, if it is not of this camera's size and kind."""
        sizes = dict.fromkeys(("y", "u", "v"), self._picture.y.shape)
        sizes |= {"known": self.geometry.grid, "cleared": self.geometry.grid}
        for name, shape in sizes.items():
            wanted = np.bool_ if name in {"known", "cleared"} else np.uint8
            if name not in arrays or arrays[name].shape != shape or arrays[name].dtype != wanted:
                return False
        self._level = [arrays[name].astype(np.float32) for name in ("y", "u", "v")]
        self._picture = _rounded(self._level)
        self.known = arrays["known"].astype(np.bool_)
        self.cleared = arrays["cleared"].astype(np.bool_)
        return True

    def _differs(self, small: Small, other: Small) -> Grid:
        options = self.options
        return differing(small, other, options.luma, options.chroma, options.pixels)

    def _begin(self, small: Small, time: float) -> None:
        """The first frame, or the first after a hole: candidates stay, but nothing is known to have lasted."""
        self._sampled = time
        self._begun = min(self._begun, time)
        self._compare(small, time)
        self._since[:] = time

    def _compare(self, small: Small, time: float) -> None:
        """Which candidate each cell looks like now; a look that is neither replaces the lesser one."""
        likely = ~self._differs(small, _rounded(self._likely.level))
        other = ~likely & ~self._differs(small, _rounded(self._other.level))
        new = ~likely & ~other
        self._other.take(small, new)
        changed = new | (likely != self._is_likely)
        self._since[changed] = time
        self._looks[changed] = 0
        self._doubt &= ~changed
        self._is_likely = likely

    def _gain(self, small: Small, time: float, seconds: float, covered: Grid) -> None:
        stays = min(time - self.options.suspicion, self._told - _JITTER)  # signs of the last answer, however old
        suspected = covered | (self._sign > stays)
        inside = self._inside > stays
        for candidate, now in ((self._likely, self._is_likely), (self._other, ~self._is_likely)):
            candidate.follow(small, now & ~suspected)
            candidate.gained[now & ~suspected] += seconds
            candidate.gained[now & inside] -= 2 * seconds
            np.clip(candidate.gained, 0.0, 2 * self.options.replace, out=candidate.gained)
        better = (self._other.gained > self._likely.gained) | (
            ~self._is_likely & (self._other.gained >= self._likely.gained)
        )
        if better.any():
            self._likely.swap(self._other, better)
            self._is_likely = self._is_likely ^ better
            self._looks[better] = 0

    def _settle(self, time: float, strange: Grid) -> None:
        options = self.options
        looked = self._is_likely & (self._looks >= options.looks)
        lasted = time - self._since
        enough = np.where(self.known, options.replace, options.settle)
        # What comes to stay in an empty scene may be somebody whom the detector lost on the way: one close look at least.
        trusted = (self._likely.gained >= enough) & ~self._doubt & (~self.known | (self._looks > 0))
        cells = (~self.known | strange) & (trusted | (looked & (lasted >= enough)))
        if not cells.any():
            return
        mask = pixels(cells)
        for level, candidate in zip(self._level, self._likely.level, strict=True):
            level[mask] = candidate[mask]
        self._picture = _rounded(self._level)
        self.known |= cells
        self._doubt &= ~cells
        self.cleared = (self.cleared & ~cells) | (cells & looked)
        self._likely.gained[cells] = 0.0

    def _follow_light(self, small: Small, cells: Grid) -> None:
        mask = pixels(cells).astype(np.uint8)
        for level, plane in zip(self._level, small.planes(), strict=True):
            cv2.accumulateWeighted(plane, level, 0.02, mask)
        self._picture = _rounded(self._level)


def _rounded(levels: list[npt.NDArray[np.float32]]) -> Small:
    return Small(*(cv2.convertScaleAbs(level).astype(np.uint8, copy=False) for level in levels))
