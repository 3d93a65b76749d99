"""One tile of a place: what is seen of its ground, of its public space, and of its walks. This is what processes share."""

import dataclasses

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.optics import Assumptions, Eyes, Indexes
from watchglass.census.streets import Streets
from watchglass.census.values import BANDS, Numbers, Shapes
from watchglass.census.viewshed import Obstacles, overlaid, sectors, united, visible

SEEN = slice(0, len(BANDS))
SINGLES = len(BANDS)
PUBLIC = SINGLES + 1
PUBLIC_SEEN = slice(PUBLIC + 1, PUBLIC + 1 + len(BANDS))
WALKS = PUBLIC_SEEN.stop
WALKS_SEEN = slice(WALKS + 1, WALKS + 1 + len(BANDS))
COLUMNS = WALKS_SEEN.stop
"""What is summed up: ground seen by band and the sum of what each camera sees alone, both in m²; public space (m²) and walks (m),
and what is seen of them by band."""

Packed = list[bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Tile:
    """A tile and all that matters to it, packed for another process.

    `draws` are cameras that may see into it and heights of its buildings, one for each time that it is to be measured.
    `regions` are the areas that it is part of, by number; with the part of it that is theirs, if not all is. Where
    `simplify` is not None, what is seen is handed back too, simplified by so many metres.
    """

    number: int
    bounds: tuple[float, float, float, float]
    buildings: Packed
    ways: tuple[Packed, Numbers, npt.NDArray[np.bool_], Packed, Numbers, Packed]
    draws: tuple[tuple[Eyes, Numbers], ...]
    regions: tuple[tuple[int, bytes | None], ...]
    assumed: Assumptions
    simplify: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """What was found in a tile: `sums` by draw, region and column; what is seen of it at the first draw."""

    number: int
    regions: tuple[int, ...]
    sums: Numbers
    seen: bytes | None = None


def packed(shapes: Shapes) -> Packed:
    """Shapes as bytes, which go to another process ten times faster."""
    return list(shapely.to_wkb(shapes))


def packed_streets(some: Streets) -> tuple[Packed, Numbers, npt.NDArray[np.bool_], Packed, Numbers, Packed]:
    """The same for streets."""
    return packed(some.ways), some.halves, some.walkable, packed(some.joints), some.radii, packed(some.open)


def measured(tile: Tile) -> Measured:
    """What cameras see of a tile."""
    box = shapely.box(*tile.bounds)
    obstacles = Obstacles.of(_unpacked(tile.buildings), np.zeros(len(tile.buildings)))
    ways, halves, walkable, joints, radii, opened = tile.ways
    streets = Streets(_unpacked(ways), halves, walkable, _unpacked(joints), radii, _unpacked(opened))
    clips = [None if clip is None else shapely.from_wkb(clip) for _, clip in tile.regions]
    space, walks = streets.space(box, obstacles.shapes), streets.walks(box)
    spaces = [space if clip is None else _cut(space, clip) for clip in clips]
    routes = [walks if clip is None else _cut(walks, clip) for clip in clips]
    sums = np.zeros((len(tile.draws), len(clips), COLUMNS))
    for number, region in enumerate(zip(spaces, routes, strict=True)):
        sums[:, number, PUBLIC], sums[:, number, WALKS] = region[0].area, region[1].length
    piece = None
    for draw, (eyes, heights) in enumerate(tile.draws):
        some = eyes.of(_looking(eyes, box))
        if len(some.x):
            views = visible(some, dataclasses.replace(obstacles, heights=heights), tile.assumed)
            seen = [_cut(united(views[:, band]), box) for band in range(len(BANDS))]
            for number, clip in enumerate(clips):
                sums[draw, number, SINGLES] = _singles(views[:, 0], some.counts, box if clip is None else clip)
                _add(sums[draw, number], seen, clip, (spaces[number], routes[number]))
            if tile.simplify is not None and not draw:
                piece = shapely.to_wkb(shapely.simplify(seen[0], tile.simplify))
    return Measured(tile.number, tuple(area for area, _ in tile.regions), sums, piece)


def _add(sums: Numbers, seen: list[BaseGeometry], clip: BaseGeometry | None, ground: tuple[BaseGeometry, ...]) -> None:
    space, routes = ground
    for band, all_seen in enumerate(seen):
        here = all_seen if clip is None else _cut(all_seen, clip)
        space, routes = _cut(space, here), _cut(routes, here)  # of what was seen at fewer pixels: bands are nested
        sums[SEEN][band], sums[PUBLIC_SEEN][band], sums[WALKS_SEEN][band] = here.area, space.area, routes.length


def _looking(eyes: Eyes, box: shapely.Polygon) -> Indexes:
    shapely.prepare(box)
    return np.flatnonzero(shapely.intersects(box, sectors(eyes, eyes.reaches[:, 0])))


def _singles(views: Shapes, counts: Numbers, clip: BaseGeometry) -> float:
    """The sum of what each sees inside."""
    shapely.prepare(clip)
    areas = shapely.area(views)
    cut = ~shapely.covers(clip, views)
    areas[cut] = shapely.area(overlaid(shapely.intersection, views[cut], np.full(int(cut.sum()), clip, dtype=object)))
    return float((areas * counts).sum())


def _cut(shape: BaseGeometry, clip: BaseGeometry) -> BaseGeometry:
    if shape.is_empty or clip.is_empty:
        return shapely.Polygon()
    found: BaseGeometry = overlaid(
        shapely.intersection, np.array([shape], dtype=object), np.array([clip], dtype=object)
    )[0]
    return found


def _unpacked(shapes: Packed) -> Shapes:
    return np.asarray(shapely.from_wkb(np.array(shapes, dtype=object)), dtype=object)
