"""Any input of the census, known by what is in it and not by its name; which camera lies in which area; and a summary of it all."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point

from watchglass.base.errors import BadInputError, MissingInputError
from watchglass.census.gathering import BOUNDARY, BUILDING, DOUBLE, KEYS, OPEN, WAY, matter, place_of
from watchglass.census.openstreetmap import features, read_geojson, read_overpass, read_pbf, shape_of
from watchglass.census.places import TWICE, Places, areas_of_geojson, areas_of_table, has_areas, join
from watchglass.census.tables import as_points, has_places, read_cameras, read_points, read_register
from watchglass.census.tags import shown
from watchglass.census.texts import decoded, plain, read_table
from watchglass.census.values import Area, Camera, Read, Remark

OUTSIDE = "outside"

NOT_CAMERAS = frozenset({BUILDING, WAY, OPEN, BOUNDARY, "double object", "name twice", "no name"})
"""Kinds of remarks with which something is dropped that is no camera."""

_PBF = b"OSMHeader"
_STARTS = {
    b"PK\x03\x04": "a spreadsheet or an archive: save it as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "a spreadsheet: save it as CSV",
    b"\x1f\x8b": "compressed: unpack it first",
    b"BZh": "compressed: unpack it first",
    b"%PDF": "a PDF document: a table or a map is needed",
    b"SQLite": "a database: export it as GeoJSON or CSV",
}


def read(path: Path, mapping: Mapping[str, str] | None = None) -> Read:
    """What is in a file: cameras, ground, areas. `mapping` says which column a field is in. BadInputError, MissingInputError."""
    content = _content(path)
    if content is None:
        return read_pbf(path)
    if content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in {b"{", b"["}:
        return _read_json(content, path.name, mapping)
    table = read_table(content, path.name)
    if has_places(table.columns, mapping):
        return read_cameras(table, mapping)
    if has_areas(table.columns, mapping) or "name" in (mapping or {}):
        return _of_places(areas_of_table(table, mapping))
    return read_cameras(table, mapping)  # which says what is missing


def read_areas(
    table: Path | None = None, boundaries: Path | None = None, mapping: Mapping[str, str] | None = None
) -> Places:
    """Areas of a table, of a file of boundaries (a map is one too), or of both, joined by name. BadInputError, MissingInputError.

    With both, a field of `mapping` is looked for in the table; boundaries have their names by what is usual.
    """
    listed = shaped = None
    if table is not None:
        content = _content(table)
        if content is None:
            raise BadInputError(f"{table.name} is a map: a table of areas is needed here.")
        listed = areas_of_table(read_table(content, table.name), mapping)
    if boundaries is not None:
        found = read(boundaries, None if listed else mapping)
        if not any(area.boundary for area in found.boundaries):
            raise BadInputError(f"{boundaries.name} has no boundaries: GeoJSON of areas with names is needed.")
        ours = tuple(one for one in found.remarks if one.kind in NOT_CAMERAS | {"population", "number"})
        twice = frozenset(plain(one.where) for one in ours if one.kind == TWICE)
        shaped = Places(found.boundaries, ours, len(found.boundaries), twice)
    if listed and shaped and table and boundaries:
        return join(listed, shaped, (table.name, boundaries.name))
    return listed or shaped or Places()


def _content(path: Path) -> bytes | None:
    """All of a file; None if it is a PBF file, which is too large for that. BadInputError, MissingInputError."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
            if len(head) > 13 and _PBF in head[4:20] and head[:2] == b"\0\0":
                return None
            content = head + file.read()
    except FileNotFoundError as error:
        raise MissingInputError(f"{path} does not exist.") from error
    except OSError as error:
        raise MissingInputError(f"{path} cannot be read: {error.strerror}.") from error
    if not content:
        raise BadInputError(f"{path.name} is empty (0 bytes): get it again.")
    for start, what in _STARTS.items():
        if content.startswith(start):
            raise BadInputError(f"{path.name} is {what}.")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise BadInputError(
            f"{path.name} is a web page or XML: PBF, JSON or CSV is needed (osmium cat -o map.osm.pbf makes PBF of XML)."
        )
    if path.name.casefold().endswith(".pbf"):
        raise BadInputError(f"{path.name} is not a PBF file of OpenStreetMap, though it is called one: get it again.")
    return content


def _read_json(content: bytes, source: str, mapping: Mapping[str, str] | None) -> Read:
    text, _ = decoded(content, source)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        broken = (
            "breaks off" if error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg else "is no JSON from"
        )
        raise BadInputError(f"{source} {broken} at line {error.lineno}, column {error.colno}: get it again.") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, a thousand brackets
        raise BadInputError(f"{source} is no JSON that can be read: {shown(str(error))}.") from error
    if isinstance(document, dict):
        if "elements" in document:
            return read_overpass(document, source)
        if "cameras" in document:
            return read_register(document, source, mapping)
        if document.get("type") in {"FeatureCollection", "Feature"}:
            return _read_features(document, source, mapping)
    if isinstance(document, list) and all(isinstance(one, dict) for one in document):
        return read_register({"cameras": document}, source, mapping)
    raise BadInputError(f"{source} is JSON, but neither GeoJSON, nor an answer of Overpass, nor a register of cameras.")


def _read_features(document: Any, source: str, mapping: Mapping[str, str] | None) -> Read:
    """GeoJSON of OpenStreetMap's objects, of areas, or of points that are cameras."""
    listed = list(features(document, source))
    if any(matter(tags) for _, tags, _ in listed) and not mapping:
        return read_geojson(document, source)
    shapes = [shape_of(geometry) for _, _, geometry in listed]
    if any(shape is not None and shape.geom_type in {"Polygon", "MultiPolygon"} for shape in shapes):
        return _of_places(areas_of_geojson(document, source, mapping))
    if not listed:
        return Read(remarks=(Remark(source, "file", "has no features", False, "empty"),))
    known = mapping or any(
        tags.keys() & {"surveillance:type", "camera:type", "camera:direction", "surveillance"} for _, tags, _ in listed
    )
    if not known and not any(isinstance(shape, Point) for shape in shapes):
        raise BadInputError(f"{source} has neither cameras nor areas: its features have none of {', '.join(KEYS)}.")
    taken = [(name, tags, place_of(shape)) for (name, tags, _), shape in zip(listed, shapes, strict=True)]
    return read_points(as_points(taken), mapping, source)


def _of_places(places: Places) -> Read:
    return Read(boundaries=places.areas, remarks=places.remarks)


@dataclasses.dataclass(frozen=True, slots=True)
class Assigned:
    """Which cameras lie in which area: for each area, numbers of cameras. `outside` lie in none of them.

    On a border between areas of one level the first has it. Areas that lie over each other (a city, its districts) share cameras.
    """

    inside: tuple[tuple[int, ...], ...]
    outside: tuple[int, ...]
    remarks: tuple[Remark, ...]


def assign(cameras: Sequence[Camera], areas: Sequence[Area]) -> Assigned:
    """Put cameras into areas that have boundaries. One outside every boundary is remarked on."""
    inside: list[list[int]] = [[] for _ in areas]
    points = shapely.points(np.array([(one.longitude, one.latitude) for one in cameras]).reshape(-1, 2))
    lost = np.ones(len(cameras), np.bool_)
    bounded = [number for number, area in enumerate(areas) if area.boundary is not None]
    for level in {areas[number].level for number in bounded}:
        numbers = [number for number in bounded if areas[number].level == level]
        tree = shapely.STRtree(np.array([areas[number].boundary for number in numbers], np.object_))
        which, touched = tree.query(points, predicate="intersects")
        inner, within = tree.query(points, predicate="within")
        pairs = set(zip(inner.tolist(), within.tolist(), strict=True))
        border: dict[int, int] = {}
        for camera, area in sorted(zip(which.tolist(), touched.tolist(), strict=True)):
            if (camera, area) not in pairs:
                border.setdefault(camera, area)
        for camera, area in sorted(pairs | set(border.items())):
            inside[numbers[area]].append(camera)
        lost[which] = False
    outside = tuple(int(one) for one in np.flatnonzero(lost)) if bounded else ()
    remarks = _outside(cameras, outside, [areas[number] for number in bounded])
    return Assigned(tuple(tuple(one) for one in inside), outside, remarks)


def _outside(cameras: Sequence[Camera], outside: Sequence[int], areas: Sequence[Area]) -> tuple[Remark, ...]:
    """A remark on each, which says if it would lie in an area with longitude and latitude swapped."""
    if not outside:
        return ()
    swapped = shapely.points([(cameras[number].latitude, cameras[number].longitude) for number in outside])
    tree = shapely.STRtree(np.array([area.boundary for area in areas], np.object_))
    would = dict(tree.query(swapped, predicate="intersects").T.tolist())
    remarks = []
    for at, number in enumerate(outside):
        camera = cameras[number]
        hint = (
            f"; with longitude and latitude swapped it would lie in {shown(areas[would[at]].name)}"
            if at in would
            else ""
        )
        what = f"lies outside every boundary ({camera.longitude:.5f}, {camera.latitude:.5f}){hint}"
        remarks.append(Remark(camera.source, camera.id, what, False, OUTSIDE))
    return tuple(remarks)


@dataclasses.dataclass(frozen=True, slots=True)
class Tally:
    """Cameras of an input, counted: `objects` is always the sum of the three others."""

    objects: int
    cameras: int
    dropped: int
    doubles: int


def tally(found: Read) -> Tally:
    """How many objects there were, and what became of them."""
    lost = Counter(one.kind for one in found.remarks if one.dropped and one.kind not in NOT_CAMERAS)
    doubles = lost.pop(DOUBLE, 0)
    return Tally(found.objects, len(found.cameras), sum(lost.values()), doubles)


def summary(found: Read, further: Iterable[Remark] = ()) -> str:
    """What was read, as a text: what became of all objects, what there is beside, and remarks by kind with an example of each."""
    counted = tally(found)
    several = sum(camera.count for camera in found.cameras)
    standing = f" (standing for {several:,})" if several != counted.cameras else ""
    lines = [
        f"{counted.objects:,} objects: {counted.cameras:,} cameras{standing}, {counted.dropped:,} dropped, {counted.doubles:,} doubles"
    ]
    if found.ground:
        ground = found.ground
        lines.append(
            f"{len(ground.buildings):,} buildings, {len(ground.ways):,} ways, {len(ground.open):,} open places"
        )
    if found.boundaries:
        lines.append(f"{len(found.boundaries):,} areas")
    return "\n".join([*lines, *by_kind([*found.remarks, *further])])


def by_kind(remarks: Sequence[Remark]) -> list[str]:
    """A line for each kind of remark: how many there are, and the first."""
    kinds = Counter((one.kind or "other", one.dropped) for one in remarks)
    examples = {(one.kind or "other", one.dropped): one for one in reversed(remarks)}
    lines = []
    for (kind, dropped), count in kinds.most_common():
        one = examples[kind, dropped]
        fate = ", dropped" if dropped else ""
        lines.append(f"  {kind}{fate}: {count:,}, first {one.source}, {one.where}: {one.what}")
    return lines
