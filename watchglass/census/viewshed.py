"""The ground that cameras see: the sectors they look into, less what buildings stand on and hide. Exact to a millimetre.

What a building hides is itself, stretched from the camera by `(lens - chest) / (lens - roof)`; all that is behind it where its
roof is as high as the lens. Of one with such a roof the walls that face the camera are enough: what lies behind them is hidden,
the building with it. Of a lower one it is the building and what its walls that face away throw behind them.

All at once for many cameras: a step here is one call for thousands of walls.

Shadows that begin at one corner lie a hair beside each other. Overlaid with floating numbers, GEOS fails at some, gives shapes
that cross themselves, or loses a whole shadow without a word (two of 720 cameras in a made-up town). So they are overlaid with
coordinates rounded to a millimetre, which cannot go wrong in that way, and takes three times as long.
"""

import dataclasses
from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.optics import STATED, Assumptions, Eyes, Indexes
from watchglass.census.values import BANDS, Numbers, Shapes

Flags = npt.NDArray[np.bool_]

STEP = 3.75
"""Degrees from one corner of an arc to the next. Corners lie outside it, so that a sector has the area it should have."""

_FINE = 0.001
"""Metres that coordinates are rounded to where floating ones cannot be overlaid."""


@dataclasses.dataclass(frozen=True, slots=True)
class Obstacles:
    """Buildings as whole polygons, and their walls. `walls` are x, y, x, y: with the building on the left."""

    shapes: Shapes
    heights: Numbers
    walls: Numbers
    wall_of: Indexes
    tree: shapely.STRtree

    @classmethod
    def of(cls, shapes: Shapes, heights: Numbers) -> Self:
        """Of polygons that `whole` has made. None of `heights` is missing."""
        right = np.asarray(shapely.orient_polygons(shapes), dtype=object)
        rings, building = shapely.get_rings(right, return_index=True)
        corners, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1] if len(ring) else np.zeros(0, bool)
        walls = np.concatenate([corners[:-1][same], corners[1:][same]], axis=1) if len(ring) else np.zeros((0, 4))
        wall_of = building[ring[1:][same]] if len(ring) else np.zeros(0, np.intp)
        return cls(right, heights, walls, wall_of, shapely.STRtree(right))

    def walls_of(self, buildings: Indexes) -> tuple[Numbers, Indexes]:
        """All walls of some buildings, and of which of `buildings` each is, by its position there."""
        first = np.searchsorted(self.wall_of, np.arange(len(self.shapes) + 1))
        nth, position = ragged((first[1:] - first[:-1])[buildings])
        return self.walls[first[buildings[position]] + nth], position


def whole(shapes: Shapes) -> tuple[Shapes, Indexes]:
    """Valid polygons, one part each, and of which shape each is. What has no area is left out."""
    wrong = ~shapely.is_valid(shapes)
    if wrong.any():
        shapes = shapes.copy()
        shapes[wrong] = shapely.make_valid(shapes[wrong])
    parts, shape = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # make_valid gives collections that hold multipolygons
    shape = shape[inner]
    kept = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)
    return np.asarray(parts[kept], dtype=object), shape[kept]


def sectors(eyes: Eyes, reaches: Numbers) -> Shapes:
    """What each camera looks into, were there no buildings. `reaches`: how far."""
    of, widths = eyes.sector_of, eyes.widths
    far = reaches[of]
    steps = np.maximum(2, np.ceil(widths / STEP - 1e-9)).astype(int)
    step = np.radians(widths / steps)
    far = far * np.sqrt(step / np.sin(step))
    around = widths >= 360 - 1e-9
    first, corners = ragged(steps + 1)
    angle = np.radians(eyes.starts)[corners] + step[corners] * first
    arc = np.stack(
        [eyes.x[of][corners] + far[corners] * np.sin(angle), eyes.y[of][corners] + far[corners] * np.cos(angle)], 1
    )
    middles = np.flatnonzero(~around)
    points = np.concatenate([np.stack([eyes.x[of][middles], eyes.y[of][middles]], 1), arc])
    owner = np.concatenate([middles, corners])
    order = np.argsort(owner, kind="stable")  # a sector's middle before its arc
    rings = shapely.linearrings(points[order], indices=owner[order])
    shapes = np.asarray(shapely.polygons(rings), dtype=object)
    shapes[far <= 0.01] = shapely.Polygon()
    return _joined(shapes, of, len(eyes.x))


def visible(eyes: Eyes, obstacles: Obstacles, assumed: Assumptions = STATED) -> Shapes:
    """What each camera sees: a row a camera, a column a band. Cameras stand outside buildings (`standing`)."""
    reaches = eyes.reaches
    looked = sectors(eyes, reaches[:, 0])
    camera, building = obstacles.tree.query(looked, predicate="intersects")
    hiding, hidden_from, nearest = _hidden(eyes, obstacles, (camera, building), assumed)
    seen = looked.copy()
    some = np.unique(hidden_from)
    if len(some):
        shadows = _united(hiding, np.searchsorted(some, hidden_from))
        seen[some] = overlaid(shapely.difference, looked[some], shadows, _FINE)
    found = np.empty((len(eyes.x), len(BANDS)), dtype=object)
    found[:, 0] = seen
    for band in range(1, len(BANDS)):
        found[:, band] = sectors(eyes, reaches[:, band])
        # Nothing stands in a small sector of most cameras: it is seen whole.
        cut = nearest <= reaches[:, band] * 1.01
        found[cut, band] = overlaid(shapely.intersection, found[cut, band], seen[cut], _FINE)
    return found


def overlaid(operation: Callable[..., Shapes], one: Shapes, other: Shapes, grid_size: float | None = None) -> Shapes:
    """Two rows of shapes, overlaid by a function of shapely; where that goes wrong, with coordinates rounded to a millimetre.

    Of polygons only polygons are left, of lines lines: where two shapes touch there can be a line or a point beside.
    """
    try:
        found = np.asarray(operation(one, other, grid_size=grid_size), dtype=object)
    except shapely.GEOSException:
        if len(one) > 1:  # one of them; the others are to stay exact
            parts = [overlaid(operation, _row(a), _row(b), grid_size) for a, b in zip(one, other, strict=True)]
            return np.concatenate(parts)
        found = np.asarray(operation(_mended(one), _mended(other), grid_size=_FINE), dtype=object)
    wrong = ~shapely.is_valid(found)
    if wrong.any():
        found[wrong] = operation(_mended(one[wrong]), _mended(other[wrong]), grid_size=_FINE)
    return _as_flat(found, shapely.get_dimensions(one))


def united(shapes: Shapes) -> BaseGeometry:
    """Polygons as one. Most lie apart, and are not overlaid at all: ten times faster."""
    try:
        found: BaseGeometry = shapely.disjoint_subset_union_all(shapes)
    except shapely.GEOSException:
        return _rounded(shapes)
    return found if found.is_valid else _rounded(shapes)


def _row(shape: BaseGeometry) -> Shapes:
    return np.array([shape], dtype=object)


def _rounded(shapes: Shapes) -> BaseGeometry:
    return shapely.union_all(_mended(shapes), grid_size=_FINE)


def _mended(shapes: Shapes) -> Shapes:
    return _as_flat(np.asarray(shapely.make_valid(shapes), dtype=object), shapely.get_dimensions(shapes))


def _as_flat(shapes: Shapes, dimensions: npt.NDArray[np.integer]) -> Shapes:
    """Of shapes that have parts of several dimensions, or wrong ones, those that have the right one."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in np.flatnonzero(mixed | (shapely.get_dimensions(shapes) != dimensions)):
        parts = shapely.get_parts(shapely.get_parts(shapes[place]))
        right = parts[(shapely.get_dimensions(parts) == dimensions[place]) & ~shapely.is_empty(parts)]
        shapes[place] = shapely.multilinestrings(right) if dimensions[place] == 1 else shapely.multipolygons(right)
    return shapes


def _hidden(
    eyes: Eyes, obstacles: Obstacles, pairs: tuple[Indexes, Indexes], assumed: Assumptions
) -> tuple[Shapes, Indexes, Numbers]:
    """Polygons that hide ground, the camera each hides it from, and how near the nearest wall is to each camera."""
    camera, building = pairs
    walls, pair = obstacles.walls_of(building)
    camera, roofs = camera[pair], obstacles.heights[building[pair]]
    lens = eyes.heights[camera]
    at = np.stack([eyes.x[camera], eyes.y[camera]], 1)
    one, other = walls[:, :2] - at, walls[:, 2:] - at
    away = distance(one, other)
    nearest = np.full(len(eyes.x), np.inf)
    np.minimum.at(nearest, camera, away)
    facing = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]  # below 0: the building is behind the wall
    ends = np.maximum(np.hypot(*one.T), np.hypot(*other.T))
    sliver = np.abs(facing) < 1e-9 * np.maximum(ends, 1)
    endless = roofs >= lens
    with np.errstate(divide="ignore"):
        stretch = np.where(endless, np.inf, np.maximum((lens - assumed.chest) / (lens - roofs), 1))
    throws = (
        (away <= eyes.reaches[camera, 0] * 1.01) & ~sliver & np.where(endless, facing < 0, (facing > 0) & (stretch > 1))
    )
    throws &= ~_beside(eyes, camera, one, other)
    bound = np.zeros(len(eyes.x))  # far enough behind every wall, and beyond all that is seen
    np.maximum.at(bound, camera[throws], ends[throws])
    bound = 1.5 * np.maximum(bound, eyes.reaches[:, 0])
    shadows = _shadows(one[throws], other[throws], stretch[throws], bound[camera[throws]], at[throws])
    low = ~(obstacles.heights[building] >= eyes.heights[pairs[0]])
    return (
        np.concatenate([shadows, obstacles.shapes[building[low]]]),
        np.concatenate([camera[throws], pairs[0][low]]),
        nearest,
    )


def _shadows(one: Numbers, other: Numbers, stretch: Numbers, bound: Numbers, at: Numbers) -> Shapes:
    """What lies behind walls (relative to their cameras, which are `at`), up to `stretch` times their distance.

    An endless shadow ends at `bound`, with a corner in its middle: a wall close to a camera spans nearly 180 degrees, and
    a straight line from end to end would run past the camera's feet. With the corner it is nowhere nearer than bound * cos 45°.
    """
    far_one, far_other = np.hypot(*one.T)[:, None], np.hypot(*other.T)[:, None]
    to_one, to_other = one / np.maximum(far_one, 1e-9), other / np.maximum(far_other, 1e-9)
    endless = stretch * distance(one, other) > bound
    middle = to_one + to_other
    long = np.hypot(*middle.T)[:, None]
    along = other - one
    # The wall itself is as good as through the camera: behind it is at a right angle to it, whichever side the camera is on.
    side = np.sign(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T)[:, None], 1e-9) * -side
    middle = np.where(long > 1e-7, middle / np.maximum(long, 1e-9), across)
    end = bound[:, None]
    k = np.where(endless, 1, stretch)[:, None]
    far = np.where(endless[:, None], to_other * end, other * k), np.where(endless[:, None], to_one * end, one * k)
    between = np.where(endless[:, None], middle * end, (far[0] + far[1]) / 2)
    corners = np.stack([one, other, far[0], between, far[1], one], 1) + at[:, None, :]
    return np.asarray(shapely.polygons(corners), dtype=object) if len(corners) else np.zeros(0, dtype=object)


def _beside(eyes: Eyes, camera: Indexes, one: Numbers, other: Numbers) -> Flags:
    """Walls that lie outside a sector: both ends behind the same edge of it. For cameras with one sector of up to 180 degrees."""
    sectors_of = np.bincount(eyes.sector_of, minlength=len(eyes.x))
    narrow = np.zeros(len(eyes.x), bool)
    start, end = np.zeros(len(eyes.x)), np.zeros(len(eyes.x))
    narrow[eyes.sector_of] = (eyes.widths <= 180) & (sectors_of[eyes.sector_of] == 1)
    start[eyes.sector_of] = np.radians(eyes.starts)
    end[eyes.sector_of] = np.radians(eyes.starts + eyes.widths)
    out = np.zeros(len(camera), bool)
    for angle, sign in ((start, 1), (end, -1)):
        x, y = np.sin(angle)[camera], np.cos(angle)[camera]
        # On the left of the ray that a sector starts with, or on the right of the one it ends with.
        out |= (sign * (x * one[:, 1] - y * one[:, 0]) > 0.01) & (sign * (x * other[:, 1] - y * other[:, 0]) > 0.01)
    return out & narrow[camera]


def distance(one: Numbers, other: Numbers) -> Numbers:
    """From the origin to segments."""
    return np.asarray(np.hypot(*foot(one, other).T), float)


def foot(one: Numbers, other: Numbers) -> Numbers:
    """The points of segments that are nearest to the origin."""
    along = other - one
    square = np.maximum((along**2).sum(1), 1e-12)
    part = np.clip(-(one * along).sum(1) / square, 0, 1)[:, None]
    return np.asarray(one + part * along, float)


def ragged(lengths: npt.NDArray[np.integer]) -> tuple[Indexes, Indexes]:
    """0, 1, .. for each length, one after another, and to which of them each belongs."""
    of = np.repeat(np.arange(len(lengths)), lengths)
    return np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths), of


def _united(shapes: Shapes, of: Indexes) -> Shapes:
    """Shapes as one for each of `of`, which counts from 0 and leaves none out."""
    order = np.argsort(of, kind="stable")
    together = np.asarray(shapely.geometrycollections(shapes[order], indices=of[order]), dtype=object)
    try:
        found = np.asarray(shapely.union_all(together[:, None], axis=1, grid_size=_FINE), dtype=object)
    except shapely.GEOSException:
        return np.array([united(np.asarray(shapely.get_parts(one))) for one in together], dtype=object)
    for place in np.flatnonzero(~shapely.is_valid(found)):
        found[place] = _rounded(np.asarray(shapely.get_parts(together[place])))
    return found


def _joined(shapes: Shapes, of: Indexes, number: int) -> Shapes:
    """Sectors by camera; those of a camera with several as one."""
    found = np.empty(number, dtype=object)
    found[of] = shapes
    several = np.flatnonzero(np.bincount(of, minlength=number) > 1)
    for camera in several:
        found[camera] = united(shapes[of == camera])
    return found
