import numpy as np
import pytest

from tests.unit.redact.frames import GEOMETRY, everywhere, nowhere, small
from watchglass.redact.candidates import Candidate, levels, put, rounded
from watchglass.redact.cells import Grid

PLACE = np.s_[4:8, 6:9]  # cells
PIXELS = np.s_[16:32, 24:36]


def there() -> Grid:
    cells = nowhere()
    cells[PLACE] = True
    return cells


def looking(level: int, u: int = 128, v: int = 128, gained: float = 0.0) -> Candidate:
    one = Candidate(GEOMETRY)
    one.take(small(level, u, v), everywhere())
    one.gained[:] = gained
    return one


def test_it_begins_black_with_nothing_gained() -> None:
    one = Candidate(GEOMETRY)
    assert not one.gained.any()
    assert not any(plane.any() for plane in one.picture.planes())
    assert [plane.shape for plane in one.level] == [(96, 128)] * 3


def test_taking_begins_anew_there_and_nowhere_else() -> None:
    one = looking(100, gained=3.0)
    one.take(small(50, 110, 140), there())
    for plane, level, before in zip(one.picture.planes(), (50, 110, 140), (100, 128, 128), strict=True):
        assert (plane[PIXELS] == level).all()
        assert (plane[32:] == before).all()
    assert not one.gained[PLACE].any()
    assert one.gained.sum() == 3.0 * (one.gained.size - 12)


def test_following_comes_nearer_bit_by_bit() -> None:
    one = looking(100)
    for _ in range(3):
        one.follow(small(110), there())
    assert one.level[0][PIXELS] == pytest.approx(110 - 10 * 0.85**3)
    assert (one.picture.y[PIXELS] == round(110 - 10 * 0.85**3)).all()
    assert (one.picture.y[32:] == 100).all()
    for _ in range(40):
        one.follow(small(110), there())
    assert (one.picture.y[PIXELS] == 110).all()


def test_following_takes_noise_out() -> None:
    dice, one = np.random.default_rng(1), looking(100)
    last = small()
    for _ in range(60):
        last = small()
        last.y[:] = (100 + dice.normal(0, 6, last.y.shape)).clip(0, 255)
        one.follow(last, everywhere())
    assert one.level[0].std() < 0.4 * last.y.std()


def test_a_swap_is_one() -> None:
    one, other = looking(100, gained=3.0), looking(50, 110, 140, gained=7.0)
    one.swap(other, there())
    assert (one.picture.y[PIXELS] == 50).all()
    assert (one.picture.u[PIXELS] == 110).all()
    assert (other.picture.y[PIXELS] == 100).all()
    assert (other.picture.v[PIXELS] == 128).all()
    assert (one.picture.y[32:] == 100).all()
    assert (one.gained[PLACE] == 7.0).all()
    assert (other.gained[PLACE] == 3.0).all()
    assert one.gained.sum() + other.gained.sum() == 10.0 * one.gained.size
    one.swap(other, there())
    assert (one.picture.y == 100).all()


def test_nowhere_is_nothing() -> None:
    one = looking(100, gained=3.0)
    one.take(small(50), nowhere())
    one.follow(small(50), nowhere())
    one.swap(looking(50), nowhere())
    assert (one.picture.y == 100).all()
    assert (one.gained == 3.0).all()


def test_put_copies_cells() -> None:
    target, source = levels(GEOMETRY), looking(50, 110, 140).level
    put(target, source, there())
    picture = rounded(target)
    assert (picture.y[PIXELS] == 50).all()
    assert (picture.v[PIXELS] == 140).all()
    assert picture.y.sum() == 50 * 12 * 16
    source[0][:] = 0
    assert (target[0][PIXELS] == 50).all()
