import math

import numpy as np
import pytest
import shapely

from watchglass.census.standing import OUT, Standing, standing
from watchglass.census.viewshed import Obstacles

HOUSE = shapely.box(0, 0, 20, 10)


def stand(place: tuple[float, float], *houses: shapely.Geometry) -> Standing:
    among = Obstacles.of(np.array(houses, dtype=object), np.full(len(houses), 8.0))
    return standing(np.array([place[0]]), np.array([place[1]]), among, 3.0)


def where(one: Standing) -> tuple[float, float, float]:
    return float(one.x[0]), float(one.y[0]), float(one.away[0])


def test_one_inside_hangs_out_from_the_nearest_wall() -> None:
    assert where(stand((10, 9), HOUSE)) == pytest.approx((10, 10 + OUT, 0))
    assert where(stand((19, 5), HOUSE)) == pytest.approx((20 + OUT, 5, 90))
    assert stand((19, 5), HOUSE).moved[0]


def test_one_on_the_wall_or_a_hand_from_it_is_put_where_its_lens_is() -> None:
    for y in (0.0, -1e-9, 1e-9, -0.1):
        assert where(stand((10, y), HOUSE)) == pytest.approx((10, -OUT, 180))


def test_one_near_a_wall_stays_and_looks_away_from_it() -> None:
    assert where(stand((10, 12), HOUSE)) == pytest.approx((10, 12, 0))
    corner = stand((21, 11), HOUSE)
    assert where(corner) == pytest.approx((21, 11, 45))
    assert not corner.moved[0]


def test_one_far_from_all_walls_has_no_wall() -> None:
    far = stand((10, 14), HOUSE)
    assert where(far)[:2] == (10, 14)
    assert math.isnan(far.away[0])
    assert math.isnan(stand((0, 0)).away[0])


def test_where_the_next_house_begins_at_the_wall_the_block_s_wall_is_taken() -> None:
    row = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 20.05)]
    assert where(stand((19.9, 3), *row)) == pytest.approx((19.9, -OUT, 180), abs=0.01)


def test_a_courtyard_is_outside() -> None:
    block = shapely.difference(shapely.box(-40, -40, 40, 40), shapely.box(-10, -10, 10, 10))
    assert where(stand((11, 0), block)) == pytest.approx((10 - OUT, 0, 270))


def test_one_in_a_gap_too_narrow_for_it_hangs_where_the_gap_ends() -> None:
    between = stand((10.1, 4), shapely.box(0, 0, 10, 10), shapely.box(10.2, 0, 20, 10))
    assert where(between) == pytest.approx((10.1, -OUT, 180), abs=0.01)
    assert not between.shut_in[0]


def test_where_houses_lie_over_each_other_the_way_out_is_out_of_all() -> None:
    found = stand((9, 5), shapely.box(0, 0, 10, 10), shapely.box(5, -20, 30, 30))
    assert not found.shut_in[0]
    assert where(found)[:2] in [pytest.approx((5 - OUT, y), abs=0.01) for y in (-OUT, 10 + OUT)]
