import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.redact.frames import GEOMETRY, even, everywhere, noise, nowhere, small
from watchglass.model.frame import RawFrame
from watchglass.redact.background import RENEW, Background
from watchglass.redact.cells import Geometry, Grid

PLACE = np.s_[4:8, 6:9]  # cells
PIXELS = np.s_[16:32, 24:36]
HALF = np.s_[8:16, 12:18]


def without(place: tuple[slice, slice] = PLACE) -> Grid:
    clean = everywhere()
    clean[place] = False
    return clean


def shown(background: Background) -> RawFrame:
    return background.under(even(0))


class TestTake:
    def test_all_of_it_is_taken_once_a_second(self) -> None:
        background = Background(GEOMETRY)
        taken = []
        for number in range(25):
            background.take(even(100 + number), everywhere(), number / 10)
            taken.append(int(shown(background).y[0, 0]) - 100)
        assert taken == [0] * 10 + [10] * 10 + [20] * 5

    @pytest.mark.parametrize("rate", [10, 15, 12.5, 7])
    def test_that_holds_for_frames_that_come_a_little_too_soon_or_too_late(self, rate: float) -> None:
        """It says so, and a keyframe falls on the same frame."""
        background = Background(GEOMETRY)
        dice = np.random.default_rng(2)
        times = [number / rate + dice.uniform(-0.02, 0.02) for number in range(100)]
        taken = [time for time in times if background.take(even(), everywhere(), time)]
        assert taken[0] == times[0]
        assert all(0.93 < later - earlier < 1.0 + 1 / rate for earlier, later in itertools.pairwise(taken))

    def test_in_all_planes(self) -> None:
        background, frame = Background(GEOMETRY), noise()
        background.take(frame, everywhere(), 0.0)
        for mine, theirs in zip((shown(background).y, shown(background).u), (frame.y, frame.u), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(shown(background).v, frame.v)
        assert background.held.all()

    def test_never_what_is_not_clean(self) -> None:
        background = Background(GEOMETRY)
        background.take(even(100, u=110, v=120), everywhere(), 0.0)
        background.take(noise(1), without(), 1.0)
        under = shown(background)
        assert (under.y[PIXELS] == 100).all()
        assert (under.u[HALF] == 110).all()
        assert (under.v[HALF] == 120).all()
        np.testing.assert_array_equal(under.y[32:], noise(1).y[32:])

    def test_what_is_still_missing_as_soon_as_it_is_clean_and_nothing_else(self) -> None:
        background = Background(GEOMETRY)
        background.take(even(100), without(), 0.0)
        assert not background.held[PLACE].any()
        assert (shown(background).y[PIXELS] == 0).all()
        background.take(even(120), everywhere(), 0.1)
        assert background.held.all()
        assert (shown(background).y[PIXELS] == 120).all()
        assert (shown(background).y[32:] == 100).all()
        background.take(even(140), everywhere(), 0.2)
        assert (shown(background).y[PIXELS] == 120).all()

    def test_the_frame_is_copied(self) -> None:
        background, frame = Background(GEOMETRY), even(100)
        background.take(frame, everywhere(), 0.0)
        frame.y[:] = 200
        assert (shown(background).y == 100).all()

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.98), st.sampled_from([0.1, 0.2, 0.4]))
    def test_every_cell_is_as_it_was_when_it_was_last_to_be_taken(self, seed: int, share: float, step: float) -> None:
        """Over frames that differ in every pixel. What a cell shows was clean when it was taken, whatever came after."""
        dice, background = np.random.default_rng(seed), Background(GEOMETRY)
        wanted, renewed = np.zeros(GEOMETRY.grid, np.int32), float("-inf")
        for number in range(1, 16):
            clean: Grid = dice.random(GEOMETRY.grid) < share
            background.take(even(number), clean, number * step)
            if number * step - renewed >= RENEW - 1e-6:
                renewed = number * step
                wanted[clean] = number
            else:
                wanted[clean & (wanted == 0)] = number
            np.testing.assert_array_equal(shown(background).y, np.kron(wanted, np.ones((4, 4), np.int32)))
            np.testing.assert_array_equal(background.held, wanted > 0)

    @pytest.mark.parametrize("size", [(642, 362), (768, 576), (1920, 1080), (320, 240)])
    def test_cells_are_the_frame_s_own_at_every_size(self, size: tuple[int, int]) -> None:
        geometry = Geometry(*size)
        background, clean = Background(geometry), np.ones(geometry.grid, np.bool_)
        clean[5:10, 8:20] = False
        background.take(even(100, width=size[0], height=size[1]), clean, 0.0)
        box = geometry.box(slice(5, 10), slice(8, 20))
        inside = np.zeros((size[1], size[0]), np.bool_)
        inside[round(box.top) : round(box.bottom), round(box.left) : round(box.right)] = True
        black = shown(background).y == 0
        assert (black != inside).mean() < 0.002  # a row or column of pixels, where cells are not whole pixels
        assert not black[: int(box.top) - 1].any()


class TestFallBack:
    def test_the_plate_stands_in_until_a_cell_is_clean(self) -> None:
        background = Background(GEOMETRY)
        background.take(even(100), without(), 0.0)
        background.fall_back(small(70, 110, 140), everywhere())
        under = shown(background)
        assert (under.y[PIXELS] == 70).all()
        assert (under.u[HALF] == 110).all()
        assert (under.v[HALF] == 140).all()
        assert (under.y[32:] == 100).all()
        assert background.held.all()

    def test_and_no_longer(self) -> None:
        """It is right, but not sharp: the first clean frame takes its place, not the one of the next second."""
        background = Background(GEOMETRY)
        background.take(even(100), without(), 0.0)
        background.fall_back(small(70), everywhere())
        background.take(even(120), everywhere(), 0.2)
        assert (shown(background).y[PIXELS] == 120).all()
        background.fall_back(small(70), everywhere())
        assert (shown(background).y[PIXELS] == 120).all()

    def test_what_is_not_known_either_stays_missing(self) -> None:
        background = Background(GEOMETRY)
        background.take(even(100), without(), 0.0)
        background.fall_back(small(70), without())
        assert (shown(background).y[PIXELS] == 0).all()
        np.testing.assert_array_equal(background.held, without())

    def test_at_another_size_than_the_frame_s(self) -> None:
        geometry = Geometry(642, 362)
        background = Background(geometry)
        background.fall_back(small(70, 110, 140, geometry), np.ones(geometry.grid, np.bool_))
        under = shown(background)
        assert (under.y.shape, under.u.shape) == ((362, 642), (181, 321))
        assert set(np.unique(under.y)) == {70}
        assert set(np.unique(under.v)) == {140}


def test_it_is_shown_with_the_time_of_the_frame() -> None:
    under = Background(GEOMETRY).under(noise(pts=90))
    assert (under.pts, under.wall, under.jump) == (90, 990, False)


def test_before_anything_was_taken_it_is_black() -> None:
    background = Background(GEOMETRY)
    assert not shown(background).y.any()
    np.testing.assert_array_equal(background.held, nowhere())


def test_forgetting_takes_all_anew_at_once() -> None:
    background = Background(GEOMETRY)
    background.take(even(100), everywhere(), 0.0)
    background.forget()
    assert not background.held.any()
    background.take(even(120), everywhere(), 0.1)
    assert (shown(background).y == 120).all()


class TestDrop:
    def test_what_the_plate_knows_otherwise_now_is_not_shown_any_more(self) -> None:
        background = Background(GEOMETRY)
        background.take(even(100), everywhere(), 0.0)
        dropped = ~without()
        background.drop(dropped)
        np.testing.assert_array_equal(background.held, without())
        background.fall_back(small(140), everywhere())
        assert (shown(background).y[PIXELS] == 140).all()
        background.take(even(150), without(), 0.2)  # not clean yet: as the plate knows it
        assert (shown(background).y[PIXELS] == 140).all()
        background.take(even(160), everywhere(), 0.3)
        assert (shown(background).y[PIXELS] == 160).all()
        assert (shown(background).y[32:] == 100).all()
