import dataclasses
import math

import numpy as np
import pytest
import shapely

from tests.cities import houses, outside, seen_by_rays
from watchglass.census.optics import Eyes, alone, filled, known
from watchglass.census.plane import Plane
from watchglass.census.seeing import Place, Scene, Seen, Work, extent, look, measure, seen_by_area
from watchglass.census.values import Camera, Ground, Shapes, View
from watchglass.census.viewshed import Obstacles, visible, whole

PLANE = Plane(12.37, 51.34)
NONE: Shapes = np.zeros(0, dtype=object)


def ground(
    buildings: Shapes = NONE,
    heights: np.ndarray | None = None,
    ways: Shapes = NONE,
    width: float = 10.0,
    opened: Shapes = NONE,
) -> Ground:
    """A place given in metres about Leipzig."""
    return Ground(
        PLANE.in_degrees(buildings),
        np.full(len(buildings), np.nan) if heights is None else heights,
        PLANE.in_degrees(ways),
        np.array(["residential"] * len(ways), dtype=str),
        np.full(len(ways), width),
        np.ones(len(ways), bool),
        PLANE.in_degrees(opened),
    )


def camera(x: float, y: float, number: int = 1, **tags: object) -> Camera:
    longitudes, latitudes = PLANE.degrees(np.array([x]), np.array([y]))
    return Camera(f"node/{number}", "made up", float(longitudes[0]), float(latitudes[0]), **tags)  # type: ignore[arg-type] # by name


def scene(cameras: list[Camera], land: Ground, *areas: shapely.Geometry) -> Scene:
    return Scene.of(Place.of(land, PLANE), known(cameras, PLANE), np.array(areas, dtype=object))


def covered(cameras: list[Camera], land: Ground, *areas: shapely.Geometry) -> tuple[Seen, ...]:
    some = scene(cameras, land, *areas)
    return seen_by_area(some, look(some))


REACH = math.sqrt(48**2 - 2.6**2)
TOWN = shapely.box(-1000, -1000, 1000, 1000)
AROUND = (View(0, 360),)


def test_a_camera_in_the_open_sees_its_circle_once() -> None:
    (found,) = covered([camera(0, 0, views=AROUND, angle=90.0)], ground(), TOWN)
    assert found.seen[0] == pytest.approx(math.pi * REACH**2, rel=1e-3)
    assert found.singles == pytest.approx(found.seen[0])
    assert found.unit == pytest.approx(alone())
    assert found.effective == pytest.approx(4, rel=1e-3)
    assert found.public_shares is None
    assert found.walks_shares is None


def test_two_equal_cameras_are_one_effective_camera() -> None:
    (one,) = covered([camera(30, 40, 1, views=(View(0, 0),))], ground(), TOWN)
    (two,) = covered([camera(30, 40, 1, views=(View(0, 0),)), camera(30, 40, 2, views=(View(0, 0),))], ground(), TOWN)
    (counted,) = covered([camera(30, 40, 1, views=(View(0, 0),), count=2)], ground(), TOWN)
    assert one.effective == pytest.approx(1, rel=1e-3)
    assert two.effective == pytest.approx(one.effective, rel=1e-9)
    assert two.singles == pytest.approx(2 * one.singles, rel=1e-9)
    assert counted.singles == pytest.approx(2 * one.singles, rel=1e-9)


def test_a_street_is_seen_for_twice_the_reach() -> None:
    # A street of 400 m and 10 m width; a camera in its middle. Houses on both sides leave 10 m between them.
    street = np.array([shapely.LineString([(-200, 250), (200, 250)])], dtype=object)
    walls = np.array([shapely.box(-200, 255, 200, 300), shapely.box(-200, 200, 200, 245)], dtype=object)
    (found,) = covered([camera(0, 250, views=AROUND, angle=90.0)], ground(walls, ways=street), TOWN)
    assert found.walks == pytest.approx(400, rel=1e-6)
    assert found.walks_seen[0] == pytest.approx(2 * REACH, rel=1e-3)
    assert found.public == pytest.approx(4000, rel=1e-3)
    assert found.public_seen[0] == pytest.approx(10 * 2 * REACH, rel=0.003)
    assert found.public_seen[0] == pytest.approx(found.seen[0], rel=1e-4)
    shares = found.walks_shares
    assert shares is not None
    assert shares[2] == pytest.approx(2 * math.sqrt(12**2 - 2.6**2) / 400, rel=1e-3)  # 80 px/m: a quarter of 48 m


def test_areas_share_what_lies_in_them_and_may_lie_over_each_other() -> None:
    west, east = shapely.box(-1000, -1000, 0, 1000), shapely.box(0, -1000, 1000, 1000)
    turned = shapely.Polygon([(0, 60), (60, 0), (0, -60), (-60, 0)])
    both = covered(
        [camera(0, 0, views=AROUND, angle=90.0)], ground(), west, east, TOWN, turned, shapely.box(900, 900, 950, 950)
    )
    half = math.pi * REACH**2 / 2
    assert [one.seen[0] for one in both[:3]] == pytest.approx([half, half, 2 * half], rel=1e-3)
    circle = shapely.Point(0, 0).buffer(REACH, quad_segs=90)
    assert both[3].seen[0] == pytest.approx(circle.intersection(turned).area, rel=1e-3)
    assert both[3].singles == pytest.approx(both[3].seen[0], rel=1e-6)
    assert both[4].seen[0] == 0


def test_a_whole_town_is_as_rays_see_it() -> None:
    """Total ground by rays camera by camera; all together by one overlay of the whole town, with no tiles."""
    shapes, heights = houses(seed=11, number=100, side=220)
    places = outside(12, 20, 220, shapes)
    cameras = [camera(x, y, number, views=AROUND, angle=90.0) for number, (x, y) in enumerate(places)]
    streets = np.array([shapely.LineString([(0, y), (220, y)]) for y in (0, 44, 88, 132)], dtype=object)
    town = shapely.box(-200, -200, 450, 450)
    some = scene(cameras, ground(shapes, heights, streets), town)
    (found,) = seen_by_area(some, look(some))
    rays = [seen_by_rays((x, y), 4.0, REACH, shapes, heights) for x, y in zip(some.stand.x, some.stand.y, strict=True)]
    assert found.singles == pytest.approx(sum(rays), rel=0.002)
    seen = shapely.union_all(visible(some.stated()[0], Obstacles.of(whole(shapes)[0], heights))[:, 0])
    public = shapely.union_all(streets.copy()).buffer(5, cap_style="flat").difference(shapely.union_all(shapes))
    assert found.seen[0] == pytest.approx(seen.area, rel=1e-4)
    assert found.public == pytest.approx(public.area, rel=1e-4)
    assert found.public_seen[0] == pytest.approx(public.intersection(seen).area, rel=1e-3)
    assert found.walks_seen[0] == pytest.approx(shapely.union_all(streets).intersection(seen).length, rel=1e-3)
    for bands in (found.seen, found.public_seen, found.walks_seen):
        assert list(bands) == sorted(bands, reverse=True)


def test_tiles_and_processes_make_no_difference() -> None:
    shapes, heights = houses(seed=21, number=64, side=160)
    cameras = [camera(x, y, number) for number, (x, y) in enumerate(outside(22, 30, 160, shapes))]
    streets = np.array([shapely.LineString([(0, 20 * n), (160, 20 * n)]) for n in range(8)], dtype=object)
    land = ground(shapes, heights, streets)
    town = shapely.box(-100, -100, 300, 300)
    ends = []
    for side, processes in ((1000.0, 1), (60.0, 1), (60.0, 2)):
        some = Scene.of(Place.of(land, PLANE), known(cameras, PLANE), np.array([town]), side=side)
        told: list[tuple[float, float]] = []
        rows = look(some, Work(processes, simplify=0.1, tell=lambda _what, done, of: told.append((done, of))))  # noqa: B023 # called at once
        (found,) = seen_by_area(some, rows)
        ends.append([*found.seen, found.singles, found.public, *found.public_seen, found.walks, *found.walks_seen])
        done, of = told[-1]
        assert done == of == len(some.tiling.cells)
        assert shapely.union_all(rows.pieces).area == pytest.approx(found.seen[0], rel=0.01)
    assert ends[1] == pytest.approx(ends[0], rel=1e-6)
    assert ends[2] == ends[1]


def test_turning_and_moving_the_whole_town_changes_nothing() -> None:
    shapes, heights = houses(seed=31, number=36, side=120)
    places = outside(32, 10, 120, shapes)
    before = Scene.of(
        Place.of(ground(shapes, heights), PLANE),
        known([camera(x, y, n) for n, (x, y) in enumerate(places)], PLANE),
        np.array([TOWN]),
    )
    angle = 0.7
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    moved = shapely.transform(shapes, lambda at: at @ turn.T + (700, -430))
    after = Scene.of(
        Place.of(ground(moved, heights), PLANE), before.known, np.array([shapely.box(-5000, -5000, 5000, 5000)])
    )
    eyes_before, roofs = before.stated()
    at = np.stack([eyes_before.x, eyes_before.y], 1) @ turn.T + (700, -430)
    eyes_after = dataclasses.replace(
        eyes_before, x=at[:, 0], y=at[:, 1], starts=(eyes_before.starts + math.degrees(angle)) % 360
    )
    after = dataclasses.replace(after, known=dataclasses.replace(after.known, x=at[:, 0], y=at[:, 1]), tiling=Scene.of(
        after.place, dataclasses.replace(after.known, x=at[:, 0], y=at[:, 1]), after.areas
    ).tiling)  # fmt: skip
    one = seen_by_area(before, look(before))[0]
    rows = measure(after, np.arange(len(after.tiling.cells)), [(eyes_after, roofs)], Work())
    other = seen_by_area(after, rows)[0]
    assert other.seen == pytest.approx(one.seen, rel=2e-4)  # coordinates are rounded to a millimetre
    assert other.singles == pytest.approx(one.singles, rel=2e-4)


def test_cameras_that_cannot_see_out_are_counted() -> None:
    some = scene([camera(0, 0), camera(500, 500, 2)], ground(np.array([shapely.box(-400, -400, 400, 400)])), TOWN)
    assert some.shut_in == 0
    assert list(some.stand.moved) == [True, False]
    assert isinstance(some.stated()[0], Eyes)
    assert filled(some.known, some.stand.away).x[0] == pytest.approx(some.stand.x[0])


def test_what_was_assumed_is_said() -> None:
    house = np.array([shapely.box(-40, -40, 40, 40)], dtype=object)
    street = np.array([shapely.LineString([(-200, 250), (200, 250)])], dtype=object)
    said = scene(
        [camera(0, 39), camera(500, 500, 2, height=3.0)], ground(house, ways=street, width=np.nan), TOWN
    ).assumptions()
    assert "Taken to hang 0.3 m out from the nearest wall: 1 cameras that stand in or at a building." in said
    assert "Width of a way taken by its kind: 1 of 1 ways." in said
    assert "Height of the lens taken as 4 m: 1 of 2 cameras (range: 3 to 6 m)." in said
    assert not any(sentence.startswith("Left out") for sentence in said)


def test_an_extent_has_all_in_it() -> None:
    street = np.array([shapely.LineString([(-900, 250), (200, 250)])], dtype=object)
    some = scene([camera(0, 0, views=AROUND, angle=90.0)], ground(ways=street), TOWN)
    around = extent(some.place.streets, some.known)
    assert around.covers(shapely.Point(0, 0).buffer(90))
    assert around.covers(some.place.streets.ways[0])
    again = Scene.of(some.place, some.known, np.array([around], dtype=object))
    assert seen_by_area(again, look(again))[0].seen == pytest.approx(seen_by_area(some, look(some))[0].seen)


def test_a_place_without_anything_is_seen_by_nobody() -> None:
    (found,) = covered([], ground(), TOWN)
    assert (found.seen, found.effective) == ((0, 0, 0, 0, 0), 0)
    assert not covered([camera(0, 0)], ground())
