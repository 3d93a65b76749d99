"""What OpenStreetMap's objects are to the census, whatever file they came in: cameras, buildings, ways, open places, boundaries.

Cameras are counted: each object is a camera, dropped with a remark, or the double of another with a remark.
"""

import dataclasses
import itertools
import math
from array import array
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from watchglass.census import numbers
from watchglass.census.numbers import NotANumberError
from watchglass.census.tags import Tags, WrongTagError, building_height, camera, length, shown
from watchglass.census.values import Area, Camera, Ground, Numbers, Read, Remark, Shapes

KEYS = ("man_made", "building", "highway", "leisure", "place", "boundary", "landuse", "amenity")
"""An object without any of these is nothing to the census."""

GROUND_KEYS = (
    *KEYS, "type", "location", "access", "area", "foot", "sidewalk", "height", "building:height", "building:levels", "width", "lanes", "name",
    "population", "admin_level",
)  # fmt: skip
"""All that is ever asked of what is no camera."""

DOUBLE, POSITION, BUILDING, WAY, OPEN, BOUNDARY = "double", "position", "building", "way", "open place", "boundary"

LANE = 3.0
"""Metres of a lane, where a way says how many it has and not how wide it is."""
DOUBLE_WITHIN = 1.0
"""Metres within which two cameras with the same tags are one that is on the map twice."""

# What hides nothing, or is not there.
_NO_BUILDINGS = frozenset(
    {"no", "roof", "carport", "proposed", "construction", "ruins", "collapsed", "demolished", "razed"}
)
_NO_WAYS = frozenset({
    "construction", "proposed", "planned", "razed", "abandoned", "disused", "demolished", "no", "bus_stop", "elevator", "platform", "rest_area",
    "services", "street_lamp", "corridor", "emergency_bay", "traffic_island",
})  # fmt: skip
_NO_WALKS = frozenset(
    {"motorway", "motorway_link", "trunk", "trunk_link", "raceway", "busway", "bus_guideway", "cycleway", "bridleway"}
)
_YES = frozenset({"yes", "designated", "permissive", "destination", "customers", "public", "official"})
_CLOSED = frozenset({"no", "private", "permit", "military", "use_sidepath"})
_LEISURE = frozenset({"park", "playground", "common", "recreation_ground", "dog_park"})
_LANDUSE = frozenset({"recreation_ground", "village_green"})
_AREA_WAYS = frozenset({"pedestrian", "footway", "living_street", "service", "path"})

_EARTH = 6_371_009.0  # metres
_BATCH = 20_000


def is_camera(tags: Tags) -> bool:
    """Whether it is surveillance at all; what kind is asked of it later."""
    return "surveillance" in tags.get("man_made", "").split(";")


def is_building(tags: Tags) -> bool:
    """Whether it stands above the ground and hides what is behind it."""
    return tags.get("building", "no") not in _NO_BUILDINGS and tags.get("location") != "underground"


def is_open(tags: Tags) -> bool:
    """Whether it is an area open to all: a park, a square, a pedestrian area."""
    if tags.get("access") in _CLOSED:
        return False
    if tags.get("highway") in _AREA_WAYS and _is_area(tags):
        return True
    garden = tags.get("leisure") == "garden" and tags.get("access") in _YES  # most are somebody's own
    listed = tags.get("leisure") in _LEISURE or tags.get("landuse") in _LANDUSE
    return garden or listed or tags.get("place") == "square" or tags.get("amenity") == "marketplace"


def _is_area(tags: Tags) -> bool:
    """Whether a way encloses what it is, rather than leading along its outline. A multipolygon always does."""
    return tags.get("area") == "yes" or tags.get("type") == "multipolygon"


def is_way(tags: Tags) -> bool:
    """Whether it is a line that all may go along, on foot or otherwise."""
    if tags.get("highway", "no") in _NO_WAYS or _is_area(tags):
        return False
    return tags.get("access") not in _CLOSED or tags.get("foot") in _YES


def is_boundary(tags: Tags) -> bool:
    """Whether it is a named place of an administration."""
    return tags.get("boundary") == "administrative"


def is_walkable(tags: Tags) -> bool:
    """Whether one may walk along this way: by `foot`, else by its kind."""
    if (foot := tags.get("foot")) in _YES:
        return True
    if foot in _CLOSED or tags.get("access") in _CLOSED:
        return False
    return tags.get("highway") not in _NO_WALKS or tags.get("sidewalk") in {"both", "left", "right", "yes"}


class Matter(NamedTuple):
    """What an object is to the census; often nothing."""

    camera: bool
    building: bool
    open: bool
    way: bool
    boundary: bool

    @property
    def kind(self) -> str:
        """Of a remark on its shape."""
        return BUILDING if self.building else OPEN if self.open else WAY if self.way else BOUNDARY


def matter(tags: Tags) -> Matter | None:
    """What an object with these tags is; None if it is nothing."""
    found = Matter(is_camera(tags), is_building(tags), is_open(tags), is_way(tags), is_boundary(tags))
    return found if any(found) else None


def place_of(shape: BaseGeometry | None) -> tuple[float, float] | None:
    """A point, or the middle of a line or area: inside it, though it be bent. None if there is none."""
    if shape is None or shape.is_empty:
        return None
    if isinstance(shape, Point):
        return shape.x, shape.y
    if isinstance(shape, LineString) and shape.is_closed and len(shape.coords) > 3:
        shape = Polygon(shape)
    if isinstance(shape, LineString):
        middle = shape.interpolate(0.5, normalized=True)
    else:
        middle = shape.centroid
        if not shape.is_valid or not shape.intersects(middle):
            middle = shape.representative_point() if shape.is_valid else middle
    return (middle.x, middle.y) if not middle.is_empty else None


def not_a_place(place: tuple[float, float] | None) -> str | None:
    """Why this is no place of a camera; None if it is one."""
    if place is None:
        return "it has no place"
    longitude, latitude = place
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return "its place is not a number"
    if abs(latitude) > 90 and abs(latitude) <= 180 and abs(longitude) <= 90:
        return f"latitude {latitude:g} is beyond 90: longitude and latitude seem to be swapped"
    if abs(latitude) > 90 or abs(longitude) > 180:
        return f"longitude {longitude:g}, latitude {latitude:g} are not degrees on the earth (WGS 84 is needed)"
    if longitude == 0 and latitude == 0:
        return "longitude 0, latitude 0 is in the Atlantic"
    return None


def polygonal(shape: BaseGeometry | None) -> Polygon | MultiPolygon | None:
    """The areas in a shape, valid; None if there are none."""
    if shape is None or shape.is_empty:
        return None
    if isinstance(shape, LineString):
        if not shape.is_closed or len(shape.coords) < 4:
            return None
        shape = Polygon(shape)
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
    if not isinstance(shape, Polygon | MultiPolygon):
        parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon | MultiPolygon)]
        shape = shapely.union_all(parts) if parts else None
    return shape if isinstance(shape, Polygon | MultiPolygon) and not shape.is_empty else None


class Doubles:
    """Finds cameras that are on the map twice: within a metre of another, with the same tags."""

    def __init__(self) -> None:
        # Space in cubes of two metres: what is within one metre lies in at most eight of them.
        self._known: dict[tuple[int, ...], list[tuple[float, float, float, str]]] = {}

    def of(self, place: tuple[float, float], tags: Tags, where: str) -> str | None:
        """Which one it is the double of; if of none, it is remembered."""
        longitude, latitude = (math.radians(degrees) for degrees in place)
        x = _EARTH * math.cos(latitude) * math.cos(longitude)
        y = _EARTH * math.cos(latitude) * math.sin(longitude)
        z = _EARTH * math.sin(latitude)
        key = hash(frozenset(tags.items()))
        side = 2 * DOUBLE_WITHIN
        spans = [
            {math.floor((one - DOUBLE_WITHIN) / side), math.floor((one + DOUBLE_WITHIN) / side)} for one in (x, y, z)
        ]
        for cube in itertools.product(*spans):
            for other in self._known.get((key, *cube), ()):
                if math.dist((x, y, z), other[:3]) <= DOUBLE_WITHIN:
                    return other[3]
        own = (key, math.floor(x / side), math.floor(y / side), math.floor(z / side))
        self._known.setdefault(own, []).append((x, y, z, where))
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class _Batch:
    """Shapes that are still to be made into polygons, all at once, with a value and a name of each."""

    shapes: list[BaseGeometry | str] = dataclasses.field(default_factory=list)
    values: list[float] = dataclasses.field(default_factory=list)
    wheres: list[str] = dataclasses.field(default_factory=list)


class _Polygons:
    """Many areas, made in batches: one by one they take ten times as long."""

    def __init__(self, remark: Callable[[str, str], None]) -> None:
        self._remark = remark
        self._batch = _Batch()
        self._made: list[Shapes] = []
        self._values: list[Numbers] = []

    def add(self, shape: BaseGeometry | str, value: float, where: str) -> None:
        self._batch.shapes.append(shape)
        self._batch.values.append(value)
        self._batch.wheres.append(where)
        if len(self._batch.shapes) >= _BATCH:
            self._flush()

    def all(self) -> tuple[Shapes, Numbers]:
        self._flush()
        if not self._made:
            return np.empty(0, np.object_), np.empty(0)
        return np.concatenate(self._made), np.concatenate(self._values)

    def _flush(self) -> None:
        batch, self._batch = self._batch, _Batch()
        if not batch.shapes:
            return
        shapes = np.empty(len(batch.shapes), np.object_)
        shapes[:] = batch.shapes
        texts = [at for at, shape in enumerate(batch.shapes) if isinstance(shape, str)]
        shapes[texts] = shapely.from_wkb(shapes[texts])
        rings = (shapely.get_type_id(shapes) == 1) & shapely.is_closed(shapes) & (shapely.get_num_points(shapes) > 3)
        if rings.any():
            points, which = shapely.get_coordinates(shapes[rings], return_index=True)
            shapes[rings] = shapely.polygons(shapely.linearrings(points, indices=which))
        areas = np.isin(shapely.get_type_id(shapes), (3, 6))
        odd = np.flatnonzero(~areas | ~shapely.is_valid(shapes) | shapely.is_empty(shapes))
        kept = np.ones(len(shapes), np.bool_)
        for at in odd:
            mended = polygonal(shapes[at])
            if mended is None:
                kept[at] = False
                self._remark(batch.wheres[at], "its outline is no area; left out")
            else:
                shapes[at] = mended
                self._remark(batch.wheres[at], "its outline crosses itself; mended")
        self._made.append(shapes[kept])
        self._values.append(np.asarray(batch.values)[kept])


class Gathering:
    """Takes objects one by one, and gives what was read of all of them."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._cameras: list[Camera] = []
        self._remarks: list[Remark] = []
        self._objects = 0
        self._boundaries: list[Area] = []
        self._seen: set[str] = set()
        self._doubles = Doubles()
        self._buildings = _Polygons(lambda where, what: self.remark(where, what, BUILDING, dropped="left out" in what))
        self._open = _Polygons(lambda where, what: self.remark(where, what, OPEN, dropped="left out" in what))
        self._ways: list[BaseGeometry] = []
        self._kinds: list[str] = []
        self._widths = array("d")
        self._walkable: list[bool] = []

    def remark(self, where: str, what: str, kind: str, *, dropped: bool = False) -> None:
        """Something that is not as it should be."""
        self._remarks.append(Remark(self.source, where, what, dropped, kind))

    def take(
        self,
        tags: Tags,
        where: str,
        shape: BaseGeometry | str | None,
        why: str = "it has no place",
        what: Matter | None = None,
    ) -> None:
        """An object. A shape of None is one that can't be had, which `why` explains; a text is WKB in hexadecimal digits. `what` is
        what it is, if that has been found out already.
        """
        what = what or matter(tags)
        if not what:
            return
        if where in self._seen:
            self._objects += what.camera
            kind = DOUBLE if what.camera else "double object"
            self.remark(where, "it is there twice; counted once", kind, dropped=True)
            return
        self._seen.add(where)
        if isinstance(shape, str) and not (what.building and sum(what) == 1):
            shape = shapely.from_wkb(shape)
        if what.camera and not isinstance(shape, str):
            self.camera(tags, where, place_of(shape), why)
        if shape is None:
            if any(what[1:]):
                self.remark(where, f"{why}; left out", what.kind, dropped=True)
        elif not isinstance(shape, Point):  # a building that somebody has set as a point hides nothing
            self._ground(tags, where, shape, what)

    def camera(
        self,
        tags: Tags,
        where: str,
        place: tuple[float, float] | None,
        why: str = "it has no place",
        names: Mapping[str, str] | None = None,
    ) -> None:
        """A camera, or what somebody has taken for one."""
        self._objects += 1
        wrong = why if place is None else not_a_place(place)
        if place is None or wrong:
            self.remark(where, f"{wrong}; not counted", POSITION, dropped=True)
            return
        made, remarks = camera(tags, self.source, where, place, names)
        if made and (other := self._doubles.of(place, tags, where)):
            self.remark(where, f"the same as {other}, within {DOUBLE_WITHIN:g} m; counted once", DOUBLE, dropped=True)
            return
        self._remarks += remarks
        if made:
            self._cameras.append(made)

    def read(self) -> Read:
        """All of it."""
        buildings, heights = self._buildings.all()
        places, _ = self._open.all()
        ways = np.empty(len(self._ways), np.object_)
        ways[:] = self._ways
        ground = Ground(
            buildings,
            heights,
            ways,
            np.array(self._kinds, np.str_),
            np.array(self._widths, np.float64),
            np.array(self._walkable, np.bool_),
            places,
        )
        some = len(buildings) or len(ways) or len(places)
        return Read(
            tuple(self._cameras), ground if some else None, tuple(self._boundaries), tuple(self._remarks), self._objects
        )

    def _ground(self, tags: Tags, where: str, shape: BaseGeometry | str, what: Matter) -> None:
        if what.building:
            height, wrong = building_height(tags)
            if wrong:
                self.remark(where, f"{wrong}; left out", "building height")
            self._buildings.add(shape, height, where)
        elif what.open:
            self._open.add(shape, math.nan, where)
        elif what.way and not isinstance(shape, str):
            self._way(tags, where, shape)
        if what.boundary and not isinstance(shape, str):
            self._boundary(tags, where, shape)

    def _way(self, tags: Tags, where: str, shape: BaseGeometry) -> None:
        if not isinstance(shape, LineString):
            self.remark(where, "a way that is not a line; left out", WAY, dropped=True)
            return
        self._ways.append(shape)
        self._kinds.append(tags["highway"][:32])
        self._widths.append(self._width(tags, where))
        self._walkable.append(is_walkable(tags))

    def _width(self, tags: Tags, where: str) -> float:
        """Metres, by `width` or else `lanes`; NaN if nobody has said."""
        if "width" in tags:
            try:
                width = length(tags["width"])
            except WrongTagError as error:
                self.remark(where, f"width: {error}; left out", "width")
            else:
                if 0 < width <= 150:
                    return width
                self.remark(where, f"width: {shown(tags['width'])} is no width of a way; left out", "width")
        lanes = tags.get("lanes", "")
        if lanes.isascii() and lanes.isdigit() and 0 < int(lanes[:4]) <= 30:
            return LANE * int(lanes[:4])
        if lanes:
            self.remark(where, f"lanes: {shown(lanes)} is no number of lanes; left out", "width")
        return math.nan

    def _boundary(self, tags: Tags, where: str, shape: BaseGeometry) -> None:
        if isinstance(shape, LineString) and not shape.is_closed:
            return  # a piece of one, which the relation puts together
        area, name = polygonal(shape), tags.get("name", "").strip()
        if not name or area is None:
            what = "a boundary without a name" if area else "a boundary that is no area"
            self.remark(where, f"{what}; left out", BOUNDARY, dropped=True)
            return
        population = None
        try:
            population = numbers.read_whole(tags.get("population", ""))
        except NotANumberError as error:
            self.remark(where, f"population: {error}; left out", "population")
        if population is not None and population <= 0:
            self.remark(where, f"population: {population}; rates are left out", "population")
            population = None
        level = tags.get("admin_level", "")
        known = int(level) if level.isascii() and level.isdigit() and len(level) < 3 else None
        self._boundaries.append(Area(name, area, population, level=known))
