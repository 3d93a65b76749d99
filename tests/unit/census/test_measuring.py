import dataclasses
import math

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.measuring import Given, How, measure
from watchglass.census.plane import Plane
from watchglass.census.values import Area, Camera, Ground, Shapes, View

LEIPZIG, CADIZ = Plane(12.37, 51.34), Plane(-6.28, 36.53)
MADE = "2026-11-23T12:00:00Z"
ALL_AROUND = (View(0, 360),)
REACH = math.sqrt(48**2 - 2.6**2)
BRIEF = How(draws=3)


def camera(x: float, y: float, number: int = 1, plane: Plane = LEIPZIG) -> Camera:
    """Its tags say all that matters: of it there is nothing to draw."""
    longitudes, latitudes = plane.degrees(np.array([x]), np.array([y]))
    place = float(longitudes[0]), float(latitudes[0])
    return Camera(f"node/{number}", "map", *place, views=ALL_AROUND, angle=90.0, height=4.0, pixels=1920)


def square(x: float, y: float, half: float = 200, plane: Plane = LEIPZIG) -> BaseGeometry:
    flat = np.array([shapely.box(x - half, y - half, x + half, y + half)], dtype=object)
    shape: BaseGeometry = plane.in_degrees(flat)[0]
    return shape


def ground(*planes: Plane, house: bool = False) -> Ground:
    """A park of 400 m by 400 m about each middle; and a house far from every camera, whose height nobody has said."""
    none: Shapes = np.zeros(0, dtype=object)
    far = np.array([square(150, 150, 5, plane) for plane in planes] if house else [], dtype=object)
    parks = np.array([square(0, 0, plane=plane) for plane in planes], dtype=object)
    return Ground(far, np.full(len(far), np.nan), none, np.zeros(0, dtype=str), np.zeros(0), np.zeros(0, bool), parks)


def test_all_figures_of_an_area_with_people_ground_and_two_cameras() -> None:
    area = Area("Park", square(0, 0), 1_000)
    given = Given(("map.pbf",), [camera(-100, 0), camera(100, 0, 2)], [area], ground(LEIPZIG))
    found = measure(given, MADE, BRIEF)
    [park] = found.census.areas
    seen = 2 * math.pi * REACH**2 / 400**2
    assert park.figures["cameras"].value == 2
    assert park.figures["per-1000"].value == 2
    assert park.figures["rank-per-1000"].value == 1
    assert park.figures["public-seen"].value == pytest.approx(seen, rel=2e-3)
    assert park.figures["effective-per-1000"].value == pytest.approx(park.figures["effective"].value)
    assert "walks-seen" not in park.figures  # there are none
    assert found.seen is not None
    assert (found.census.made, found.census.inputs) == (MADE, ("map.pbf",))
    assert found.census.assumptions  # of what was taken


def test_areas_a_thousand_kilometres_apart_are_each_measured_in_a_plane_of_their_own() -> None:
    areas = [Area("North", square(0, 0)), Area("South", square(0, 0, plane=CADIZ))]
    cameras = [camera(0, 0), camera(0, 0, 2, CADIZ)]
    found = measure(Given(("m",), cameras, areas, ground(LEIPZIG, CADIZ)), MADE, BRIEF)
    shares = [area.figures["public-seen"].value for area in found.census.areas]
    assert shares == pytest.approx([math.pi * REACH**2 / 400**2] * 2, rel=2e-3)


def test_a_camera_of_the_neighbours_sees_into_an_area_and_is_not_counted_there() -> None:
    areas = [Area("West", square(-100, 0, 100)), Area("East", square(100, 0, 100))]
    found = measure(Given(("m",), [camera(-1, 0)], areas, ground(LEIPZIG)), MADE, BRIEF)
    west, east = found.census.areas
    assert [one.figures["cameras"].value for one in (west, east)] == [1, 0]
    assert east.figures["public-seen"].value > 0.08


def test_who_names_no_area_gets_one_about_everything_and_is_told() -> None:
    found = measure(Given(("m",), [camera(0, 0)], (), ground(LEIPZIG)), MADE, BRIEF)
    [one] = found.census.areas
    assert (one.area, one.figures["cameras"].value) == ("all of it", 1)
    assert found.census.assumptions[0].startswith("No area was named")
    assert one.km2 == pytest.approx(0.16, rel=0.02)


@pytest.mark.parametrize("cameras", [[], [camera(0, 0)]])
def test_without_ground_cameras_are_counted_all_the_same(cameras: list[Camera]) -> None:
    found = measure(Given(("table.csv",), cameras), MADE, BRIEF)
    [one] = found.census.areas
    assert one.figures["cameras"].value == len(cameras)
    assert "public-seen" not in one.figures
    assert found.seen is None


def test_a_range_over_what_tags_do_not_say_is_given_unless_nobody_wants_one() -> None:
    bare = dataclasses.replace(camera(0, 0), angle=None, height=None, pixels=None)
    given = Given(("m",), [bare], [Area("Park", square(0, 0))], ground(LEIPZIG))
    [ranged] = measure(given, MADE, How(draws=5)).census.areas
    [plain] = measure(given, MADE, How(draws=0)).census.areas
    figure = ranged.figures["public-seen"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < figure.value < figure.high
    assert (plain.figures["public-seen"].value, plain.figures["public-seen"].low) == (figure.value, None)


def test_a_second_source_tells_of_what_both_miss() -> None:
    first = [camera(10 * number, 0, number) for number in range(8)]
    second = [camera(10 * number, 3, 100 + number) for number in range(4, 16)]
    area = Area("Park", square(0, 0))
    found = measure(Given(("m",), first, [area], None, second), MADE)
    [one] = found.census.areas
    assert one.figures["all"].value == pytest.approx(9 * 13 / 5 - 1)
    assert [name for name, _ in found.recaptured] == ["Park"]
    assert any(note.startswith("Park: Of 8 and 12 cameras 4 are in both") for note in found.census.notes)


def test_who_is_outside_every_boundary_is_remarked_on_and_counts_nowhere() -> None:
    found = measure(Given(("m",), [camera(0, 0), camera(900, 0, 2)], [Area("Park", square(0, 0))]), MADE)
    assert found.census.areas[0].figures["cameras"].value == 1
    assert [one.where for one in found.census.remarks] == ["node/2"]


def test_indices_of_areas_are_held_against_cameras_and_what_follows_is_said() -> None:
    areas = [Area(f"A{n}", None, 1000, cameras=10 * n, indices={"crime": 50.0 - n * n}) for n in range(1, 7)]
    found = measure(Given(("areas.csv",), (), areas), MADE)
    assert [one.index for one in found.conclusions] == ["crime"]
    assert any("cause" in note for note in found.census.notes)
    assert not any("one in twenty" in note for note in found.census.notes)


def test_of_many_indices_it_is_said_that_some_agree_by_chance() -> None:
    areas = [
        Area(f"A{n}", None, 1000, cameras=10 * n, indices={"crime": 50.0 - n * n, "rain": float(n % 3)})
        for n in range(1, 7)
    ]
    notes = measure(Given(("areas.csv",), (), areas), MADE).census.notes
    assert any(note.startswith("2 coefficients were worked out in all") for note in notes)


def test_the_same_seed_gives_the_same_census() -> None:
    bare = [dataclasses.replace(camera(20.0 * n, 0, n), angle=None, height=None) for n in range(4)]
    given = Given(("m",), bare, [Area("Park", square(0, 0), 500)], ground(LEIPZIG, house=True))
    assert measure(given, MADE, BRIEF).census == measure(given, MADE, BRIEF).census


def test_cameras_per_kilometre_of_street_are_had_from_the_maps_ways_unless_a_table_says_how_long_streets_are() -> None:
    line = LEIPZIG.in_degrees(np.array([shapely.LineString([(-150, 0), (350, 0)])], dtype=object))
    park = ground(LEIPZIG)
    streets = dataclasses.replace(
        park, ways=line, kinds=np.array(["residential"]), widths=np.full(1, math.nan), walkable=np.ones(1, bool)
    )
    areas = [Area("Measured", square(0, 0)), Area("Said", square(0, 0), street_km=4.0)]
    found = measure(Given(("map.pbf",), [camera(0, 0)], areas, streets), MADE, How(look=False))
    assert [one.figures["per-street-km"].value for one in found.census.areas] == pytest.approx(
        [1 / 0.35, 0.25], rel=1e-4
    )
    assert any("service roads" in one for one in found.census.assumptions)
    without = measure(Given(("map.pbf",), [camera(0, 0)], areas[:1], park), MADE, How(look=False))
    assert "per-street-km" not in without.census.areas[0].figures
    assert not without.census.assumptions


def test_that_nothing_shows_a_cause_is_said_once_however_many_columns_there_are() -> None:
    areas = [Area(f"A{at}", None, 1000, cameras=at, indices={"x": at * at, "y": -at % 3}) for at in range(1, 7)]
    notes = measure(Given(("x.csv",), (), areas), MADE).census.notes
    assert len(notes) == 5  # what is always said, how many there are, of x, of y, and this
    assert [at for at, note in enumerate(notes) if "shows a cause" in note] == [4]
