"""Maps of OpenStreetMap: PBF files, Overpass's answers, GeoJSON of what they hold.

Formats: https://wiki.openstreetmap.org/wiki/PBF_Format, https://dev.overpass-api.de/output_formats.html (JSON), RFC 7946.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import osmium
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from watchglass.base.errors import BadInputError
from watchglass.census import pbf
from watchglass.census.gathering import GROUND_KEYS, KEYS, Gathering, matter, polygonal
from watchglass.census.tags import Tags, shown
from watchglass.census.values import Read

Json = Any
"""What a file of JSON holds, of which nothing is known yet."""

_MULTI = frozenset({"multipolygon", "boundary"})


# ---- PBF


def read_pbf(path: Path) -> Read:
    """A map in OpenStreetMap's binary format. It is read thrice: for relations, for what they are made of, and for all else. BadInputError."""
    gathering = Gathering(path.name)
    try:
        with path.open("rb") as file:
            pbf.check(file)
        _take_pbf(path, gathering)
    except (
        RuntimeError,
        ValueError,
        OverflowError,
        UnicodeDecodeError,
        MemoryError,
    ) as error:  # all that osmium throws
        raise BadInputError(
            f"{path.name} is a PBF file that can't be read to its end ({shown(str(error))}): it was cut off or damaged, so get it again."
        ) from error
    return gathering.read()


def _take_pbf(path: Path, gathering: Gathering) -> None:
    file, factory = osmium.io.File(str(path), "pbf"), osmium.geom.WKBFactory()
    wanting = osmium.filter.KeyFilter(*KEYS)
    _take_relations(file, wanting, factory, gathering)
    found = osmium.osm.NODE | osmium.osm.WAY
    for one in osmium.FileProcessor(file, found).with_locations().with_filter(wanting):
        if isinstance(one, osmium.osm.Node):
            if one.tags.get("man_made") and not one.deleted:  # other nodes have no extent
                tags = _pbf_tags(one.tags)
                if (what := matter(tags)) and what.camera:
                    gathering.take(tags, f"node/{one.id}", _pbf_point(one.location), what=what)
        elif isinstance(one, osmium.osm.Way) and not one.deleted:
            tags = _pbf_tags(one.tags)
            if what := matter(tags):
                shape = _line_of(one, factory)
                gathering.take(tags, f"way/{one.id}", shape, "points of it are not in this file", what)


def _take_relations(
    file: osmium.io.File, wanting: osmium.filter.KeyFilter, factory: osmium.geom.WKBFactory, gathering: Gathering
) -> None:
    """Relations that are areas: put together of the ways in them."""
    wanted: list[tuple[str, Tags, list[tuple[int, bool]]]] = []
    for one in osmium.FileProcessor(file, osmium.osm.RELATION).with_filter(wanting):
        if isinstance(one, osmium.osm.Relation) and not one.deleted:
            tags = _pbf_tags(one.tags)
            if (what := matter(tags)) and (tags.get("type") in _MULTI or what.camera):
                members = [(member.ref, member.role == "inner") for member in one.members if member.type == "w"]
                wanted.append((f"relation/{one.id}", tags, members if tags.get("type") in _MULTI else []))
    refs = {ref for _, _, members in wanted for ref, _ in members if ref > 0}
    lines: dict[int, BaseGeometry] = {}
    if refs:
        ways = osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.WAY).with_locations()
        ways = ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.IdFilter(refs))
        for way in ways:
            if isinstance(way, osmium.osm.Way) and (text := _line_of(way, factory)):
                lines[way.id] = shapely.from_wkb(text)
    for where, tags, members in wanted:
        found = [(lines.get(ref), inner) for ref, inner in members]
        gathering.take(tags, where, _area_of(found), "its outline is not whole in this file")


def _line_of(way: osmium.osm.Way, factory: osmium.geom.WKBFactory) -> str | None:
    """A way's line as WKB; None if points of it are missing."""
    try:
        return str(factory.create_linestring(way))
    except (osmium.InvalidLocationError, RuntimeError):
        return None


def _pbf_tags(tags: osmium.osm.TagList) -> Tags:
    """Those that somebody asks for: all of them take three times as long."""
    if tags.get("man_made"):
        return dict(tags)
    return {key: value for key in GROUND_KEYS if (value := tags.get(key))}


def _pbf_point(place: osmium.osm.Location) -> Point | None:
    return Point(place.lon_without_check(), place.lat_without_check()) if place.valid() else None


# ---- Overpass


def read_overpass(document: Mapping[str, Json], source: str) -> Read:
    """The answer of an Overpass server: out body, skel, center or geom. BadInputError."""
    elements = document.get("elements")
    if not isinstance(elements, list):
        raise BadInputError(f"{source} is no answer of Overpass: it has no list of elements.")
    gathering = Gathering(source)
    if remark := document.get("remark"):
        gathering.remark("file", f"Overpass says: {shown(str(remark))}; it may be incomplete", "incomplete")
    known = _Known(elements)
    for number, one in enumerate(elements, 1):
        tags = _tags(one.get("tags")) if isinstance(one, dict) else {}
        if matter(tags):
            where = f"{shown(str(one.get('type', 'element')))}/{shown(str(one.get('id', number)))}"
            gathering.take(tags, where, known.shape(one), "it has no place in this file")
    return gathering.read()


class _Known:
    """Elements by id, of which others are made: ways of nodes, relations of ways."""

    def __init__(self, elements: list[Json]) -> None:
        self._nodes: dict[Json, tuple[float, float]] = {}
        self._ways: dict[Json, Mapping[str, Json]] = {}
        for one in elements:
            if isinstance(one, dict) and isinstance(one.get("id"), int):
                if one.get("type") == "node" and (place := _position(one)):
                    self._nodes[one["id"]] = place
                elif one.get("type") == "way" and ("nodes" in one or "geometry" in one):
                    self._ways.setdefault(one["id"], one)

    def shape(self, one: Mapping[str, Json]) -> BaseGeometry | None:
        """A node's point; a way's line; a relation's area; the middle or the frame of it if no more is told."""
        kind = str(one.get("type"))
        if kind == "node":
            return _point(_position(one))
        made: BaseGeometry | None = None
        if kind in {"way", "relation"}:
            made = self._line(one) if kind == "way" else self._area(one)
        return made or _point(_position(one.get("center"))) or _frame_middle(one.get("bounds"))

    def _line(self, way: Mapping[str, Json]) -> LineString | None:
        """None if any point of it is missing."""
        points: list[tuple[float, float] | None] = []
        if isinstance(way.get("geometry"), list):
            points = [_position(point) for point in way["geometry"]]
        elif isinstance(way.get("nodes"), list):
            points = [self._nodes.get(node) if isinstance(node, int) else None for node in way["nodes"]]
        whole = [point for point in points if point]
        return LineString(whole) if len(whole) == len(points) and len(set(whole)) > 1 else None

    def _area(self, relation: Mapping[str, Json]) -> BaseGeometry | None:
        """Outer lines closed to areas, without those that inner lines close; None if outer ones are missing or open."""
        lines: list[tuple[BaseGeometry | None, bool]] = []
        members = relation.get("members")
        for member in members if isinstance(members, list) else ():
            if isinstance(member, dict) and member.get("type") == "way":
                known = self._ways.get(_hashable(member.get("ref")), {})
                way = member if isinstance(member.get("geometry"), list) else known
                lines.append((self._line(way), member.get("role") == "inner"))
        return _area_of(lines)


def _hashable(ref: Json) -> int | None:
    return ref if isinstance(ref, int) else None


def _area_of(lines: Sequence[tuple[BaseGeometry | None, bool]]) -> BaseGeometry | None:
    """What outer lines close together, without what inner ones do (those with a yes); None if any is missing, or nothing is closed."""
    whole = [(line, inner) for line, inner in lines if line is not None]
    if len(whole) < len(lines):
        return None
    outer, inner = (_closed([line for line, inside in whole if inside is which]) for which in (False, True))
    return polygonal(outer.difference(inner)) if outer is not None and inner is not None else outer


def _closed(lines: list[BaseGeometry]) -> BaseGeometry | None:
    """What these lines close together; None if nothing."""
    if not lines:
        return None
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.node(shapely.multilinestrings(lines)))))
    return polygonal(shapely.union_all(pieces)) if len(pieces) else None


def _position(one: Json) -> tuple[float, float] | None:
    """Of an element: both numbers, finite."""
    if not isinstance(one, dict):
        return None
    return _numbers(one.get("lon"), one.get("lat"))


def _numbers(*values: Json) -> tuple[float, float] | None:
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    if not all(abs(value) < 1e9 for value in values):  # infinite ones, NaN, and whole numbers that no float holds
        return None
    return float(values[0]), float(values[1])


def _point(place: tuple[float, float] | None) -> Point | None:
    return Point(place) if place else None


def _frame_middle(bounds: Json) -> Point | None:
    if not isinstance(bounds, dict):
        return None
    least, most = (_numbers(bounds.get(f"{end}lon"), bounds.get(f"{end}lat")) for end in ("min", "max"))
    return Point((least[0] + most[0]) / 2, (least[1] + most[1]) / 2) if least and most else None


# ---- GeoJSON


def features(document: Json, source: str) -> Iterator[tuple[str, dict[str, str], Json]]:
    """Each feature of GeoJSON: its name ("node/7", "feature 3"), its properties as texts, its geometry as it stands. Tags may be
    flat or under "tags". BadInputError.
    """
    _refuse_other_degrees(document, source)
    found = document.get("features") if document.get("type") == "FeatureCollection" else [document]
    if not isinstance(found, list):
        raise BadInputError(f"{source} is no GeoJSON: it has no list of features.")
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            yield f"feature {number}", {}, None
            continue
        properties = one.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        tags = _tags(properties) | _tags(properties.get("tags"))
        names = (one.get("id"), properties.get("@id"), properties.get("osm_id"), properties.get("id"))
        name = next((name for name in names if isinstance(name, str | int) and str(name).strip()), None)
        yield (f"feature {number}" if name is None else shown(str(name))), tags, one.get("geometry")


def read_geojson(document: Json, source: str) -> Read:
    """OpenStreetMap's objects as GeoJSON. BadInputError."""
    gathering = Gathering(source)
    for where, tags, geometry in features(document, source):
        if matter(tags):
            gathering.take(tags, where, shape_of(geometry), "it has no geometry that can be read")
    return gathering.read()


def shape_of(geometry: Json) -> BaseGeometry | None:
    """A geometry of GeoJSON in two dimensions; None if it is none."""
    if not isinstance(geometry, dict):
        return None
    try:
        made: BaseGeometry | None = shapely.from_geojson(json.dumps(geometry), on_invalid="ignore")
    except (ValueError, RecursionError, shapely.errors.ShapelyError):
        return None
    if made is None or made.is_empty:
        return None
    flat = shapely.force_2d(made)
    bounds = flat.bounds
    return flat if all(math.isfinite(one) for one in bounds) else None


def _refuse_other_degrees(document: Json, source: str) -> None:
    """RFC 7946 knows WGS 84 alone; older files say if they have anything else."""
    crs = document.get("crs") if isinstance(document, dict) else None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if name and not any(
        known in name.upper() for known in ("CRS84", "EPSG::4326", "EPSG:4326", "4019", "4258", "4019")
    ):
        raise BadInputError(
            f"{source} has its places in {shown(name)}: convert it to WGS 84 degrees (EPSG:4326) first."
        )


def _tags(found: Json) -> dict[str, str]:
    """Tags as texts: what is nothing is left out, a yes of JSON is one of OpenStreetMap."""
    if not isinstance(found, dict):
        return {}
    words = {True: "yes", False: "no"}
    return {
        key: words[value] if isinstance(value, bool) else str(value)
        for key, value in found.items()
        if isinstance(value, str | int | float) and value != ""
    }
