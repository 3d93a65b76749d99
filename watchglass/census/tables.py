"""Tables of cameras: a city's open data, or an operator's own register (docs/formats/register.md), as CSV, JSON or points of GeoJSON.

A line is read as if its cells were OpenStreetMap's tags, by the same rules and with the same remarks.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchglass.base.errors import BadInputError
from watchglass.census import numbers
from watchglass.census.gathering import DOUBLE, POSITION, not_a_place
from watchglass.census.numbers import NotANumberError
from watchglass.census.tags import camera, shown
from watchglass.census.texts import Row, Table, mapped
from watchglass.census.values import Camera, Read, Remark

GUESSES: Mapping[str, tuple[str, ...]] = {
    "longitude": (
        "longitude", "lon", "lng", "long", "x", "x coord", "point x", "coord x", "längengrad", "laengengrad", "länge", "longitud", "longitudine", "경도",
        "经度", "経度", "долгота", "wgs84경도",
    ),
    "latitude": (
        "latitude", "lat", "y", "y coord", "point y", "coord y", "breitengrad", "breite", "latitud", "latitudine", "위도", "纬度", "緯度", "широта",
        "wgs84위도",
    ),
    "id": ("id", "nr", "no", "number", "nummer", "numero", "ref", "camera id", "kamera id", "관리번호", "번호", "编号"),
    "count": ("count", "cameras", "number of cameras", "anzahl", "anzahl kameras", "nombre", "cantidad", "quantità", "카메라대수", "대수", "数量"),
    "direction": ("direction", "dir", "heading", "bearing", "azimuth", "azimut", "richtung", "blickrichtung", "orientation", "dirección", "direzione", "촬영방면정보"),
    "angle": ("angle", "fov", "field of view", "angle of view", "bildwinkel", "öffnungswinkel", "angle de vue"),
    "tilt": ("tilt", "neigung", "inclinaison"),
    "height": ("height", "höhe", "hoehe", "hauteur", "altura", "altezza"),
    "type": ("type", "camera type", "typ", "art", "kameratyp", "tipo", "mount type"),
    "mount": ("mount", "camera mount", "montage", "befestigung", "support"),
    "setting": ("surveillance", "setting"),
    "zone": ("zone", "surveillance zone"),
    "purpose": ("purpose", "zweck", "finalité", "finalidad", "scopo", "usage", "설치목적구분", "설치목적", "목적", "用途"),
    "owner": ("owner", "operator", "betreiber", "eigentümer", "exploitant", "propriétaire", "operador", "gestore", "관리기관명", "관리기관", "管理单位"),
    "sign": ("sign", "signed", "schild", "hinweisschild", "panneau", "cartel", "안내판"),
    "pixels": ("pixels", "resolution", "auflösung", "résolution"),
    "kind": ("kind", "surveillance type"),
}  # fmt: skip
"""Fields that a column can be mapped to, and names of columns that are taken for them where nothing is stated."""

TAGS = {
    "count": "camera:count",
    "direction": "camera:direction",
    "angle": "camera:fov",
    "tilt": "camera:tilt",
    "height": "height",
    "type": "camera:type",
    "mount": "camera:mount",
    "setting": "surveillance",
    "zone": "surveillance:zone",
    "purpose": "purpose",
    "owner": "operator",
    "sign": "surveillance:sign",
    "pixels": "camera:resolution",
    "kind": "surveillance:type",
}
_SWAPPED = "swapped"


def has_places(columns: Sequence[str], mapping: Mapping[str, str] | None = None) -> bool:
    """Whether these columns hold places of cameras, stated or guessed."""
    stated = set(mapping or ())
    if stated & {"longitude", "latitude"}:
        return True
    found = mapped(columns, GUESSES, None, "")
    return {"longitude", "latitude"} <= set(found)


def read_cameras(table: Table, mapping: Mapping[str, str] | None = None, unit: str = "line") -> Read:
    """A camera, or `count` of them, a line (or what `unit` calls it). BadInputError if a stated column is not there, or none holds places."""
    found = mapped(table.columns, GUESSES, mapping, table.source)
    missing = [field for field in ("longitude", "latitude") if field not in found]
    if missing:
        raise BadInputError(
            f"{table.source} has no column for {' and '.join(missing)}: say which it is, of {', '.join(map(shown, table.columns))}."
        )
    marks = {field: table.mark(found[field]) for field in ("longitude", "latitude")}
    places = []
    for row in table.rows:
        texts = tuple(row.cells[found[field]] for field in ("longitude", "latitude"))
        places.append(_place(texts, (marks["longitude"], marks["latitude"])))
    read = _read(table.rows, places, found, table.source, unit)
    return Read(read.cameras, None, (), table.remarks + read.remarks, read.objects)


def read_points(
    points: Sequence[tuple[Row, tuple[float, float] | None]], mapping: Mapping[str, str] | None, source: str
) -> Read:
    """Cameras whose places are known, with further columns: points of GeoJSON. BadInputError."""
    columns = tuple(dict.fromkeys(column for row, _ in points for column in row.cells))
    guesses = {field: names for field, names in GUESSES.items() if field not in {"longitude", "latitude"}}
    found = mapped(columns, guesses, mapping, source)
    rows = [Row(row.line, {column: row.cells.get(column, "") for column in columns}) for row, _ in points]
    return _read(rows, [place or "has no point" for _, place in points], found, source, "feature")


def read_register(document: Mapping[str, Any], source: str, mapping: Mapping[str, str] | None = None) -> Read:
    """An operator's own register as JSON: an object with a list of cameras. BadInputError."""
    cameras = document.get("cameras")
    if not isinstance(cameras, list) or not all(isinstance(one, dict) for one in cameras):
        raise BadInputError(
            f"{source} is no register: its cameras should be a list of objects (docs/formats/register.md)."
        )
    columns = tuple(dict.fromkeys(str(key) for one in cameras for key in one))
    rows = tuple(
        Row(number, {column: _text(one.get(column)) for column in columns}) for number, one in enumerate(cameras, 1)
    )
    # It has no lines that anybody could look up, but an order.
    return read_cameras(Table(source, columns, rows, ()), mapping, "camera") if cameras else Read()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(_text(one) for one in value)
    return "" if value is None else str(value)


def _place(texts: tuple[str, ...], marks: tuple[str | None, ...]) -> tuple[float, float] | str:
    """Longitude and latitude, or what is wrong with them."""
    values: list[float] = []
    for name, text, mark in zip(("longitude", "latitude"), texts, marks, strict=True):
        lone = (
            numbers.COMMA if numbers.COMMA in text and numbers.POINT not in text else None
        )  # 2,352 degrees are not thousands
        try:
            value = numbers.read(text.strip().rstrip("°"), lone or mark)
        except NotANumberError as error:
            return f"{name}: {error}"
        if value is None:
            return f"has no {name}"
        values.append(value)
    place = (values[0], values[1])
    return not_a_place(place) or place


def _read(
    rows: Sequence[Row],
    places: Sequence[tuple[float, float] | str],
    found: Mapping[str, str],
    source: str,
    unit: str = "line",
) -> Read:
    """Each row is a camera, dropped, or a double."""
    cameras: list[Camera] = []
    remarks: list[Remark] = []
    known: dict[object, str] = {}
    names = {TAGS[field]: column for field, column in found.items() if field in TAGS}
    for row, place in zip(rows, places, strict=True):
        where = f"{unit} {row.line}"
        if not any(cell.strip() for cell in row.cells.values()) and isinstance(place, str):
            remarks.append(Remark(source, where, "is empty", True, "empty line"))
            continue
        if isinstance(place, str):
            kind = _SWAPPED if "swapped" in place else POSITION
            remarks.append(Remark(source, where, f"{place}; not counted", True, kind))
            continue
        tags = {
            TAGS[field]: cell
            for field, column in found.items()
            if field in TAGS and (cell := row.cells[column].strip())
        }
        name = row.cells[found["id"]].strip() if "id" in found else ""
        key = ("id", name) if name else ("all", tuple(row.cells.values()), place)
        if key in known:
            said = f"has the same {found['id']} as" if name else "is the same as"
            remarks.append(Remark(source, where, f"{said} {known[key]}; counted once", True, DOUBLE))
            continue
        known[key] = where
        if (none := _none_there(tags)) is not None:
            remarks.append(Remark(source, where, f"{names['camera:count']}={none}: no camera here", True, "count"))
            continue
        made, odd = camera(tags, source, where, place, names)
        remarks += odd
        if made:
            cameras.append(made)
    return Read(tuple(cameras), None, (), tuple(remarks), len(rows))


def _none_there(tags: Mapping[str, str]) -> str | None:
    """What is written in a column of counts, if it says that there is none."""
    text = tags.get("camera:count", "")
    try:
        return text if numbers.read_whole(text) == 0 else None
    except NotANumberError:
        return None


def as_points(
    features: Iterable[tuple[str, Mapping[str, str], tuple[float, float] | None]],
) -> list[tuple[Row, tuple[float, float] | None]]:
    """Features as rows, numbered in their order."""
    return [(Row(number, dict(tags)), place) for number, (_, tags, place) in enumerate(features, 1)]
