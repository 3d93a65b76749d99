import math

from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import UsageError
from watchglass.model.place import Point, Zone
from watchglass.rules.area import Area

numbers = st.floats(-0.2, 1.2)
CORNERS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=6)


@given(CORNERS, st.tuples(st.integers(-4, 24), st.integers(-4, 24)) | st.tuples(st.floats(-4, 24), st.floats(-4, 24)))
def test_it_contains_what_its_zone_contains(corners: list[tuple[int, int]], at: tuple[float, float]) -> None:
    try:
        zone = Zone("any", tuple(Point(x / 20, y / 20) for x, y in corners))
    except UsageError:
        return
    x, y = at[0] / 20, at[1] / 20
    assert Area(zone).contains(x, y) is zone.contains(Point(x, y))


def test_what_is_near_its_edge() -> None:
    area = Area(Zone("square", (Point(0.2, 0.2), Point(0.6, 0.2), Point(0.6, 0.6), Point(0.2, 0.6))))
    assert area.near(0.65, 0.4, 0.051)
    assert not area.near(0.65, 0.4, 0.049)
    assert area.near(0.55, 0.4, 0.051)  # from inside as well
    assert not area.near(0.4, 0.4, 0.1)
    corner = math.hypot(0.1, 0.1)
    assert area.near(0.7, 0.7, corner + 0.001)
    assert not area.near(0.7, 0.7, corner - 0.001)
