"""The plate: the learnt empty background of a camera. What matches it may be shown, everything else is covered (R1).

For each cell two candidates are kept: ways it has looked. A candidate gains time while the cell looks like it and no
sign of a person, however faint, is near; it loses many times that while it is seen inside a box of somebody. So what comes
back after each passer-by gains, and somebody who stands there never does. A candidate with `settle` seconds is
taken into the plate. Where a faint sign stays on a thing that never moves (a sign-post, a traffic cone), or where a
person's track ended inside the picture, several close looks must find nobody first. A plate that is known follows slow
changes of light where nothing is covered, and takes in a lasting change (a parked car) after `replace` seconds by the
same rules, once a close look has found nobody there. Times are seconds of media time.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.frame import Plane
from watchglass.model.vision import Box
from watchglass.redact.candidates import Candidate, levels, put, rounded
from watchglass.redact.cells import Geometry, Grid, Small, differing, grown, mask, with_at_least

_NEVER = -1e9
_JITTER = 1e-6  # seconds: times are sums of frame durations
_COMPLETE = 0.99
_OFTEN = 0.3
_BESIDE = 3  # cells round a place that tell whether somebody passes by
_CALM = 0.6  # share of them that must have stayed as they are for a while
_MOST_LOOKS = 6  # times the options' number
_BLACK = 16  # luma of limited range
_DARK = 10  # levels above black under which a ratio says nothing
_FOLLOWS = 0.02  # weight of a new sample
_MOST_MISSED = 5.0  # samples whose weight one that comes later may have
_PART = 12  # cells: side of a place that one close look takes in


@dataclasses.dataclass(frozen=True, slots=True)
class PlateOptions:
    """`luma` and `chroma` are levels of noise that still match in all but `pixels` - 1 of a cell's 16 pixels.

    `ready` is a share of cells, and `ready_late` the share that will do after `late` seconds of learning, so that waving
    trees do not keep a camera covered for good; `looks` is a count, all others are seconds: `suspicion` is how long a
    sign of a person keeps a place from gaining if the detector has answered since (until it has, the sign stays), and
    `silence` after how long without an answer nothing gains at all: less than `settle`.

    A frame is learnt from every `sample` seconds, or `sample_still` while all is known and nothing differs from it; where
    nothing differs, but a little is not known yet, only light is followed more seldom.

    `looks` clear close looks in a row take in a place of which nothing is known yet, `looks_change` one that used to look
    different, each `looks_apart` seconds from the last; one that shows a person makes `escalate` times as many necessary,
    since looks at somebody who does not move are much the same look. `against` is how many seconds a place loses
    that somebody is seen in, down to `debt` of them.

    No close looks are asked for where a person was surely seen in much of the last `sure` seconds.

    `light` is the share by which the scene may get lighter or darker in a second and still be followed, `brightest` how
    much in all (and as much darker). A cell that went from plate to strange `restless` times with nobody near, each
    counting less with `forgets` seconds, is a thing in the wind.
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
    sample_still: float = 1.0
    suspicion: float = 0.9
    silence: float = 2.5
    looks: int = 4
    looks_change: int = 6
    looks_apart: float = 1.0
    escalate: int = 3
    sure: float = 20.0
    debt: float = 60.0
    against: float = 2.0
    light: float = 0.04
    brightest: float = 1.6
    restless: float = 3.0
    forgets: float = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Signs:
    """Signs of people in one picture: boxes that the detector gave, however faint; the `sure` ones among them, which
    no close look argues away; and where trackers foretell somebody.
    """

    seen: Sequence[Box]
    sure: Sequence[Box] = ()
    foretold: Sequence[Box] = ()


class Plate:
    """One camera's plate and what is still being learnt of it. Used from one thread."""

    def __init__(self, geometry: Geometry, options: PlateOptions | None = None) -> None:
        self.geometry = geometry
        self.options = options or PlateOptions()
        self._level = levels(geometry)
        self._picture = self._lit = rounded(self._level)
        self._light = 1.0
        self._support = np.zeros(geometry.grid)
        self._renewed: Grid = np.zeros(geometry.grid, np.bool_)
        self._turns = np.zeros(geometry.grid)
        self._was_strange: Grid = np.ones(geometry.grid, np.bool_)
        self._closed = False
        self._known: Grid = np.zeros(geometry.grid, np.bool_)
        self._share = 0.0
        self.cleared: Grid = np.zeros(geometry.grid, np.bool_)
        self._likely, self._other = Candidate(geometry), Candidate(geometry)
        self._is_likely: Grid = np.zeros(geometry.grid, np.bool_)
        self._since = np.full(geometry.grid, np.inf)
        self._sign = np.full(geometry.grid, _NEVER)
        self._sure = np.zeros(geometry.grid)
        self._told = _NEVER
        self._doubt: Grid = np.zeros(geometry.grid, np.bool_)
        self._asked: Grid = np.zeros(geometry.grid, np.bool_)
        self._looks = np.zeros(geometry.grid, np.int32)
        self._needed = np.ones(geometry.grid, np.int32)  # times the options' number of looks
        self._looked_at = np.full(geometry.grid, _NEVER)
        self._sampled: float | None = None
        self._followed = _NEVER
        self._begun = np.inf

    @property
    def known(self) -> Grid:
        """Cells of which there is a plate. Never changed in place: whoever keeps it can see whether it is another now."""
        return self._known

    @known.setter
    def known(self, cells: Grid) -> None:
        self._known, self._share = cells, float(cells.mean())

    @property
    def progress(self) -> float:
        """Share of what is needed to show the view, 0 to 1."""
        return 1.0 if self.ready else min(1.0, self._share / self.options.ready)

    @property
    def ready(self) -> bool:
        """Whether enough is known to show the view; what is not known stays covered."""
        late = self._closed or (self._sampled is not None and self._sampled - self._begun >= self.options.late)
        return self._share >= self.options.ready or (late and self._share >= self.options.ready_late)

    @property
    def complete(self) -> bool:
        """Whether there is a plate for nearly all of the picture."""
        return self._share > _COMPLETE

    @property
    def picture(self) -> Small:
        """The plate at analysis size; meaningless where nothing is known yet."""
        return self._picture

    @property
    def restless(self) -> Grid:
        """Cells that keep leaving the plate and coming back with nobody near: a tape, a flag, a branch in the wind."""
        found: Grid = self._turns >= self.options.restless
        return found

    def changing(self, time: float, seconds: float) -> Grid:
        """Cells that have not looked the same for so long: somebody may be there whom no detector sees."""
        found: Grid = time - self._since < seconds
        return found

    def strange(self, small: Small) -> tuple[Grid, Plane]:
        """Cells that may not be shown, unknown ones and those that differ from the plate beyond noise; and the pixels of
        the small picture that differ (255, else 0), all of them where nothing is known.
        """
        options = self.options
        apart = differing(small, self._lit, options.luma, options.chroma)
        strange = ~self.known | with_at_least(apart, options.pixels)
        if not self.known.all():
            cv2.bitwise_or(apart, mask(~self.known) * np.uint8(255), apart)
        return strange, apart

    @property
    def is_likely(self) -> Grid:
        """Which of its two candidates each cell looks like at the moment; for `suspect`."""
        return self._is_likely

    def take_renewed(self) -> Grid:
        """Cells whose look was taken in or replaced since this was asked last."""
        renewed, self._renewed = self._renewed, np.zeros_like(self._renewed)
        return renewed

    def suspect(self, signs: Signs, time: float, strange: Grid, is_likely: Grid) -> None:
        """Somebody may be in the picture of `time`: near any sign no place gains, inside one that was seen it loses.

        `strange` and `is_likely` are how that picture looked. A place that was cleared by close looks and still matches
        the plate is left alone: it is the thing it was.
        """
        scenery = self.cleared & ~strange
        self._sign[self.geometry.marked([*signs.seen, *signs.foretold], 0.25, 0.1) & ~scenery] = time
        self._weigh_sure(self.geometry.marked(signs.sure, -0.2, -0.1), time)
        inside = self.geometry.marked(signs.seen, -0.2, -0.1) & ~scenery
        for candidate, looks in ((self._likely, is_likely), (self._other, ~is_likely)):
            candidate.gained[inside & looks] -= self.options.against
            np.maximum(candidate.gained, -self.options.debt, out=candidate.gained)
        self._told = time

    def _weigh_sure(self, sure: Grid, time: float) -> None:
        """By cell, the share of lately looked at pictures that surely showed a person there; passers-by make it small."""
        weight = min(1.0, (time - self._told) / self.options.sure)
        self._sure += weight * (sure - self._sure)

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
        seconds, options = time - self._sampled, self.options
        still = self._still(strange)
        nothing_new = still and bool(self.known.all())
        if seconds < (options.sample_still if nothing_new else options.sample) - _JITTER:
            return
        self._sampled = time
        if not still or time - self._followed >= options.sample_still - _JITTER:
            lasted, self._followed = time - self._followed, time
            self._follow(small, self.known & ~strange & ~grown(covered | strange), lasted)
            self._follow_light(small, lasted, covered)
        self._compare(small, time)
        self._count_turns(strange, covered | (self._sign > time - self.options.suspicion), seconds)
        silent = time - self._told > max(options.silence, seconds + _JITTER)  # frames may be far apart
        # What matched the plate in every frame since counts in full; of what is not known, what was missed does not.
        most = options.sample_still if nothing_new else 2 * options.sample
        self._gain(small, time, min(seconds, most), covered | silent)
        self._doubt &= strange  # a place that matches its plate again holds nobody
        self._needed[self.known & ~strange] = 1
        self._settle(time, strange)

    def _still(self, strange: Grid) -> bool:
        """Whether what is known is nearly all, beyond doubt, and looks as it is known, now and when it was last seen to."""
        return self.complete and not (((strange | self._was_strange) & self.known) | self._doubt).any()

    def places_to_look_at(self, time: float, strange: Grid) -> list[Box]:
        """Places that stay as they are but where a person was suspected: what close looks may clear, best first."""
        if (
            time - self._begun < self.options.settle + self.options.silence
        ):  # most will gain by itself, answers come late
            return []
        options = self.options
        lasted = time - self._since >= self._enough()
        still = lasted | (self.known & (self._likely.gained >= self._enough()))
        suspected = self.known | self._doubt | (self._likely.gained < options.settle)
        # A person whom whole pictures surely and often showed here is not argued away.
        sure = self._sure > _OFTEN
        asked = still & (~self.known | strange) & suspected & self._is_likely & ~self._looked_enough() & ~sure
        self._asked = asked
        asked = asked & (time - self._looked_at >= options.looks_apart - _JITTER)
        if not asked.any():
            return []
        count, _, stats, _ = cv2.connectedComponentsWithStats(asked.astype(np.uint8), connectivity=8)
        found = []
        for left, top, width, height, _area in stats[1:count].tolist():
            for row in range(top, top + height, _PART):  # a place larger than a person is looked at in parts
                for column in range(left, left + width, _PART):
                    rows = slice(row, min(row + _PART, top + height))
                    columns = slice(column, min(column + _PART, left + width))
                    if asked[rows, columns].any() and self._is_calm(rows, columns, time):
                        unknown = int((asked & ~self.known)[rows, columns].sum())
                        urgency = (unknown > 0, float(self._looks[rows, columns].mean()), unknown)
                        found.append((urgency, self.geometry.box(rows, columns)))
        return [box for _, box in sorted(found, key=lambda pair: pair[0], reverse=True)]

    def _is_calm(self, rows: slice, columns: slice, time: float) -> bool:
        """Whether nobody is passing by: a passer-by says nothing of the place, and looks cost time."""
        around = (
            slice(max(0, rows.start - _BESIDE), rows.stop + _BESIDE),
            slice(max(0, columns.start - _BESIDE), columns.stop + _BESIDE),
        )
        still = time - self._since[around] >= self.options.looks_apart
        return float(still.mean()) >= _CALM

    def looked(self, place: Box, time: float, *, person: bool) -> None:
        """The answer of a close look at a place that was asked for: the frame of `time`."""
        cells = self.geometry.cells(place)
        self._looked_at[cells] = time
        if not person:
            self._looks[cells] += 1
            return
        # The place is a part of something larger: whoever is in one part of it is in the others as well.
        _, names = cv2.connectedComponents(grown(self._asked).view(np.uint8), connectivity=8)
        found = np.unique(names[cells])
        whole = np.isin(names, found[found > 0])
        whole[cells] = True
        self._looks[whole] = 0
        self._likely.gained[whole] = np.minimum(self._likely.gained[whole], 0.0)  # a debt stays
        self._needed[whole] = np.minimum(self._needed[whole] * self.options.escalate, _MOST_LOOKS)

    def _looked_enough(self) -> Grid:
        """Cells with as many clear close looks in a row as they need."""
        options = self.options
        found: Grid = self._looks >= self._needed * np.where(self.known, options.looks_change, options.looks)
        return found

    def pause(self) -> None:
        """Frames are missing: nothing seen before says that a place stayed the same since."""
        self._since[:] = np.inf
        self._sampled = None

    def forget(self) -> None:
        """Start over: the camera was moved, or the light changed for good."""
        self.known = np.zeros(self.geometry.grid, np.bool_)
        self.cleared[:] = self._doubt[:] = False
        for candidate in (self._likely, self._other):
            candidate.gained[:] = 0.0
        self._looks[:], self._needed[:], self._looked_at[:] = 0, 1, _NEVER
        self._support[:] = self._turns[:] = 0.0
        self._was_strange = np.ones(self.geometry.grid, np.bool_)
        self._light, self._closed = 1.0, False
        self._sure[:] = 0.0
        self._sign[:] = self._told = _NEVER
        self._begun = np.inf
        self.pause()

    def close(self) -> None:
        """There is nothing more to learn from: what is known by now will have to do. Times begin anew after it."""
        self._closed = True
        self._sure[:] = 0.0
        self._sign[:] = self._looked_at[:] = self._told = _NEVER
        self.pause()

    def kept(self) -> dict[str, npt.NDArray[np.generic]]:
        """What is worth keeping across a restart, as arrays."""
        y, u, v = (plane.copy() for plane in self._picture.planes())
        return {"y": y, "u": u, "v": v, "known": self.known.copy(), "cleared": self.cleared.copy()}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> bool:
        """Take up a kept plate; False, and nothing changed, if it is not of this camera's size and kind."""
        sizes = dict.fromkeys(("y", "u", "v"), self._picture.y.shape)
        sizes |= {"known": self.geometry.grid, "cleared": self.geometry.grid}
        for name, shape in sizes.items():
            wanted = np.bool_ if name in {"known", "cleared"} else np.uint8
            if name not in arrays or arrays[name].shape != shape or arrays[name].dtype != wanted:
                return False
        self._level = [arrays[name].astype(np.float32) for name in ("y", "u", "v")]
        self._picture = self._lit = rounded(self._level)
        self._light = 1.0
        self.known = arrays["known"].astype(np.bool_)
        self.cleared = arrays["cleared"].astype(np.bool_)
        self._support[self.known] = self.options.replace
        self._closed = self._share >= self.options.ready_late  # it was shown before
        return True

    def _differs(self, small: Small, other: Small) -> Grid:
        options = self.options
        return with_at_least(differing(small, other, options.luma, options.chroma), options.pixels)

    def _begin(self, small: Small, time: float) -> None:
        """The first frame, or the first after a hole: candidates stay, but nothing is known to have lasted."""
        self._sampled = self._followed = time
        self._begun = min(self._begun, time)
        self._compare(small, time)
        self._since[:] = time

    def _compare(self, small: Small, time: float) -> None:
        """Which candidate each cell looks like now; a look that is neither replaces the lesser one."""
        likely = ~self._differs(small, self._likely.picture)
        unlikely = ~likely
        other = unlikely & ~self._differs(small, self._other.picture) if unlikely.any() else unlikely
        new = unlikely & ~other
        self._other.take(small, new)
        changed = new | (likely != self._is_likely)
        self._since[changed] = time
        self._looks[changed] = 0
        self._doubt &= ~changed
        self._is_likely = likely

    def _gain(self, small: Small, time: float, seconds: float, covered: Grid) -> None:
        stays = min(time - self.options.suspicion, self._told - _JITTER)  # signs of the last answer, however old
        suspected = covered | (self._sign > stays)
        for candidate, now in ((self._likely, self._is_likely), (self._other, ~self._is_likely)):
            candidate.follow(small, now & ~suspected)
            candidate.gained[now & ~suspected] += seconds
            np.minimum(candidate.gained, 2 * self.options.replace, out=candidate.gained)
        # A debt is nobody's merit: the look that is there now comes before one that never was.
        other, likely = np.maximum(self._other.gained, 0.0), np.maximum(self._likely.gained, 0.0)
        better = (other > likely) | (~self._is_likely & (other >= likely))
        if better.any():
            self._likely.swap(self._other, better)
            self._is_likely = self._is_likely ^ better
            self._looks[better] = 0

    def _settle(self, time: float, strange: Grid) -> None:
        options = self.options
        looked = self._is_likely & self._looked_enough() & ~(self._sure > _OFTEN)
        enough = self._enough()
        lasted = (time - self._since >= enough) | (self._likely.gained >= enough)
        # What comes to stay in a known scene may be somebody whom the detector lost on the way: never without looking.
        trusted = ~self.known & ~self._doubt & (self._likely.gained >= options.settle)
        cells = (~self.known | strange) & (trusted | (looked & lasted))
        if not cells.any():
            return
        put(self._level, self._likely.level, cells)
        self._renewed |= cells
        self._show()
        self.known = self.known | cells
        self._doubt &= ~cells
        self.cleared = (self.cleared & ~cells) | (cells & looked)
        self._support[cells] = np.maximum(self._likely.gained[cells], 0.0)
        self._turns[cells] = 0.0
        self._likely.gained[cells] = 0.0

    def _enough(self) -> npt.NDArray[np.float64]:
        """Seconds that a new look needs, by cell: the better the present one is supported, the more."""
        options = self.options
        replacing = np.clip(2 * self._support, options.settle, options.replace)
        return np.where(self.known, replacing, options.settle)

    def _count_turns(self, strange: Grid, people: Grid, seconds: float) -> None:
        """Count where the plate was left with nobody near."""
        self._turns *= math.exp(-seconds / self.options.forgets)
        self._turns += strange & ~self._was_strange & self.known & ~people
        self._was_strange = strange
        self._support += seconds * (self.known & ~strange & ~people)
        np.minimum(self._support, self.options.replace, out=self._support)

    def _follow(self, small: Small, cells: Grid, seconds: float) -> None:
        """Slow changes, place by place."""
        if not cells.any():
            return
        where = mask(cells)
        weight = _FOLLOWS * min(max(1.0, seconds / self.options.sample), _MOST_MISSED)
        for level, plane in zip(self._level, small.planes(), strict=True):
            cv2.accumulateWeighted(plane, level, weight, where)
        self._show()

    def _follow_light(self, small: Small, seconds: float, covered: Grid) -> None:
        """Changes of all the scene's light: clouds, dusk, an exposure that creeps. Sudden ones are left to the guard."""
        options = self.options
        cells = self.known & ~covered
        if cells.sum() < cells.size // 4:
            return
        columns, rows = self.geometry.grid[1], self.geometry.grid[0]
        now, then = (
            cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA)[cells].astype(np.float32) - _BLACK
            for plane in (small.y, self._picture.y)
        )
        bright = then > _DARK
        measured = float(np.median(now[bright] / then[bright])) if bright.sum() > cells.size // 8 else 1.0
        limit = options.light * seconds
        light = self._light + min(limit, max(-limit, measured - self._light))
        light = min(options.brightest, max(1 / options.brightest, light))
        if abs(light - self._light) > 0.002:
            self._light = light
            self._show()

    def _show(self) -> None:
        """The plate changed, or the light did."""
        self._picture = rounded(self._level)
        if abs(self._light - 1) < 0.01:
            self._lit = self._picture
        else:
            luma = cv2.convertScaleAbs(self._level[0], alpha=self._light, beta=_BLACK * (1 - self._light))
            self._lit = Small(luma.astype(np.uint8, copy=False), self._picture.u, self._picture.v)
