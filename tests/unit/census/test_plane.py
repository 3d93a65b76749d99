import numpy as np
import pytest
import shapely

from watchglass.census.plane import GEOD, Plane, areas_km2, groups, lengths_m

LEIPZIG = (12.37, 51.34)


def test_there_and_back_is_the_same_place() -> None:
    plane = Plane.about(np.array([12.2, 12.6]), np.array([51.2, 51.5]))
    x, y = plane.metres(np.array([12.3, 12.5]), np.array([51.25, 51.45]))
    longitudes, latitudes = plane.degrees(x, y)
    assert longitudes == pytest.approx([12.3, 12.5], abs=1e-8)
    assert latitudes == pytest.approx([51.25, 51.45], abs=1e-8)  # PROJ's series for it: 0.3 mm
    shape = np.array([shapely.box(12.3, 51.3, 12.4, 51.4)], dtype=object)
    assert shapely.equals_exact(plane.in_degrees(plane.in_metres(shape))[0], shape[0], 1e-8)


def test_a_plane_has_the_areas_and_lengths_of_the_ellipsoid() -> None:
    plane = Plane(*LEIPZIG)
    for away in (0.0, 2.0):  # degrees: in the middle, and 140 km east of it
        # Its sides have many corners: between two, a geodesic and a straight line of the plane differ.
        block = shapely.segmentize(shapely.box(12.37 + away, 51.34, 12.47 + away, 51.44), 0.001)
        shape = np.array([block], dtype=object)
        assert shapely.area(plane.in_metres(shape))[0] / 1e6 == pytest.approx(areas_km2(shape)[0], rel=1e-6)
        line = shapely.boundary(shape)
        error = plane.error(*shapely.get_coordinates(block).T)
        assert shapely.length(plane.in_metres(line))[0] == pytest.approx(lengths_m(line)[0], rel=error + 1e-9)
    assert plane.error(np.array([12.37]), np.array([51.34])) < 1e-12
    assert plane.error(np.array([12.37]), np.array([51.34 + 2.875])) == pytest.approx(0.0003, rel=0.06)  # 320 km


def test_areas_leave_holes_out_whichever_way_rings_run() -> None:
    outer = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
    hole = [(0.25, 0.25), (0.25, 0.75), (0.75, 0.75), (0.75, 0.25)]
    whole, inner = areas_km2(np.array([shapely.Polygon(outer), shapely.Polygon(hole)], dtype=object))
    for ring in (hole, hole[::-1]):
        assert areas_km2(np.array([shapely.Polygon(outer, [ring])]))[0] == pytest.approx(whole - inner, rel=1e-9)
    assert whole == pytest.approx(12_308.8, rel=1e-4)  # a square degree at the equator


def test_lengths_are_each_line_s_own() -> None:
    lines = np.array(
        [shapely.LineString([(0, 0), (1, 0)]), shapely.MultiLineString([[(0, 0), (0, 1)], [(5, 5), (5, 5)]])],
        dtype=object,
    )
    assert lengths_m(lines) == pytest.approx([111_319.5, 110_574.4], abs=0.1)
    assert len(lengths_m(np.array([], dtype=object))) == 0


def test_the_date_line_is_a_line_like_any_other() -> None:
    plane = Plane.about(np.array([179.9, -179.8]), np.array([-17.0, -16.0]))
    x, _y = plane.metres(np.array([179.9, -179.8]), np.array([-16.5, -16.5]))
    assert x[1] - x[0] == pytest.approx(GEOD.inv(179.9, -16.5, -179.8, -16.5)[2], rel=1e-5)
    assert x[0] == pytest.approx(-x[1], abs=1)


def test_north_leans_beside_the_middle() -> None:
    plane = Plane(*LEIPZIG)
    leans = plane.north(np.array([12.37, 15.37, 9.37]), np.array([51.34, 51.34, 51.34]))
    assert leans == pytest.approx([0, -3 * np.sin(np.radians(51.34)), 3 * np.sin(np.radians(51.34))], abs=0.01)


def test_places_far_apart_get_planes_of_their_own() -> None:
    longitudes = np.array([12.37, 13.40, -0.12, 12.38])  # Leipzig, Berlin, London, Leipzig
    found = groups(longitudes, np.array([51.34, 52.52, 51.51, 51.33]))
    assert [list(one) for one in found] == [[0, 1, 3], [2]]
    assert groups(np.array([]), np.array([])) == []
