"""Areas to count cameras in: from a table (name, population, area, cameras), from a file of boundaries, or both joined by name."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.base.errors import BadInputError
from watchglass.census import numbers
from watchglass.census.gathering import polygonal
from watchglass.census.numbers import NotANumberError
from watchglass.census.openstreetmap import features, shape_of
from watchglass.census.tags import shown
from watchglass.census.texts import NUMBER, Row, Table, mapped, plain
from watchglass.census.values import Area, Remark

GUESSES: Mapping[str, tuple[str, ...]] = {
    "name": (
        "name", "city", "area", "district", "borough", "municipality", "place", "country", "region", "stadt", "ort", "gemeinde", "bezirk", "stadtteil",
        "land", "ville", "commune", "quartier", "pays", "ciudad", "municipio", "barrio", "città", "comune", "구별", "자치구", "기관명", "시군구", "도시", "城市",
        "name local", "name en", "sig kor nm",
    ),
    "population": (
        "population", "pop", "inhabitants", "people", "einwohner", "einwohnerzahl", "bevölkerung", "habitants", "habitantes", "población", "popolazione",
        "abitanti", "인구수", "인구", "人口",
    ),
    "km2": ("km2", "area km2", "km²", "sq km", "fläche", "fläche km2", "flaeche", "superficie", "superficie km2", "면적"),
    "street_km": ("street km", "streets km", "road km", "strassenkm", "straßenkilometer", "도로연장"),
    "cameras": ("cameras", "number of cameras", "cctv", "cctv cameras", "kameras", "caméras", "cámaras", "telecamere", "소계", "카메라수", "摄像头"),
}  # fmt: skip
"""Fields of an area that a column can be mapped to, and names of columns that are taken for them where nothing is stated."""

JOIN, POPULATION, TWICE, SHAPE = "name not found", "population", "name twice", "boundary"

# Numbers that measure nothing.
_NO_INDEX = frozenset({
    "id", "nr", "no", "number", "code", "rank", "rang", "year", "jahr", "plz", "zip", "postcode", "unnamed0", "lon", "lat", "longitude", "latitude",
    "objectid", "fid", "gid", "column1",
})  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Areas, and what is odd about them. `rows` is how many there were in the file, dropped ones among them, `twice` names that more
    than one of them had, as they are compared.
    """

    areas: tuple[Area, ...] = ()
    remarks: tuple[Remark, ...] = ()
    rows: int = 0
    twice: frozenset[str] = frozenset()


def has_areas(columns: Sequence[str], mapping: Mapping[str, str] | None = None) -> bool:
    """Whether these columns hold areas: a name, and something to count."""
    found = set(mapped(columns, GUESSES, None, "")) | set(mapping or ())
    return "name" in found and bool(found & {"population", "km2", "street_km", "cameras"})


def areas_of_table(table: Table, mapping: Mapping[str, str] | None = None) -> Places:
    """An area a line. Columns of numbers that are none of an area's fields are indices (crime, safety). BadInputError."""
    found = mapped(table.columns, GUESSES, mapping, table.source)
    if "name" not in found:
        there = ", ".join(map(shown, table.columns))
        raise BadInputError(f"{table.source} has no column of names: say which it is, of {there}.")
    further = [column for column in table.columns if column not in found.values() and _is_index(table, column)]
    marks = {column: table.mark(column) for column in [*found.values(), *further]}
    remarks = list(table.remarks)
    for column in [*found.values(), *further]:
        if column != found["name"] and len(numbers.marks(row.cells[column] for row in table.rows)) > 1:
            said = f"column {shown(column)} has fractions behind commas and behind points; each cell is read for itself"
            remarks.append(Remark(table.source, "file", said, False, NUMBER))
    areas = []
    for row in table.rows:
        reading = _RowReading(row, found, marks, table.source, remarks)
        if area := reading.area(further):
            areas.append(area)
    return _each_once(areas, remarks, table.source, len(table.rows))


def areas_of_geojson(document: Any, source: str, mapping: Mapping[str, str] | None = None) -> Places:
    """An area a feature: its name, population and so on are properties. BadInputError."""
    listed = list(features(document, source))
    columns = tuple(dict.fromkeys(key for _, tags, _ in listed for key in tags))
    found = mapped(columns, GUESSES, mapping, source) if columns else {}
    if "name" not in found:
        there = f"they have {', '.join(map(shown, columns[:40]))}" if columns else "they have none"
        raise BadInputError(f"{source}: no property of its features is a name; {there}. Say which it is.")
    remarks: list[Remark] = []
    areas = []
    for number, (where, tags, geometry) in enumerate(listed, 1):
        row = Row(number, {column: tags.get(column, "") for column in columns})
        reading = _RowReading(
            row, found, {}, source, remarks, f"feature {number}" if where.startswith("feature") else where
        )
        shape = shape_of(geometry)
        area = polygonal(shape)
        if area is None or not _on_earth(area.bounds):
            what = "has no shape that encloses anything" if area is None else "is not in degrees (WGS 84)"
            remarks.append(Remark(source, reading.where, f"{what}; left out", True, SHAPE))
            continue
        if shape is not None and not shape.is_valid:
            remarks.append(Remark(source, reading.where, "its outline crosses itself; mended", False, SHAPE))
        if _leaps(area):
            said = "an edge of its outline is over 180° long: what crosses the 180th meridian must be cut in two there (RFC 7946)"
            remarks.append(Remark(source, reading.where, said, False, SHAPE))
        if made := reading.area(()):
            areas.append(dataclasses.replace(made, boundary=area))
    return _each_once(areas, remarks, source, len(listed))


def join(table: Places, boundaries: Places, sources: tuple[str, str]) -> Places:
    """Areas of a table with boundaries of the same names. What only one of them has stays, with a remark: an area of the table without a
    boundary still has its own count of cameras, and a boundary without a line in the table its area.
    """
    # A map has a city and its county by the same name on two levels: the lowest, with the greatest number, is meant.
    shapes = {plain(area.name): area for area in sorted(boundaries.areas, key=lambda area: area.level or 0)}
    each = Counter((plain(area.name), area.level) for area in boundaries.areas)
    twice = boundaries.twice | {name for (name, _), count in each.items() if count > 1}
    remarks = [*table.remarks, *boundaries.remarks]
    joined = []
    for area in table.areas:
        key = plain(area.name)
        shape = shapes.pop(key, None)
        if shape and key in twice:
            several = f"has several boundaries of that name in {sources[1]}: none is taken"
            remarks.append(Remark(sources[0], shown(area.name), several, False, JOIN))
            joined.append(area)
            continue
        if shape is None:
            remarks.append(
                Remark(sources[0], shown(area.name), f"has no boundary of that name in {sources[1]}", False, JOIN)
            )
            joined.append(area)
            continue
        told = {name: getattr(area, name) or getattr(shape, name) for name in ("population", "km2", "street_km")}
        cameras = shape.cameras if area.cameras is None else area.cameras
        joined.append(dataclasses.replace(area, boundary=shape.boundary, level=shape.level, cameras=cameras, **told))
    for area in shapes.values():
        remarks.append(Remark(sources[1], shown(area.name), f"has no line of that name in {sources[0]}", False, JOIN))
        joined.append(area)
    return Places(tuple(joined), tuple(remarks), table.rows + boundaries.rows)


@dataclasses.dataclass(frozen=True, slots=True)
class _RowReading:
    """One line of a table as it is read."""

    row: Row
    found: Mapping[str, str]
    marks: Mapping[str, str | None]
    source: str
    remarks: list[Remark]
    said: str = ""

    @property
    def where(self) -> str:
        return self.said or self.row.where

    def area(self, further: Sequence[str]) -> Area | None:
        name = " ".join(self.row.cells[self.found["name"]].split())
        if not name:
            self.remark("has no name; left out", "no name", dropped=True)
            return None
        population = self.whole("population")
        if population is not None and population <= 0:
            self.remark(f"{self.found['population']}={population}: rates are left out", POPULATION)
            population = None
        cameras = self.whole("cameras")
        if cameras is not None and cameras < 0:
            self.remark(f"{self.found['cameras']}={cameras}: fewer than none; left out", NUMBER)
            cameras = None
        indices = {column: value for column in further if (value := self.number(column)) is not None}
        return Area(name, None, population, self.positive("km2"), self.positive("street_km"), cameras, indices)

    def remark(self, what: str, kind: str, *, dropped: bool = False) -> None:
        self.remarks.append(Remark(self.source, self.where, what, dropped, kind))

    def whole(self, field: str) -> int | None:
        if field not in self.found:
            return None
        value = self._tried(self.found[field], numbers.read_whole)
        return None if value is None else round(value)

    def positive(self, field: str) -> float | None:
        value = self.number(self.found[field]) if field in self.found else None
        if value is not None and value <= 0:
            self.remark(f"{self.found[field]}={value:g}: rates are left out", NUMBER)
            return None
        return value

    def number(self, column: str) -> float | None:
        return self._tried(column, numbers.read)

    def _tried(self, column: str, read: Callable[[str, str | None], float | None]) -> float | None:
        try:
            return read(self.row.cells[column], self.marks.get(column))
        except NotANumberError as error:
            self.remark(f"{shown(column)}: {error}; left out", NUMBER)
            return None


def _is_index(table: Table, column: str) -> bool:
    """Whether most of a column's cells that say anything are numbers."""
    if plain(column) in _NO_INDEX:
        return False
    good = bad = 0
    for row in table.rows:
        try:
            good += numbers.read(row.cells[column]) is not None
        except NotANumberError:
            bad += 1
    return good > bad


def _each_once(areas: Sequence[Area], remarks: list[Remark], source: str, rows: int) -> Places:
    """The first of each name; of others it is said that they are left out."""
    seen: Counter[str] = Counter()
    kept = []
    for area in areas:
        key = plain(area.name) or area.name
        if seen[key]:
            remarks.append(
                Remark(source, shown(area.name), "this name is there twice; the first is taken", True, TWICE)
            )
        else:
            kept.append(area)
        seen[key] += 1
    twice = frozenset(key for key, count in seen.items() if count > 1)
    return Places(tuple(kept), tuple(remarks), rows, twice)


def _on_earth(bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90


def _leaps(area: BaseGeometry) -> bool:
    """Whether one of its edges goes most of the way around the earth: from 177 to -178 the short way was meant, and is not taken."""
    rings = shapely.get_rings(shapely.get_parts(area))
    at, ring = shapely.get_coordinates(rings, return_index=True)
    wide = np.abs(np.diff(at[:, 0]))
    return bool(np.any((wide > 180) & (wide < 360) & (ring[1:] == ring[:-1])))  # 360: all around a pole
