"""Public space and walking routes: the ground of a place, in metres of its plane."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.optics import Indexes
from watchglass.census.plane import Plane, lengths_m
from watchglass.census.values import Ground, Numbers, Shapes
from watchglass.census.viewshed import Flags, overlaid, united, whole

WIDTHS: Mapping[str, float] = {
    "motorway": 25,
    "trunk": 20,
    "primary": 18,
    "secondary": 16,
    "tertiary": 14,
    "unclassified": 10,
    "residential": 12,
    "living_street": 8,
    "pedestrian": 8,
    "service": 5,
    "track": 3,
    "footway": 2.5,
    "cycleway": 2.5,
    "path": 2,
    "steps": 2.5,
    "bridleway": 2.5,
    "corridor": 2.5,
}
"""Metres that a way is taken to be wide where nobody has said, with its pavements, by OpenStreetMap's `highway`."""

OTHER_WIDTH = 6.0
_LINK = "_link"  # motorway_link and its like: as wide as any other

STREETS = frozenset({
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "pedestrian", "road",
})  # fmt: skip
"""OpenStreetMap's kinds of way that are streets, with their links. Drives, car parks' aisles, tracks and paths are none."""
STREETS_WORDS = "Streets are ways from motorways to pedestrian streets; service roads, tracks and paths are none, and of two carriageways each is measured."

_ROUND = 4  # corners of a quarter of a bend or joint: 1 % of a circle's area is missing there


@dataclasses.dataclass(frozen=True, slots=True)
class Streets:
    """Ways as lines of one part with half their widths, what is open to all, and `joints`: points where ways meet, with radii."""

    ways: Shapes
    halves: Numbers
    walkable: Flags
    joints: Shapes
    radii: Numbers
    open: Shapes
    usual: int = 0  # ways whose width nobody has said

    def of(self, ways: Indexes, joints: Indexes, opened: Indexes) -> "Streets":
        """Some of them."""
        return Streets(
            self.ways[ways],
            self.halves[ways],
            self.walkable[ways],
            self.joints[joints],
            self.radii[joints],
            self.open[opened],
        )

    def space(self, box: shapely.Polygon, buildings: Shapes) -> BaseGeometry:
        """Public space in a box: outside buildings, on a way or on ground that is open to all.

        Ways end flat, and are joined by a disc where they meet.
        """
        shapes = np.concatenate(
            [
                shapely.buffer(self.ways, self.halves, quad_segs=_ROUND, cap_style="flat"),
                shapely.buffer(self.joints, self.radii, quad_segs=_ROUND),
                self.open,
            ]
        )
        here = shapes[shapely.intersects(shapes, box)]
        built = buildings[shapely.intersects(buildings, box)]
        space = overlaid(shapely.intersection, np.array([united(here)]), np.array([box]))
        left: BaseGeometry = overlaid(shapely.difference, space, np.array([united(built)]))[0]
        return left

    def walks(self, box: shapely.Polygon) -> BaseGeometry:
        """Lines in a box that one may walk along. Where two run along each other exactly, they are one."""
        lines = shapely.multilinestrings(self.ways[self.walkable])
        inside: BaseGeometry = overlaid(shapely.intersection, np.array([lines], dtype=object), np.array([box]))[0]
        return inside


def streets(ground: Ground, plane: Plane) -> Streets:
    """The ways and the open ground of a place."""
    usual = np.array(
        [OTHER_WIDTH if kind.endswith(_LINK) else WIDTHS.get(kind, OTHER_WIDTH) for kind in ground.kinds], float
    )
    widths = np.where(np.isnan(ground.widths), usual, ground.widths)
    ways, way = shapely.get_parts(shapely.force_2d(plane.in_metres(ground.ways)), return_index=True)
    kept = (shapely.get_type_id(ways) == shapely.GeometryType.LINESTRING) & (shapely.length(ways) > 0)
    ways, way = ways[kept], way[kept]
    opened, _ = whole(plane.in_metres(ground.open))
    halves = widths[way] / 2
    joints, radii = _joints(ways, halves)
    return Streets(ways, halves, ground.walkable[way], joints, radii, opened, int(np.isnan(ground.widths).sum()))


def _joints(ways: Shapes, halves: Numbers) -> tuple[Shapes, Numbers]:
    """Where ends of two ways or more are the same, to a centimetre; as wide as the narrowest of them."""
    ends = np.concatenate([shapely.get_point(ways, 0), shapely.get_point(ways, -1)])
    both = np.concatenate([halves, halves])
    at = shapely.get_coordinates(ends)
    _, first, which, number = np.unique(
        np.round(at, 2), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    narrowest = np.full(len(first), np.inf)
    np.minimum.at(narrowest, which.reshape(-1), both)
    several = number > 1
    return np.asarray(ends[first[several]], dtype=object), narrowest[several]


def streets_km(ground: Ground, boundaries: Shapes) -> Numbers:
    """Kilometres of street within each boundary, on the ellipsoid. A way that is on several maps counts once."""
    kinds = [kind.removesuffix(_LINK) in STREETS for kind in ground.kinds.tolist()]
    lines = shapely.force_2d(ground.ways[np.array(kinds, bool)])
    if not len(lines):
        return np.zeros(len(boundaries))
    _, first = np.unique(shapely.to_wkb(lines), return_index=True)
    lines = lines[np.sort(first)]
    tree = shapely.STRtree(lines)
    area, line = tree.query(boundaries, predicate="intersects")
    whole_area, whole_line = tree.query(boundaries, predicate="contains")
    cut = ~np.isin(area * len(lines) + line, whole_area * len(lines) + whole_line)
    pieces = lines[line]
    # A boundary that only touches a way leaves a point of it, which has no length.
    pieces[cut] = shapely.intersection(pieces[cut], boundaries[area[cut]])
    lengths: Numbers = np.bincount(area, _lengths_m(pieces), len(boundaries)) / 1000
    return lengths


def _lengths_m(pieces: Shapes) -> Numbers:
    parts, piece = shapely.get_parts(pieces, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # lines of several parts in a collection
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    return np.asarray(np.bincount(piece[inner][is_line], lengths_m(parts[is_line]), len(pieces)), float)
