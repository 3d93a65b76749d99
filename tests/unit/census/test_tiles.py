import math
import pickle

import numpy as np
import pytest
import shapely

from tests.cities import eyes
from watchglass.census.optics import STATED
from watchglass.census.tiles import PUBLIC, PUBLIC_SEEN, SEEN, SINGLES, WALKS, Tile, measured, packed
from watchglass.census.values import Numbers, Shapes

NONE: Shapes = np.zeros(0, dtype=object)
REACH = 48.0
CIRCLE = math.pi * REACH**2


def tile(
    *,
    cameras: list[tuple[float, float]],
    draws: int = 1,
    clip: shapely.Polygon | None = None,
    simplify: float | None = None,
) -> Tile:
    """200 m by 200 m, the eastern half of which is a park; a whole area, and one that has a part of it."""
    park = np.array([shapely.box(100, 0, 200, 200)], dtype=object)
    part = None if clip is None else shapely.to_wkb(clip)
    return Tile(
        number=7,
        bounds=(0.0, 0.0, 200.0, 200.0),
        buildings=packed(NONE),
        ways=(packed(NONE), np.zeros(0), np.zeros(0, bool), packed(NONE), np.zeros(0), packed(park)),
        draws=((eyes(cameras), np.zeros(0)),) * draws,
        regions=((3, None), (5, part)),
        assumed=STATED,
        simplify=simplify,
    )


def sums(of: Tile) -> Numbers:
    return measured(pickle.loads(pickle.dumps(of))).sums  # noqa: S301 - our own, as another process gets it


def test_what_is_seen_of_a_tile_and_of_the_area_that_has_a_part_of_it() -> None:
    found = sums(tile(cameras=[(100, 100)], clip=shapely.box(0, 0, 100, 200)))
    assert found.shape[:2] == (1, 2)
    assert found[0, :, SEEN][:, 0] == pytest.approx([CIRCLE, CIRCLE / 2], rel=1e-3)
    assert found[0, :, PUBLIC] == pytest.approx([20_000, 0])
    assert found[0, :, PUBLIC_SEEN][:, 0] == pytest.approx([CIRCLE / 2, 0], rel=1e-3)
    assert found[0, :, WALKS] == pytest.approx([0, 0])


def test_bands_are_nested_and_two_at_one_place_are_seen_once_and_summed_twice() -> None:
    found = sums(tile(cameras=[(100, 100), (100, 100)]))[0, 0]
    assert list(found[SEEN]) == sorted(found[SEEN], reverse=True)
    assert found[SINGLES] == pytest.approx(2 * CIRCLE, rel=1e-3)
    assert found[SEEN][0] == pytest.approx(CIRCLE, rel=1e-3)


def test_who_stands_beside_it_is_seen_from_only_as_far_as_it_reaches_in() -> None:
    found = sums(tile(cameras=[(0, 100), (-60, 100)]))[0, 0]
    assert found[SEEN][0] == pytest.approx(CIRCLE / 2, rel=1e-3)


def test_each_draw_for_itself_and_a_piece_of_what_is_seen_at_the_first() -> None:
    found = measured(tile(cameras=[(100, 100)], draws=2, simplify=1.0))
    assert found.sums[0] == pytest.approx(found.sums[1])
    assert shapely.area(shapely.from_wkb(found.seen)) == pytest.approx(CIRCLE, rel=0.05)
    assert measured(tile(cameras=[], simplify=1.0)).seen is None
    assert found.regions == (3, 5)
