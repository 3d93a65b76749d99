"""A census as GeoJSON: RFC 7946, and nobody's name in it."""

import json
from typing import Any

import shapely

from tests.invented import towns
from watchglass.census import geojson
from watchglass.census.values import Area, Camera, Census, Figure, Measures, Mount, Setting

SQUARE = shapely.Polygon([(1.00000049, 2), (1, 3), (2, 3), (2, 2)])  # clockwise, as RFC 7946 does not want it
CENSUS = Census(
    "2026-05-04T10:30:00Z",
    (),
    (Measures("A", 10, None, {"cameras": Figure(5, 4, 6, "guess")}), Measures("B", None, None, {})),
)


def features(text: str) -> list[dict[str, Any]]:
    told = json.loads(text)
    assert told["type"] == "FeatureCollection"
    assert "crs" not in told
    found: list[dict[str, Any]] = told["features"]
    return found


def test_areas_have_their_figures_and_their_outline() -> None:
    [one, other] = features(geojson.areas(CENSUS, [Area("A", SQUARE)]))
    wanted = {"area": "A", "population": 10, "cameras": 5, "cameras-low": 4, "cameras-high": 6, "cameras-how": "guess"}
    assert one["properties"] == wanted
    assert other == {"type": "Feature", "properties": {"area": "B"}, "geometry": None}


def test_rings_turn_as_the_rfc_says_and_places_are_rounded() -> None:
    [one, _] = features(geojson.areas(CENSUS, [Area("A", SQUARE)]))
    [ring] = one["geometry"]["coordinates"]
    assert shapely.LinearRing(ring).is_ccw
    assert {1.0, 2.0, 3.0} == {number for place in ring for number in place}


def test_a_camera_is_a_place_and_a_kind() -> None:
    camera = Camera(
        *("node/7", "a.pbf", 1.23456789, 2.0, Mount.DOME),
        setting=Setting.PUBLIC,
        zone='<b>"town"',
        purpose="to watch Mrs. Miller",
        owned=True,
        count=3,
    )
    [one] = features(geojson.cameras([camera]))
    assert one["geometry"] == {"type": "Point", "coordinates": [1.234568, 2.0]}
    assert one["properties"] == {"mount": "dome", "setting": "public", "zone": '<b>"town"', "count": 3}


def test_a_camera_without_a_place_is_left_out() -> None:
    assert features(geojson.cameras([Camera("a", "b", float("nan"), 2)])) == []


def test_what_is_seen_by_band() -> None:
    told = features(geojson.seen({250: SQUARE, 20: shapely.Polygon()}))
    assert [one["properties"]["pixels-per-metre"] for one in told] == [20, 250]
    assert told[0]["geometry"] is None


def test_a_third_coordinate_is_left_out() -> None:
    deep = shapely.Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)])
    [one] = features(geojson.seen({20: deep}))
    assert all(len(place) == 2 for place in one["geometry"]["coordinates"][0])


def test_all_of_a_set_of_towns_can_be_read_again() -> None:
    some = towns(5)
    for text in (geojson.areas(some.census, some.areas), geojson.cameras(some.cameras), geojson.seen(some.seen)):
        assert all(shapely.from_geojson(json.dumps(one["geometry"])).is_valid for one in features(text))
