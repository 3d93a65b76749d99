import math

import numpy as np
import pytest
import shapely

from watchglass.census.plane import Plane
from watchglass.census.streets import OTHER_WIDTH, Streets, streets, streets_km
from watchglass.census.values import Ground, Shapes

PLANE = Plane(12.37, 51.34)
BOX = shapely.box(-1000, -1000, 1000, 1000)
NONE: Shapes = np.zeros(0, dtype=object)


def made(*ways: tuple[list[tuple[float, float]], str, float], opened: Shapes = NONE) -> Streets:
    lines = np.array([shapely.LineString(way[0]) for way in ways], dtype=object)
    ground = Ground(
        NONE,
        np.zeros(0),
        PLANE.in_degrees(lines),
        np.array([way[1] for way in ways], dtype=str),
        np.array([way[2] for way in ways], float),
        np.array([way[1] != "motorway" for way in ways], bool),
        PLANE.in_degrees(opened),
    )
    return streets(ground, PLANE)


def area(some: Streets, buildings: Shapes = NONE) -> float:
    return float(some.space(BOX, buildings).area)


def test_a_way_is_as_wide_as_is_said_or_as_its_kind_is() -> None:
    line = [(0.0, 0.0), (100.0, 0.0)]
    assert area(made((line, "residential", 7.0))) == pytest.approx(700, rel=1e-5)
    assert area(made((line, "residential", math.nan))) == pytest.approx(1200, rel=1e-5)
    assert area(made((line, "primary_link", math.nan))) == pytest.approx(100 * OTHER_WIDTH, rel=1e-5)
    assert area(made((line, "something new", math.nan))) == pytest.approx(100 * OTHER_WIDTH, rel=1e-5)
    assert made((line, "residential", math.nan), (line, "path", 2.0)).usual == 1


def test_ways_are_joined_where_they_meet_and_end_flat_elsewhere() -> None:
    # A right angle: two arms, and the quarter of a disc between their ends.
    arms = ([(-100.0, 0.0), (0.0, 0.0)], "path", 20.0), ([(0.0, 0.0), (0.0, 100.0)], "path", 20.0)
    assert area(made(*arms)) == pytest.approx(2 * 100 * 20 - 100 + math.pi * 100 / 4, rel=0.002)
    assert len(made(*arms).joints) == 1
    # Where a narrow one begins at a wide one's end, the joint is as wide as the narrow one, and lies within the wide one.
    uneven = ([(-100.0, 0.0), (0.0, 0.0)], "path", 20.0), ([(0.0, 0.0), (100.0, 0.0)], "path", 4.0)
    assert area(made(*uneven)) == pytest.approx(2000 + 400, rel=1e-4)


def test_open_ground_counts_once_and_buildings_do_not() -> None:
    square = np.array([shapely.box(0, -50, 100, 50)], dtype=object)
    some = made(([(-100.0, 0.0), (100.0, 0.0)], "footway", 10.0), opened=square)
    assert area(some) == pytest.approx(10_000 + 1000, rel=1e-5)
    house = np.array([shapely.box(0, 0, 50, 50)], dtype=object)
    assert area(some, house) == pytest.approx(8500, rel=1e-5)


def test_walks_are_lines_one_may_walk_along() -> None:
    some = made(([(0.0, 0.0), (100.0, 0.0)], "footway", 2.0), ([(0.0, 50.0), (100.0, 50.0)], "motorway", 20.0))
    assert some.walks(BOX).length == pytest.approx(100, rel=1e-6)
    assert some.walks(shapely.box(0, -1, 30, 60)).length == pytest.approx(30, rel=1e-6)
    assert made().walks(BOX).length == 0
    assert area(made()) == 0


def test_kilometres_of_street_are_those_within_a_boundary_whatever_else_one_may_walk_along() -> None:
    ways = [
        ([(-500.0, 0.0), (500.0, 0.0)], "residential"),  # half of it lies within
        ([(-500.0, 0.0), (500.0, 0.0)], "residential"),  # the same from another map
        ([(-200.0, 10.0), (-100.0, 10.0), (-100.0, 60.0)], "primary_link"),
        ([(-250.0, 20.0), (250.0, 20.0)], "footway"),
        ([(-250.0, 30.0), (250.0, 30.0)], "service"),
        ([(-250.0, 250.0), (250.0, 250.0)], "footway"),
        ([(250.0, 250.0), (400.0, 400.0)], "tertiary"),  # touches the boundary in its corner
        ([(-400.0, 100.0), (-240.0, 100.0), (-240.0, 150.0), (-400.0, 150.0)], "pedestrian"),  # in, and out again
    ]
    lines = np.array([shapely.LineString(at) for at, _ in ways], dtype=object)
    kinds = np.array([kind for _, kind in ways], dtype=str)
    ground = Ground(
        NONE, np.zeros(0), PLANE.in_degrees(lines), kinds, np.full(8, math.nan), np.ones(8, bool), NONE
    )  # fmt: skip
    boxes = [shapely.box(-250, -250, 250, 250), shapely.box(-250, -250, 0, 250), shapely.box(600, 600, 700, 700)]
    expected = [0.5 + 0.15 + 0.07, 0.25 + 0.15 + 0.07, 0]
    found = streets_km(ground, PLANE.in_degrees(np.array(boxes, dtype=object)))
    assert found == pytest.approx(expected, rel=1e-4)
    assert streets_km(
        Ground(NONE, np.zeros(0), NONE, kinds[:0], np.zeros(0), np.zeros(0, bool), NONE), lines[:0]
    ).shape == (0,)
