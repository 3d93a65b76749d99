import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from watchglass.census.gathering import (
    Doubles,
    Gathering,
    is_open,
    is_walkable,
    is_way,
    not_a_place,
    place_of,
    polygonal,
)

CAMERA = {"man_made": "surveillance"}
SQUARE = LineString([(2, 48), (2.001, 48), (2.001, 48.001), (2, 48.001), (2, 48)])
BOW_TIE = LineString([(2, 48), (2.001, 48.001), (2.001, 48), (2, 48.001), (2, 48)])


def kinds(gathering: Gathering) -> list[tuple[str, str, bool]]:
    return [(one.where, one.kind, one.dropped) for one in gathering.read().remarks]


def test_a_camera_without_a_place_is_dropped_and_counted() -> None:
    gathering = Gathering("map")
    gathering.take(CAMERA, "node/1", None)
    gathering.take(CAMERA, "node/2", Point(127, 137))
    gathering.take(CAMERA, "node/3", Point(0, 0))
    gathering.take(CAMERA, "node/4", Point(2, 48))
    read = gathering.read()
    assert [camera.id for camera in read.cameras] == ["node/4"]
    assert read.objects == 4
    assert kinds(gathering) == [(f"node/{number}", "position", True) for number in (1, 2, 3)]


def test_a_camera_that_is_an_area_is_at_its_middle() -> None:
    gathering = Gathering("map")
    gathering.take(CAMERA, "way/1", SQUARE)
    (camera,) = gathering.read().cameras
    assert (camera.longitude, camera.latitude) == pytest.approx((2.0005, 48.0005))


def test_the_middle_of_what_is_bent_lies_in_it() -> None:
    bent = Polygon([(0, 0), (10, 0), (10, 1), (1, 1), (1, 10), (0, 10)])
    middle = place_of(bent)
    assert middle
    assert bent.intersects(Point(middle))
    assert place_of(LineString([(0, 0), (2, 0)])) == (1, 0)
    assert place_of(None) is None
    assert place_of(Polygon()) is None


def test_the_same_id_twice_is_one_camera() -> None:
    gathering = Gathering("map")
    gathering.take(CAMERA, "node/1", Point(2, 48))
    gathering.take(CAMERA, "node/1", Point(2, 48))
    read = gathering.read()
    assert (len(read.cameras), read.objects) == (1, 2)
    assert kinds(gathering) == [("node/1", "double", True)]


METRE = 1 / 111_195  # degrees of latitude


def test_two_within_a_metre_with_the_same_tags_are_one_camera() -> None:
    gathering = Gathering("map")
    for number, (north, kind) in enumerate([(0, "dome"), (0.9, "dome"), (0.5, "fixed"), (1.8, "dome"), (5, "dome")], 1):
        gathering.take(CAMERA | {"camera:type": kind}, f"node/{number}", Point(2, 48 + north * METRE))
    read = gathering.read()
    assert [camera.id for camera in read.cameras] == ["node/1", "node/3", "node/4", "node/5"]
    (remark,) = read.remarks
    assert (remark.where, remark.kind, remark.dropped) == ("node/2", "double", True)
    assert "node/1" in remark.what


@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(0, 2 * math.pi), st.sampled_from([0.9, 1.2]))
def test_a_metre_is_a_metre_everywhere(longitude: float, latitude: float, towards: float, metres: float) -> None:
    doubles = Doubles()
    east = metres * math.sin(towards) * METRE / math.cos(math.radians(latitude))
    other = (longitude + east, latitude + metres * math.cos(towards) * METRE)
    assert doubles.of((longitude, latitude), CAMERA, "first") is None
    assert doubles.of(other, CAMERA, "second") == ("first" if metres < 1 else None)
    assert doubles.of(other, CAMERA | {"a": "b"}, "third") is None


def test_many_at_one_place_take_no_time() -> None:
    doubles = Doubles()
    assert [doubles.of((2, 48), CAMERA, str(number)) for number in range(20_000)][1:] == ["0"] * 19_999


def test_buildings_have_heights_where_somebody_has_said() -> None:
    gathering = Gathering("map")
    gathering.take({"building": "yes", "height": "12"}, "way/1", SQUARE)
    gathering.take({"building": "house", "building:levels": "2"}, "way/2", SQUARE)
    gathering.take({"building": "yes"}, "way/3", Polygon(SQUARE))
    gathering.take({"building": "roof"}, "way/4", SQUARE)
    gathering.take({"building": "yes", "height": "high"}, "way/5", SQUARE.wkb_hex)
    ground = gathering.read().ground
    assert ground
    np.testing.assert_array_equal(ground.heights, [12, 6, math.nan, math.nan])
    assert all(building.equals(Polygon(SQUARE)) for building in ground.buildings)
    assert kinds(gathering) == [("way/5", "building height", False)]


def test_outlines_that_cross_themselves_are_mended_and_lines_are_none() -> None:
    gathering = Gathering("map")
    gathering.take({"building": "yes", "height": "1"}, "way/1", BOW_TIE)
    gathering.take({"building": "yes", "height": "2"}, "way/2", LineString([(2, 48), (2.1, 48)]))
    gathering.take({"building": "yes", "height": "3"}, "way/3", None, "its points are gone")
    gathering.take({"building": "yes", "height": "4"}, "way/4", LineString([(2, 48), (2.1, 48), (2, 48), (2, 48)]))
    gathering.take({"building": "yes", "height": "5"}, "way/5", SQUARE)
    read = gathering.read()
    assert read.ground
    assert read.ground.heights.tolist() == [1, 5]
    assert all(building.is_valid and building.area for building in read.ground.buildings)
    assert sorted(kinds(gathering)) == [
        ("way/1", "building", False),
        *((f"way/{number}", "building", True) for number in (2, 3, 4)),
    ]
    assert read.objects == 0


def test_more_buildings_than_a_batch() -> None:
    gathering = Gathering("map")
    for number in range(20_001):
        gathering.take({"building": "yes", "height": str(number % 90 + 1)}, f"way/{number}", SQUARE)
    ground = gathering.read().ground
    assert ground
    assert len(ground.buildings) == len(ground.heights) == 20_001
    assert ground.heights[-1] == 20_000 % 90 + 1


def test_ways_have_kinds_and_widths() -> None:
    line = LineString([(2, 48), (2.01, 48)])
    gathering = Gathering("map")
    gathering.take({"highway": "residential", "width": "7,5 m"}, "way/1", line)
    gathering.take({"highway": "primary", "lanes": "4", "foot": "no"}, "way/2", line)
    gathering.take({"highway": "footway", "width": "wide", "lanes": "two"}, "way/3", line)
    gathering.take({"highway": "service", "access": "private"}, "way/4", line)
    gathering.take({"highway": "residential"}, "relation/5", MultiPolygon([Polygon(SQUARE)]))
    gathering.take({"highway": "residential", "width": "0"}, "way/6", line)
    ground = gathering.read().ground
    assert ground
    assert ground.kinds.tolist() == ["residential", "primary", "footway", "residential"]
    np.testing.assert_array_equal(ground.widths, [7.5, 12, math.nan, math.nan])
    assert ground.walkable.tolist() == [True, False, True, True]
    assert sorted(kinds(gathering)) == [
        ("relation/5", "way", True),
        ("way/3", "width", False),
        ("way/3", "width", False),
        ("way/6", "width", False),
    ]


@pytest.mark.parametrize(
    "tags",
    [
        {"leisure": "park"},
        {"place": "square"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "pedestrian", "type": "multipolygon"},
        {"leisure": "garden", "access": "yes"},
        {"amenity": "marketplace"},
    ],
)
def test_open_places(tags: dict[str, str]) -> None:
    assert is_open(tags)
    assert not is_open(tags | {"access": "private"})
    assert not is_way(tags)
    gathering = Gathering("map")
    gathering.take(tags, "way/1", SQUARE)
    ground = gathering.read().ground
    assert ground
    assert len(ground.open) == 1


def test_gardens_are_somebodys_own() -> None:
    assert not is_open({"leisure": "garden"})
    assert not is_open({"leisure": "pitch"})


@pytest.mark.parametrize(
    ("tags", "walkable"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "motorway"}, False),
        ({"highway": "trunk", "sidewalk": "both"}, True),
        ({"highway": "cycleway"}, False),
        ({"highway": "cycleway", "foot": "designated"}, True),
        ({"highway": "steps", "foot": "private"}, False),
        ({"highway": "service", "access": "no"}, False),
    ],
)
def test_where_one_may_walk(tags: dict[str, str], walkable: bool) -> None:
    assert is_walkable(tags) is walkable


def test_boundaries_are_areas_with_names() -> None:
    gathering = Gathering("map")
    own = {"boundary": "administrative"}
    gathering.take(
        own | {"name": "Old Town", "population": "12 345", "admin_level": "9"}, "relation/1", Polygon(SQUARE)
    )
    gathering.take(own | {"name": "New Town", "population": "many"}, "way/2", SQUARE)
    gathering.take(own | {"name": "Ghost Town", "population": "0"}, "way/3", SQUARE)
    gathering.take(own, "way/4", SQUARE)
    gathering.take(own | {"name": "A piece"}, "way/5", LineString([(2, 48), (3, 48)]))
    first, second, third = gathering.read().boundaries
    assert (first.name, first.population, first.level) == ("Old Town", 12_345, 9)
    assert (second.name, second.population, second.level) == ("New Town", None, None)
    assert third.population is None
    assert kinds(gathering) == [
        ("way/2", "population", False),
        ("way/3", "population", False),
        ("way/4", "boundary", True),
    ]


def test_what_is_nothing_to_the_census_is_not_there() -> None:
    gathering = Gathering("map")
    gathering.take({"shop": "bakery"}, "node/1", Point(2, 48))
    gathering.take({"building": "yes"}, "node/2", Point(2, 48))
    assert gathering.read().ground is None
    assert gathering.read().objects == 0


def test_swapped_degrees_are_noticed() -> None:
    assert "swapped" in (not_a_place((37.5, 127.0)) or "")
    assert "WGS 84" in (not_a_place((953_123.0, 1_952_000.0)) or "")
    assert not_a_place((math.nan, 1)) is not None
    assert not_a_place((127.0, 37.5)) is None


def test_only_areas_are_areas() -> None:
    assert polygonal(LineString([(0, 0), (1, 0)])) is None
    assert polygonal(Point(0, 0)) is None
    mended = polygonal(BOW_TIE)
    assert mended
    assert mended.is_valid
