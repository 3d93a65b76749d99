import contextlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osmium.osm import mutable
from shapely.geometry import Point

from watchglass.base.errors import BadInputError
from watchglass.census.openstreetmap import features, read_geojson, read_overpass, read_pbf, shape_of
from watchglass.census.reading import tally
from watchglass.census.values import Read, View

CAMERA = {"man_made": "surveillance", "surveillance:type": "camera"}
Places = Mapping[int, tuple[float, float]]


def write(
    path: Path,
    nodes: Sequence[mutable.Node],
    ways: Sequence[mutable.Way] = (),
    relations: Sequence[mutable.Relation] = (),
) -> Path:
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for node in nodes:
            writer.add_node(node)
        for way in ways:
            writer.add_way(way)
        for relation in relations:
            writer.add_relation(relation)
    return path


def node(number: int, x: float, y: float, tags: Mapping[str, str] | None = None) -> mutable.Node:
    """Hundreds of metres east and north of a place."""
    return mutable.Node(id=number, location=(2 + x / 1000, 48 + y / 1000), tags=dict(tags or {}))


def square(first: int, x: float, y: float, side: float) -> tuple[list[mutable.Node], list[int]]:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    nodes = [node(first + at, *corner) for at, corner in enumerate(corners)]
    return nodes, [*range(first, first + 4), first]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A courtyard of 2 by 2 in a block of 4 by 4, a house, a street, a park, a district, and cameras as node, way and relation."""
    outer, outer_ring = square(10, 0, 0, 4)
    inner, inner_ring = square(20, 1, 1, 2)
    house, house_ring = square(30, 6, 0, 1)
    cameras = [
        node(1, 5, 0, CAMERA | {"camera:direction": "NW;270-300", "operator": "Robin"}),
        node(2, 5, 1, {"man_made": "surveillance", "surveillance:type": "guard"}),
        node(3, 5, 2, CAMERA | {"height": "high"}),
        node(4, 5, 2, CAMERA | {"height": "high"}),
    ]
    ways = [
        mutable.Way(id=1, nodes=outer_ring),
        mutable.Way(id=2, nodes=inner_ring),
        mutable.Way(id=3, nodes=house_ring, tags={"building": "yes", "building:levels": "2"}),
        mutable.Way(id=4, nodes=[10, 30, 31], tags={"highway": "residential", "lanes": "2"}),
        mutable.Way(id=5, nodes=inner_ring, tags={"leisure": "park"}),
        mutable.Way(id=6, nodes=house_ring, tags=CAMERA | {"camera:type": "dome"}),
        mutable.Way(id=7, nodes=[10, 999], tags={"highway": "residential"}),
    ]
    relations = [
        mutable.Relation(
            id=1,
            members=[("w", 1, "outer"), ("w", 2, "inner")],
            tags={"type": "multipolygon", "building": "yes", "height": "20"},
        ),
        mutable.Relation(
            id=2,
            members=[("w", 1, "outer")],
            tags={
                "type": "boundary",
                "boundary": "administrative",
                "name": "Centre",
                "population": "1 234",
                "admin_level": "9",
            },
        ),
        mutable.Relation(id=3, members=[("w", 1, "outer")], tags={"type": "multipolygon"} | CAMERA),
        mutable.Relation(id=4, members=[("w", 99, "outer")], tags={"type": "multipolygon", "building": "yes"}),
        mutable.Relation(id=5, members=[("n", 1, "")], tags={"type": "site"} | CAMERA),
    ]
    return write(tmp_path / "town.osm.pbf", [*cameras, *outer, *inner, *house], ways, relations)


def test_a_map_has_cameras_ground_and_boundaries(town: Path) -> None:
    read = read_pbf(town)
    area, *_, house_camera = read.cameras
    assert [camera.id for camera in read.cameras] == ["relation/3", "node/1", "node/3", "way/6"]
    assert (area.longitude, area.latitude) == pytest.approx((2.002, 48.002))
    assert read.cameras[1].views == (View(315, 315), View(270, 300))
    assert read.cameras[1].owned
    assert "Robin" not in repr(read)
    assert (house_camera.longitude, house_camera.latitude) == pytest.approx((2.0065, 48.0005))
    assert read.ground
    house, block = sorted(zip(read.ground.heights, read.ground.buildings, strict=True), key=lambda pair: pair[0])
    assert house[0] == 6
    assert block[0] == 20
    assert block[1].area * 1e6 == pytest.approx(16 - 4)
    assert not block[1].intersects(Point(2.002, 48.002))
    assert read.ground.widths.tolist() == [6]
    assert len(read.ground.open) == 1
    (district,) = read.boundaries
    assert (district.name, district.population, district.level) == ("Centre", 1234, 9)


def test_every_oddity_of_a_map_is_a_remark(town: Path) -> None:
    read = read_pbf(town)
    assert sorted((one.where, one.kind, one.dropped) for one in read.remarks) == [
        ("node/2", "not a camera", True),
        ("node/3", "height", False),
        ("node/4", "double", True),
        ("relation/4", "building", True),
        ("relation/5", "position", True),
        ("way/7", "way", True),
    ]
    counted = tally(read)
    assert (counted.objects, counted.cameras, counted.dropped, counted.doubles) == (7, 4, 2, 1)


def test_a_map_cut_off_anywhere_is_an_error_or_what_is_left(town: Path, tmp_path: Path) -> None:
    whole, cut = town.read_bytes(), tmp_path / "cut.osm.pbf"
    refused = []
    for length in range(1, len(whole), 7):
        cut.write_bytes(whole[:length])
        try:
            read_pbf(cut)
        except BadInputError as error:
            refused.append(str(error))
    assert len(refused) > 10
    assert all(one.startswith("cut.osm.pbf is a PBF file that can't be read") and "\n" not in one for one in refused)


def test_damaged_maps_raise_nothing_else(town: Path, tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - damage, no secrets
    whole, hurt = town.read_bytes(), tmp_path / "hurt.osm.pbf"
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(dice.choice((1, 1, 4))):
            content[dice.randrange(len(content))] = dice.randrange(256)
        hurt.write_bytes(content)
        with contextlib.suppress(BadInputError):
            balanced(read_pbf(hurt))


def balanced(read: Read) -> None:
    counted = tally(read)
    assert counted.objects == counted.cameras + counted.dropped + counted.doubles


# ---- Overpass


def element(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "node", "id": number, "lat": 48.0 + number / 1000, "lon": 2.0, "tags": dict(CAMERA), **more}


def overpass(*elements: Any, **more: Any) -> Read:
    return read_overpass({"version": 0.6, "elements": list(elements), **more}, "answer.json")


def test_an_answer_of_overpass() -> None:
    corners = [
        {"type": "node", "id": 10 + at, "lat": 48 + y, "lon": 2 + x}
        for at, (x, y) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1)])
    ]
    read = overpass(
        element(1),
        *corners,
        {"type": "way", "id": 1, "nodes": [10, 11, 12, 13, 10], "tags": {"building": "yes", "height": "9"}},
        {"type": "way", "id": 2, "nodes": [10, 11], "tags": {"highway": "footway"}},
        {"type": "way", "id": 3, "nodes": [10, 99], "center": {"lat": 48.5, "lon": 2.25}, "tags": CAMERA},
        {"type": "way", "id": 4, "bounds": {"minlat": 48, "minlon": 2, "maxlat": 49, "maxlon": 3}, "tags": CAMERA},
        {"type": "way", "id": 5, "nodes": [10, 98], "tags": {"building": "yes"}},
    )
    assert [(one.id, one.longitude, one.latitude) for one in read.cameras] == [
        ("node/1", 2.0, 48.001),
        ("way/3", 2.25, 48.5),
        ("way/4", 2.5, 48.5),
    ]
    assert read.ground
    assert [building.area for building in read.ground.buildings] == [1]
    assert len(read.ground.ways) == 1
    assert [(one.where, one.kind) for one in read.remarks] == [("way/5", "building")]


def line(*points: tuple[float, float]) -> list[dict[str, float]]:
    return [{"lon": 2 + x, "lat": 48 + y} for x, y in points]


def test_a_courtyard_in_an_answer_of_overpass_is_open() -> None:
    """Its outer line comes in two pieces, which only together close."""
    members = [
        {"type": "way", "ref": 1, "role": "outer", "geometry": line((0, 0), (4, 0), (4, 4))},
        {"type": "way", "ref": 2, "role": "outer", "geometry": line((4, 4), (0, 4), (0, 0))},
        {"type": "way", "ref": 3, "role": "inner", "geometry": line((1, 1), (3, 1), (3, 3), (1, 3), (1, 1))},
    ]
    block = {"type": "relation", "id": 1, "members": members, "tags": {"type": "multipolygon", "building": "yes"}}
    read = overpass(block)
    assert read.ground
    assert read.ground.buildings[0].area == pytest.approx(12)
    open_one = dict(block, members=members[:1])
    assert [(one.where, one.dropped) for one in overpass(open_one).remarks] == [("relation/1", True)]


def test_a_server_that_ran_out_of_time_is_heard() -> None:
    said = 'runtime error: Query timed out in "query" at line 3 after 26 seconds.'
    (remark,) = overpass(element(1), remark=said).remarks
    assert remark.kind == "incomplete"
    assert "Query timed out" in remark.what


def test_elements_of_any_make_are_counted() -> None:
    broken = [
        element(2, lat="48"),
        element(3, lat=None),
        element(4, lon=float("nan")),
        element(5, lat=10**400),
        element(6, type="way"),
        element(7, type=["a"]),
        {"tags": CAMERA},
    ]
    read = overpass(element(1), element(1), 7, None, {"tags": 3}, *broken)
    counted = tally(read)
    assert (counted.objects, counted.cameras, counted.doubles, counted.dropped) == (9, 1, 1, 7)


def test_a_document_without_elements_is_none() -> None:
    with pytest.raises(BadInputError, match="no list of elements"):
        read_overpass({"elements": {}}, "a.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
ELEMENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["node", "way", "relation"]) | JSON, "id": st.integers(0, 3) | JSON},
    optional={
        "lat": st.floats(-91, 91) | JSON,
        "lon": st.floats(-181, 181) | JSON,
        "nodes": st.lists(st.integers(0, 3)) | JSON,
        "geometry": st.lists(st.fixed_dictionaries({"lat": st.integers(0, 2), "lon": st.integers(0, 2)})) | JSON,
        "members": st.lists(st.fixed_dictionaries({"type": st.just("way"), "ref": st.integers(0, 3), "role": JSON}))
        | JSON,
        "center": JSON,
        "bounds": JSON,
        "tags": st.sampled_from(
            [CAMERA, {"building": "yes"}, {"highway": "path"}, {"boundary": "administrative", "name": "A"}]
        )
        | JSON,
    },
)


@given(st.lists(ELEMENTS | JSON, max_size=6))
def test_any_elements_are_counted(elements: list[Any]) -> None:
    balanced(overpass(*elements))


# ---- GeoJSON


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*found: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(found), **more}


POINT = {"type": "Point", "coordinates": [2.0, 48.0]}
RING = [[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]]


def test_geojson_with_tags_flat_or_in_a_box_of_their_own() -> None:
    document = collection(
        feature(POINT, **CAMERA, **{"@id": "node/7", "camera:type": "dome"}),
        dict(feature({"type": "Point", "coordinates": [2.5, 48.5, 30]}, tags=CAMERA, indoor=True), id="node/8"),
        feature({"type": "Polygon", "coordinates": [RING]}, building="yes", height=12),
        feature({"type": "LineString", "coordinates": RING[:2]}, highway="path"),
        feature(None, **CAMERA),
        feature({"type": "Point", "coordinates": ["a", 2]}, **CAMERA),
        "no feature",
    )
    read = read_geojson(document, "map.geojson")
    assert [(camera.id, camera.setting) for camera in read.cameras] == [("node/7", None), ("node/8", "indoor")]
    assert read.ground
    assert read.ground.heights.tolist() == [12]
    assert [(one.where, one.dropped) for one in read.remarks] == [("feature 5", True), ("feature 6", True)]
    balanced(read)


def test_other_degrees_than_wgs_84_are_refused() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    with pytest.raises(BadInputError, match="EPSG::3857: convert it to WGS 84"):
        read_geojson(collection(crs=crs), "map.geojson")
    crs["properties"] = {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}
    assert read_geojson(collection(crs=crs), "map.geojson") == Read()


@given(st.lists(st.fixed_dictionaries({"geometry": JSON, "properties": JSON, "id": JSON}) | JSON), JSON)
def test_any_features_are_counted(found: list[Any], geometry: Any) -> None:
    for one in found:
        if isinstance(one, dict) and isinstance(one.get("properties"), dict):
            one["properties"].update(CAMERA)
    document = collection(
        *found, feature(geometry, **CAMERA), feature({"type": "Polygon", "coordinates": geometry}, **CAMERA)
    )
    balanced(read_geojson(document, "map.geojson"))
    list(features(document, "map.geojson"))


def test_what_is_no_shape_is_none() -> None:
    assert shape_of({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}) is None
    assert shape_of({"type": "Point", "coordinates": []}) is None
    assert shape_of([]) is None
    assert shape_of(POINT) == Point(2, 48)
