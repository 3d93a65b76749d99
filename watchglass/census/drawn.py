"""The map of a report: shapes made simple enough to be carried in it, and cameras by hexagons where there are many."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence

import h3
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.geojson import collection, feature
from watchglass.census.values import FIGURES, Area, Camera, Measures, Shapes
from watchglass.census.writing import interval, plain, shown

DOTS = 200_000
"""So many cameras are drawn one by one, at 18 bytes each; of more there are hexagons alone."""

MANY = 3000
"""Of more cameras than these there are hexagons as well, for the map as a whole."""

HEXAGONS = 1500
"""At most so many hexagons: the finest of H3's resolutions at which there are no more."""

CORNERS = 100_000
"""Corners of areas, and as many of what is seen: 2 MB each. What has more is made simpler, or drawn in squares."""

_DIGITS = 5  # a metre: the map is for looking at
_FINEST, _METRE = 1e-6, 1e-5  # degrees: a tenth of a metre, a metre
_SQUARES = 2_000_000  # that are looked at
_SMALLEST = 11  # H3's resolution: 29 m from corner to middle
_TOLD = ("cameras", "per-1000", "per-km2", "public-seen")
_METRES = 111_195.0  # to a degree of a great circle


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """GeoJSON of each layer, and what was done so that it fits.

    `moved` is how far (metres) shapes were moved to make them simpler, `squares` the side (metres) of the squares that stand for what
    is seen, 0 where there are none; `fullest` is the fullest hexagon's count.
    """

    areas: str
    cameras: str
    hexagons: str
    seen: str
    moved: float
    squares: float
    fullest: int


def draw(
    measures: Sequence[Measures],
    places: Sequence[Area],
    cameras: Sequence[Camera],
    seen: Mapping[int, BaseGeometry],
) -> Drawn:
    """All layers of the map."""
    bounded = [place for place in places if place.boundary is not None and not place.boundary.is_empty]
    outlines, moved = _simpler([place.boundary for place in bounded if place.boundary is not None])
    bands = [(band, shape) for band, shape in sorted(seen.items()) if not shape.is_empty]
    ground = [_fitting(shape, CORNERS // len(bands)) for _, shape in bands]
    found, counted = {one.area: one for one in measures}, _counted(cameras)
    areas = [
        feature(shape, {"name": plain(place.name), "told": _told(found.get(place.name))}, _DIGITS)
        for place, shape in zip(bounded, outlines, strict=True)
    ]
    return Drawn(
        collection(areas),
        collection(_dots(cameras)),
        collection(_hexagon(cell, count) for cell, count in sorted(counted.items())),
        collection(
            feature(shape, {"band": band}, _DIGITS) for (band, _), (shape, _, _) in zip(bands, ground, strict=True)
        ),
        max([moved, *(further for _, further, _ in ground)]) * _METRES,
        max([0.0, *(side for _, _, side in ground)]),
        max(counted.values(), default=0),
    )


def _told(measures: Measures | None) -> list[str]:
    """An area's chief figures, a line each."""
    told = []
    for name in _TOLD:
        if measures is not None and (one := measures.figures.get(name)) is not None:
            around = interval(name, one)
            told.append(f"{FIGURES[name]}: {shown(name, one.value)}" + (f" ({around})" if around else ""))
    return told


def _simpler(shapes: Sequence[BaseGeometry]) -> tuple[list[BaseGeometry], float]:
    """Outlines with no more than `CORNERS` together, and the tolerance (degrees) that this took. None of them is lost."""
    original = np.array(shapes, dtype=object)
    made, tolerance = original, 0.0
    while int(shapely.get_num_coordinates(made).sum()) > CORNERS and tolerance < 1:
        tolerance = tolerance * 2 or _FINEST
        made = shapely.simplify(original, tolerance)
    return list(made), tolerance


def _fitting(shape: BaseGeometry, corners: int) -> tuple[BaseGeometry, float, float]:
    """What is seen with about so many corners: to within a metre or, where that is too many, as squares.

    Also how far (degrees) it was moved, and the side of the squares (metres), 0 where there are none.
    """
    tolerance = 0.0
    made = shape
    while shapely.get_num_coordinates(made) > corners:
        tolerance = tolerance * 2 or _FINEST
        if tolerance > _METRE:
            # Simpler still, views would vanish: at 250 px/m they are some metres long.
            squares, side = _squares(shape, corners)
            return squares, 0.0, side
        made = shapely.simplify(shape, tolerance, preserve_topology=False)
    return made, tolerance, 0.0


def _squares(shape: BaseGeometry, corners: int) -> tuple[BaseGeometry, float]:
    """Squares as small as there may be whose middle lies in a shape, so that their share is the shape's; their side in metres."""
    west, south, east, north = shape.bounds
    size = (east - west) * math.cos(math.radians((south + north) / 2)) * (north - south)
    shapely.prepare(shape)
    # Of n squares at most every second begins a row, and a row has five corners: so many fit in any case.
    count = corners * 2 / 5
    step = math.sqrt(size / count)
    made = _rows(shape, step)
    while (count := count * 2) <= _SQUARES:
        finer = _rows(shape, math.sqrt(size / count))
        if len(finer) * 5 > corners:
            break
        made, step = finer, math.sqrt(size / count)
    return shapely.MultiPolygon(list(made)), step * _METRES


def _rows(shape: BaseGeometry, step: float) -> Shapes:
    """Squares of a grid whose middle lies in a shape, neighbours in a row joined. `step` is in degrees of latitude."""
    west, south, east, north = shape.bounds
    wide = step / math.cos(math.radians((south + north) / 2))
    across = np.arange(west + wide / 2, east + wide, wide)
    found = []
    for y in np.arange(south + step / 2, north + step, step):
        inside = shapely.contains_xy(shape, across, np.full_like(across, y))
        edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False]))))
        found.append(shapely.box(west + edges[::2] * wide, y - step / 2, west + edges[1::2] * wide, y + step / 2))
    rows: Shapes = np.concatenate(found)
    return rows


def _dots(cameras: Sequence[Camera]) -> list[str]:
    """One feature a kind, with all its places: as GeoJSON can hold many at little cost."""
    if len(cameras) > DOTS:
        return []
    kinds: dict[str, list[tuple[float, float]]] = {}
    for one in cameras:
        kinds.setdefault(one.mount.value if one.mount else "unknown", []).append((one.longitude, one.latitude))
    return [feature(shapely.MultiPoint(places), {"kind": kind}, _DIGITS) for kind, places in sorted(kinds.items())]


def _counted(cameras: Sequence[Camera]) -> Counter[str]:
    """Cameras by hexagon, as fine as there may be; none where they are few."""
    counted: Counter[str] = Counter()
    if len(cameras) <= MANY:
        return counted
    resolution = _SMALLEST
    for one in cameras:
        counted[h3.latlng_to_cell(one.latitude, one.longitude, resolution)] += one.count
    while len(counted) > HEXAGONS and resolution > 0:
        resolution -= 1
        coarser: Counter[str] = Counter()
        for cell, count in counted.items():
            coarser[h3.cell_to_parent(cell, resolution)] += count
        counted = coarser
    return counted


def _hexagon(cell: str, count: int) -> str:
    corners = [(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)]
    return feature(shapely.Polygon(corners), {"count": count}, _DIGITS)
