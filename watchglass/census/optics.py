"""What tags say of cameras' lenses, what stands in where they say nothing, and how far a camera sees.

A picture `pixels` wide that shows an `angle` has `pixels / (2 d tan(angle / 2))` pixels per metre at distance `d`.
"""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from watchglass.census.plane import Plane
from watchglass.census.values import BANDS, Camera, Mount, Numbers, Setting, View

Indexes = npt.NDArray[np.intp]

WIDEST_STRAIGHT = 120.0
"""Degrees. A lens with a wider angle does not draw straight lines straight, and the tangent would make it blind: its pixels
are then spread over the arc, but no denser than those of a lens with this angle."""


@dataclasses.dataclass(frozen=True, slots=True)
class Assumptions:
    """What stands in for missing tags, and the ranges that draws are taken from. Metres, degrees, pixels."""

    angle: float = 90.0
    height: float = 4.0
    pixels: float = 1920.0
    building: float = 8.0
    angles: tuple[float, float] = (60.0, 110.0)
    heights: tuple[float, float] = (3.0, 6.0)
    widths: tuple[float, float] = (1280.0, 3840.0)
    buildings: tuple[float, float] = (4.0, 15.0)
    chest: float = 1.4  # seen is what is seen of a person: this high above the ground
    wall: float = 3.0  # a fixed camera no farther than this from a wall looks away from it
    farthest: float = 500.0  # whatever the tags say: an angle of 1 degree would reach 5 km


STATED = Assumptions()


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What tags say of cameras that watch the open, as arrays. NaN, and -1 in `round`, where nobody has said.

    `index` is where each stands among the cameras it was made of. `round` is 1 for domes and panning cameras. `view_of`,
    `starts`, and `ends` are all views, each with its camera's position here; directions are the plane's.
    """

    index: Indexes
    keys: npt.NDArray[np.uint64]  # a hash of the id: chance that is the same each time
    x: Numbers
    y: Numbers
    counts: Numbers
    round: npt.NDArray[np.int8]
    angles: Numbers
    heights: Numbers
    pixels: Numbers
    view_of: Indexes
    starts: Numbers
    ends: Numbers

    def of(self, chosen: Indexes) -> "Known":
        """Some of them, in order. `chosen` has no camera twice."""
        new = _renumbered(self.view_of, chosen, len(self.x))
        kept = new >= 0
        return Known(
            index=self.index[chosen],
            keys=self.keys[chosen],
            x=self.x[chosen],
            y=self.y[chosen],
            counts=self.counts[chosen],
            round=self.round[chosen],
            angles=self.angles[chosen],
            heights=self.heights[chosen],
            pixels=self.pixels[chosen],
            view_of=new[kept],
            starts=self.starts[kept],
            ends=self.ends[kept],
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Eyes:
    """Cameras as they are taken to be: nothing is missing.

    `reaches` are distances along the ground in metres, a row a camera, a column a band of `BANDS`. `sector_of`, `starts`
    and `widths` are the sectors they look into: of which camera, from which direction on, how many degrees clockwise.
    """

    x: Numbers
    y: Numbers
    counts: Numbers
    heights: Numbers
    reaches: Numbers
    sector_of: Indexes
    starts: Numbers
    widths: Numbers

    def of(self, chosen: Indexes) -> "Eyes":
        """Some of them, in order. `chosen` has no camera twice."""
        new = _renumbered(self.sector_of, chosen, len(self.x))
        kept = new >= 0
        fields = (self.x[chosen], self.y[chosen], self.counts[chosen], self.heights[chosen], self.reaches[chosen])
        return Eyes(*fields, new[kept], self.starts[kept], self.widths[kept])


def known(cameras: Sequence[Camera], plane: Plane) -> Known:
    """What tags say; cameras that are indoors are left out."""
    outside = [(index, one) for index, one in enumerate(cameras) if one.setting is not Setting.INDOOR]
    some = [one for _, one in outside]
    longitudes, latitudes = _said([one.longitude for one in some]), _said([one.latitude for one in some])
    x, y = plane.metres(longitudes, latitudes)
    views = [(number, view) for number, one in enumerate(some) for view in one.views]
    view_of = np.array([number for number, _ in views], np.intp)
    north = plane.north(longitudes, latitudes)[view_of]
    return Known(
        index=np.array([index for index, _ in outside], np.intp),
        keys=np.array([_key(one.id) for one in some], np.uint64),
        x=x,
        y=y,
        counts=np.array([one.count for one in some], float),
        round=np.array([_round(one) for one in some], np.int8),
        angles=_said([_angle(one) for one in some]),
        heights=_said([one.height for one in some]),
        pixels=_said([one.pixels for one in some]),
        view_of=view_of,
        starts=np.array([view.start for _, view in views], float) + north,
        ends=np.array([view.end for _, view in views], float) + north,
    )


def filled(given: Known, away: Numbers, assumed: Assumptions = STATED) -> Eyes:
    """Cameras with the stated defaults. `away` is the direction away from the wall each is at, NaN where there is none."""
    looks = np.where(np.isnan(away), given.keys.astype(float) / 2.0**64 * 360, away)
    angles = np.where(np.isnan(given.angles), assumed.angle, given.angles)
    heights = np.where(np.isnan(given.heights), assumed.height, given.heights)
    pixels = np.where(np.isnan(given.pixels), assumed.pixels, given.pixels)
    return _eyes(given, (given.round == 1, angles, heights, pixels, looks), assumed)


def drawn(given: Known, away: Numbers, chances: "Chances", draw: int, assumed: Assumptions = STATED) -> Eyes:
    """Cameras with a draw of what tags do not say. One with a direction is not drawn as one that looks all around.

    `away` is the direction away from the wall that each hangs on: it looks into the half before it. NaN for the others.
    """
    lean = chances.leans[draw]
    own = chances.own[draw]
    looked = np.bincount(given.view_of, minlength=len(given.x)) > 0
    around = np.where((given.round < 0) & ~looked, own[0] < lean[0], given.round == 1)
    parts = []
    for number, (said, between) in enumerate(
        ((given.angles, assumed.angles), (given.heights, assumed.heights), (given.pixels, assumed.widths)), 1
    ):
        parts.append(np.where(np.isnan(said), leaning(own[number], lean[number], between), said))
    looks = np.where(np.isnan(away), own[4] * 360, away + (own[4] - 0.5) * 180)
    return _eyes(given, (around, parts[0], parts[1], parts[2], looks), assumed)


@dataclasses.dataclass(frozen=True, slots=True)
class Chances:
    """Chance for some draws: `leans` a row a draw, `own` by draw, tag and camera; all 0 to 1.

    Were every camera drawn for itself alone, a thousand would always come out the same on average, and the range would say
    that lenses in a town are 4.5 m up to the centimetre. Nobody knows that. So each draw first has a lean for each tag: most
    cameras rather low, most rather high; leans are spread evenly over the draws (a Latin hypercube).
    """

    leans: Numbers
    own: Numbers

    @classmethod
    def of(cls, given: Known, draws: int, seed: int) -> "Chances":
        """By seed and camera id alone: what else there is, and in which order, makes no difference to a camera."""
        generator = np.random.default_rng(seed)
        strata = np.stack([generator.permutation(draws) for _ in range(_TAGS)], axis=1)
        leans = (strata + generator.random((draws, _TAGS))) / draws
        own = np.empty((draws, _TAGS, len(given.x)))
        for place, key in enumerate(given.keys):
            bits = np.random.Philox(key=np.array([key, seed], np.uint64))
            own[:, :, place] = np.random.Generator(bits).random((draws, _TAGS))
        return cls(leans, own)


_TAGS = 6  # mount, angle, height, pixels, direction, buildings' heights
BUILDINGS_LEAN = 5
"""Which lean is that of buildings' heights."""
_EDGE = 0.05


def leaning(chance: Numbers, lean: float, between: tuple[float, float]) -> Numbers:
    """Numbers from the whole of a range, whose mean lies at `lean` of it; evenly spread where that is a half.

    A power of an even chance: the mean of u^k is 1 / (k + 1). Leans keep off the very ends.
    """
    mean = _EDGE + (1 - 2 * _EDGE) * lean
    spread = chance ** ((1 - mean) / mean)
    return np.asarray(between[0] + (between[1] - between[0]) * spread, float)


def reach(pixels: Numbers, angles: Numbers, heights: Numbers, assumed: Assumptions = STATED) -> Numbers:
    """How far along the ground each band reaches: where a person's chest is as far from the lens as the band allows."""
    wide = np.minimum(angles, WIDEST_STRAIGHT)
    spread = np.maximum(2 * np.tan(np.radians(wide) / 2), np.where(angles > WIDEST_STRAIGHT, np.radians(angles), 0))
    slant = np.minimum((pixels / spread)[:, None] / np.array(BANDS, float)[None, :], assumed.farthest)
    above = (heights - assumed.chest)[:, None]
    return np.asarray(np.sqrt(np.maximum(slant**2 - above**2, 0)), float)


def longest(given: Known, assumed: Assumptions = STATED) -> Numbers:
    """How far each reaches at most, whatever is drawn for what nobody has said."""
    narrow = np.where(np.isnan(given.angles), min(assumed.angle, assumed.angles[0]), given.angles)
    wide = np.where(np.isnan(given.pixels), max(assumed.pixels, assumed.widths[1]), given.pixels)
    low = np.where(np.isnan(given.heights), min(assumed.height, assumed.heights[0]), given.heights)
    return reach(wide, narrow, np.maximum(low, assumed.chest), assumed)[:, 0]


def alone(assumed: Assumptions = STATED) -> float:
    """What one camera of the stated defaults sees, alone and unhindered: square metres."""
    far = reach(np.array([assumed.pixels]), np.array([assumed.angle]), np.array([assumed.height]), assumed)[0, 0]
    return float(np.radians(assumed.angle) / 2 * far**2)


def sentences(given: Known, heights: Numbers, assumed: Assumptions = STATED) -> tuple[str, ...]:
    """Each assumption, and for how many it stood in. `heights` are those of buildings, NaN where nobody has said."""
    of = f"of {_counted(len(given.x), 'camera')}"
    looked = np.bincount(given.view_of, minlength=len(given.x)) > 0
    mounts = int(((given.round < 0) & ~looked).sum())
    directions = int((~looked & (given.round != 1)).sum())
    angles, lenses, pixels = (int(np.isnan(some).sum()) for some in (given.angles, given.heights, given.pixels))
    walls, houses = int(np.isnan(heights).sum()), _counted(len(heights), "building")
    said = (
        (mounts, f"Taken to look one way: {mounts:,} {of} (range: one way or all around)."),
        (
            directions,
            f"Taken to look away from a wall within {assumed.wall:g} m, else anywhere: {directions:,} {of} (range: all around).",
        ),
        (angles, f"Angle of view taken as {assumed.angle:g}°: {angles:,} {of} (range: {_range(assumed.angles)}°)."),
        (
            lenses,
            f"Height of the lens taken as {assumed.height:g} m: {lenses:,} {of} (range: {_range(assumed.heights)} m).",
        ),
        (
            pixels,
            f"Width of the picture taken as {assumed.pixels:,g} pixels: {pixels:,} {of} (range: {_range(assumed.widths)}).",
        ),
        (
            walls,
            f"Height taken as {assumed.building:g} m: {walls:,} of {houses} (range: {_range(assumed.buildings)} m).",
        ),
    )
    always = f"Seen is what is seen of a person's chest, {assumed.chest:g} m above level ground, and no farther than {assumed.farthest:g} m."
    return (*(sentence for number, sentence in said if number), always)


def _range(between: tuple[float, float]) -> str:
    return f"{between[0]:,g} to {between[1]:,g}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _eyes(
    given: Known, taken: tuple[npt.NDArray[np.bool_], Numbers, Numbers, Numbers, Numbers], assumed: Assumptions
) -> Eyes:
    """`taken`: who looks all around, angles, heights, pixels, and directions of those of whom none is known."""
    around, angles, heights, pixels, looks = taken
    ranged = given.ends != given.starts
    # A dome's or panning camera's middle direction says nothing; from where to where it turns does.
    views = np.flatnonzero(ranged | ~around[given.view_of])
    owners = given.view_of[views]
    span = (given.ends - given.starts)[views] % 360
    span = np.where(ranged[views] & (span < 1e-9), 360, span)  # 0 to 360 is all around
    width = np.where(ranged[views], span, angles[owners])
    start = np.where(ranged[views], given.starts[views], given.starts[views] - width / 2)
    bare = np.setdiff1d(np.arange(len(given.x)), owners)
    bare_width = np.where(around[bare], 360, angles[bare])
    bare_start = np.where(around[bare], 0, looks[bare] - bare_width / 2)
    return Eyes(
        x=given.x,
        y=given.y,
        counts=given.counts,
        heights=heights,
        reaches=reach(pixels, angles, heights, assumed),
        sector_of=np.concatenate([owners, bare]),
        starts=np.concatenate([start, bare_start]) % 360,
        widths=np.minimum(np.concatenate([width, bare_width]), 360),
    )


def _renumbered(old: Indexes, chosen: Indexes, number: int) -> Indexes:
    """Positions among those chosen, -1 for the others'."""
    place = np.full(number, -1, np.intp)
    place[chosen] = np.arange(len(chosen))
    return place[old]


def _said(values: Sequence[float | None]) -> Numbers:
    return np.array([np.nan if one is None else one for one in values], float)


def _round(camera: Camera) -> int:
    """-1 unknown, 0 looks one way, 1 all around. One whose direction is known but not its kind looks that way."""
    if camera.mount is None:
        return 0 if camera.views else -1
    return int(camera.mount is not Mount.FIXED)


def _angle(camera: Camera) -> float | None:
    """As said; or, for one that does not turn, as wide as what it is said to look over."""
    if (
        camera.angle is None
        and len(camera.views) == 1
        and not _round(camera)
        and camera.views[0].start != camera.views[0].end
    ):
        return _span(camera.views[0])
    return camera.angle


def _span(view: View) -> float:
    return (view.end - view.start) % 360 or 360.0


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
