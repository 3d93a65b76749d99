"""The map of a report: shapes made simple enough to be carried in it, and cameras by hexagons where there are many."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

import h3
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.geojson import collection, feature
from watchglass.census.values import FIGURES, Area, Camera, Measures
from watchglass.census.writing import interval, plain, shown

DOTS = 200_000
"""So many cameras are drawn one by one, at 18 bytes each; of more there are hexagons alone."""

MANY = 3000
"""Of more cameras than these there are hexagons as well, for the map as a whole."""

HEXAGONS = 1500
"""At most so many hexagons: the finest of H3's resolutions at which there are no more."""

CORNERS = 100_000
"""Corners of areas, and as many of what is seen: 2 MB each. What has more is made simpler until it fits."""

_DIGITS = 5  # a metre: the map is for looking at
_FINEST = 1e-6  # degrees, a tenth of a metre
_SMALLEST = 11  # H3's resolution: 29 m from corner to middle
_TOLD = ("cameras", "per-1000", "per-km2", "public-seen")
_METRES = 111_195.0  # to a degree of a great circle


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """GeoJSON of each layer; how far (metres) its shapes were moved to make them simpler; the fullest hexagon's count."""

    areas: str
    cameras: str
    hexagons: str
    seen: str
    moved: float
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
    ground, further = _simpler([shape for _, shape in bands])
    found, counted = {one.area: one for one in measures}, _counted(cameras)
    areas = [
        feature(shape, {"name": plain(place.name), "told": _told(found.get(place.name))}, _DIGITS)
        for place, shape in zip(bounded, outlines, strict=True)
    ]
    return Drawn(
        collection(areas),
        collection(_dots(cameras)),
        collection(_hexagon(cell, count) for cell, count in sorted(counted.items())),
        collection(feature(shape, {"band": band}, _DIGITS) for (band, _), shape in zip(bands, ground, strict=True)),
        max(moved, further) * _METRES,
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
    """Shapes with no more than `CORNERS` together, and the tolerance (degrees) that this took."""
    original = np.array(shapes, dtype=object)
    made, tolerance = original, 0.0
    while int(shapely.get_num_coordinates(made).sum()) > CORNERS:
        tolerance = tolerance * 2 or _FINEST
        made = shapely.simplify(original, tolerance, preserve_topology=False)
        if tolerance > 1:
            break  # nothing but specks: what is left of them is drawn
    return list(made), tolerance


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
