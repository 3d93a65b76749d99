import contextlib
import json
from pathlib import Path
from typing import Any

import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osmium.osm import mutable
from shapely.geometry import box

from watchglass.base.errors import BadInputError, MissingInputError
from watchglass.census.reading import assign, read, read_areas, summary, tally
from watchglass.census.values import Area, Camera, Read, Remark

CAMERA = {"man_made": "surveillance"}
ANSWER = {"elements": [{"type": "node", "id": 1, "lat": 48, "lon": 2, "tags": CAMERA}]}
SHAPE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": geometry, "properties": properties}],
    }


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    """Writes a file under a name that says nothing of what is in it."""

    def keep(content: bytes | str | Any, name: str = "input.dat") -> Path:
        path = tmp_path / name
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
        return path

    return keep


def test_files_are_known_by_what_is_in_them(kept: Any, tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [2, 48]}
    one_camera = [
        ANSWER,
        json.dumps(ANSWER).encode("utf-8-sig"),
        json.dumps(ANSWER).encode("utf-16"),
        feature(point, **CAMERA),
        feature(point, **{"camera:type": "dome"}),
        {"cameras": [{"longitude": 2, "latitude": 48}]},
        [{"lon": 2, "lat": 48}],
        "lon,lat\n2,48\n",
    ]
    for content in one_camera:
        found = read(kept(content))
        assert [(camera.longitude, camera.latitude) for camera in found.cameras] == [(2, 48)], content
    path = tmp_path / "map.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(mutable.Node(id=1, location=(2, 48), tags=CAMERA))
    assert len(read(path.rename(tmp_path / "map.csv")).cameras) == 1


def test_areas_too_are_known(kept: Any) -> None:
    assert read(kept("name,population\nA,5\n")).boundaries == (Area("A", population=5),)
    assert read(kept(feature(SHAPE, name="A"))).boundaries[0].boundary
    assert read(kept("who,x\nA,5\n"), {"name": "who"}).boundaries[0].indices == {"x": 5}


def test_points_with_stated_columns(kept: Any) -> None:
    found = read(kept(feature({"type": "Point", "coordinates": [2, 48]}, blick="90")), {"direction": "blick"})
    assert found.cameras[0].views


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "city.osm.pbf", r"city.osm.pbf is empty \(0 bytes\)"),
        (b"", "t.csv", "empty"),
        (b"not a map at all", "city.osm.pbf", "is not a PBF file"),
        (b"PK\x03\x04....", "t.xlsx", "spreadsheet or an archive: save it as CSV"),
        (b"\x1f\x8b....", "a.json.gz", "compressed: unpack it"),
        (b"<html><body>Too many requests", "a.json", "web page or XML"),
        (b'{"elements": [{"type": "node", "id": 1, "la', "a.json", "breaks off at line 1, column"),
        (b'{"elements": [', "a.json", "breaks off at line 1"),
        (b'{"elements" [1]}', "a.json", "is no JSON from at line 1, column 13"),
        (b"[" * 100_000, "a.json", "is no JSON that can be read"),
        (b'{"elements": [' + b"9" * 5000 + b"]}", "a.json", "is no JSON that can be read"),
        (b'{"a": 1}', "a.json", "neither GeoJSON, nor an answer of Overpass, nor a register"),
        (b"[1, 2]", "a.json", "neither GeoJSON"),
        (b"one,two\n1,2\n", "t.csv", "has no column for longitude and latitude: say which it is, of one, two"),
        (b"\0\1\2\3\4\5", "a.bin", "no text"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(kept: Any, content: bytes, name: str, why: str) -> None:
    with pytest.raises(BadInputError, match=why) as raised:
        read(kept(content, name))
    assert str(raised.value).startswith(name)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="does not exist"):
        read(tmp_path / "none.csv")
    with pytest.raises(MissingInputError, match="cannot be read"):
        read(tmp_path)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: json.dumps(ANSWER).encode()[:60] + tail))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(content)
    with contextlib.suppress(BadInputError):
        balanced(read(path))


@given(st.binary(max_size=60))
def test_any_bytes_behind_a_pbf_head_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.pbf"
    path.write_bytes(b"\0\0\0\x0d\x0a\x09OSMHeader\x18" + tail)
    with contextlib.suppress(BadInputError):
        balanced(read(path))


def balanced(found: Read) -> None:
    counted = tally(found)
    assert counted.objects == counted.cameras + counted.dropped + counted.doubles


def test_areas_of_a_table_and_a_file_of_boundaries(kept: Any) -> None:
    table, shapes = kept("name,population\nA,5\nB,6\n", "t.csv"), kept(feature(SHAPE, name="a"), "b.geojson")
    places = read_areas(table, shapes)
    assert [(area.name, area.population, area.boundary is not None) for area in places.areas] == [
        ("A", 5, True),
        ("B", 6, False),
    ]
    assert [area.name for area in read_areas(boundaries=shapes).areas] == ["a"]
    assert len(read_areas(table).areas) == 2
    with pytest.raises(BadInputError, match=r"t\.csv has no boundaries"):
        read_areas(boundaries=table)
    assert read_areas().areas == ()


def camera(number: int, longitude: float, latitude: float) -> Camera:
    return Camera(f"node/{number}", "map", longitude, latitude)


def test_a_camera_on_a_border_lies_in_one_area() -> None:
    areas = [Area("West", box(0, 0, 1, 1)), Area("Unbounded"), Area("East", box(1, 0, 2, 1))]
    cameras = [camera(1, 0.5, 0.5), camera(2, 1, 0.5), camera(3, 1.5, 0.5)]
    found = assign(cameras, areas)
    assert found.inside == ((0, 1), (), (2,))
    assert (found.outside, found.remarks) == ((), ())


def test_a_camera_outside_every_boundary_is_remarked_on() -> None:
    found = assign([camera(1, 5, 5), camera(2, 0.5, 40), camera(3, 40.5, 0.5)], [Area("A", box(0, 39, 1, 41))])
    assert found.inside == ((1,),)
    assert found.outside == (0, 2)
    first, second = found.remarks
    assert (first.where, first.kind, first.dropped) == ("node/1", "outside", False)
    assert "swapped" not in first.what
    assert second.what.endswith("with longitude and latitude swapped it would lie in A")


def test_a_city_and_its_districts_share_cameras() -> None:
    areas = [Area("City", box(0, 0, 2, 2), level=8), Area("District", box(0, 0, 1, 1), level=9)]
    found = assign([camera(1, 0.5, 0.5), camera(2, 1.5, 1.5)], areas)
    assert found.inside == ((0, 1), (0,))
    assert found.outside == ()


def test_a_camera_of_a_district_is_one_of_the_city_too() -> None:
    city, west, east = Area("city", box(0, 0, 4, 4)), Area("west", box(1, 1, 2, 2)), Area("east", box(2, 1, 3, 2))
    found = assign(
        [camera(1, 1.5, 1.5), camera(2, 2.0, 1.5), camera(3, 2.5, 1.5), camera(4, 3.5, 3.5)], [city, west, east]
    )
    assert found.inside == ((0, 1, 2, 3), (0, 1), (2,))  # the second stands on a border
    assert found.outside == ()


def test_nothing_to_assign() -> None:
    assert assign([], [Area("A", box(0, 0, 1, 1))]).inside == ((),)
    found = assign([camera(1, 0, 0)], [Area("A")])
    assert (found.inside, found.outside, found.remarks) == (((),), (), ())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_every_camera_is_in_one_area_or_outside(places: list[tuple[int, int]]) -> None:
    areas = [Area(f"{x} {y}", box(x, y, x + 1, y + 1)) for x in range(3) for y in range(3)]
    found = assign([camera(number, *place) for number, place in enumerate(places)], areas)
    numbers = sorted([*found.outside, *(one for inside in found.inside for one in inside)])
    assert numbers == list(range(len(places)))
    assert len(found.remarks) == len(found.outside) == sum(max(place) > 3 for place in places)


def test_a_summary_leaves_nothing_out(kept: Any) -> None:
    text = "id,lon,lat,count,dir\na,2.1,48.1,12,up\na,2.1,48.1,,\nb,,48,,\nc,,49,,\n"
    found = read(kept(text, "t.csv"))
    lines = summary(found, [Remark("map", "node/1", "lies outside", False, "outside")]).splitlines()
    assert lines[0] == "4 objects: 1 cameras (standing for 12), 2 dropped, 1 doubles"
    assert lines[1].startswith("  position, dropped: 2, first t.csv, line 4: has no longitude")
    kinds = [line.split(":")[0].strip() for line in lines[1:]]
    assert sorted(kinds) == ["direction", "double, dropped", "encoding", "outside", "position, dropped"]


def test_a_summary_says_what_there_is_beside(kept: Any) -> None:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": SHAPE, "properties": {"building": "yes"}},
            {"type": "Feature", "geometry": SHAPE, "properties": {"boundary": "administrative", "name": "A"}},
        ],
    }
    lines = summary(read(kept(document))).splitlines()
    assert lines == [
        "0 objects: 0 cameras, 0 dropped, 0 doubles",
        "1 buildings, 0 ways, 0 open places",
        "1 areas",
    ]
