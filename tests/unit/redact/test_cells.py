import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.redact.frames import GEOMETRY, even, noise, nowhere, small
from watchglass.model.vision import Box
from watchglass.redact.cells import (
    CELL,
    Geometry,
    Small,
    differing,
    enlarged,
    grown,
    pixels,
    shrink,
    window,
    with_at_least,
)

geometries = st.builds(
    lambda width, height: Geometry(2 * width, 2 * height), st.integers(8, 2000), st.integers(8, 1200)
)
shares = st.floats(0, 1)
anywhere = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    st.floats(-3000, 5000),
    st.floats(-3000, 4000),
    st.floats(0, 6000),
    st.floats(0, 6000),
)


class TestGeometry:
    @pytest.mark.parametrize(
        ("width", "height", "step", "small", "grid"),
        [
            (768, 576, 2, (384, 288), (72, 96)),
            (640, 360, 2, (320, 180), (45, 80)),
            (320, 240, 1, (320, 240), (60, 80)),
            (1920, 1080, 5, (384, 216), (54, 96)),
            (3840, 2160, 10, (384, 216), (54, 96)),
            (576, 1024, 4, (144, 256), (64, 36)),  # upright: the longer side counts
            (16, 16, 1, (16, 16), (4, 4)),
            (642, 362, 2, (324, 184), (46, 81)),  # not whole cells: rounded up
        ],
    )
    def test_sizes(self, width: int, height: int, step: int, small: tuple[int, int], grid: tuple[int, int]) -> None:
        geometry = Geometry(width, height)
        assert (geometry.step, geometry.small, geometry.grid) == (step, small, grid)

    @given(geometries)
    def test_the_small_picture_is_whole_cells_and_small(self, geometry: Geometry) -> None:
        width, height = geometry.small
        assert width % CELL == height % CELL == 0
        assert width <= 400 + CELL
        assert geometry.width <= width * geometry.step < geometry.width + geometry.step * CELL
        assert geometry.height <= height * geometry.step < geometry.height + geometry.step * CELL

    @given(geometries, shares, shares, shares, shares)
    def test_a_box_marks_every_cell_that_holds_a_pixel_of_it(
        self, geometry: Geometry, across: float, down: float, width: float, height: float
    ) -> None:
        left, top = across * (geometry.width - 1), down * (geometry.height - 1)
        box = Box(left, top, left + 1 + width * (geometry.width - left), top + 1 + height * (geometry.height - top))
        marked = geometry.marked([box])
        rows, columns = geometry.grid
        for x, y in ((box.left, box.top), (box.right - 0.5, box.bottom - 0.5)):
            row = math.floor(min(y, geometry.height - 0.5) * rows / geometry.height)
            column = math.floor(min(x, geometry.width - 0.5) * columns / geometry.width)
            assert marked[row, column]
        back = geometry.box(*geometry.cells(box))
        assert back.left <= box.left + 1e-6
        assert back.top <= box.top + 1e-6
        assert back.right >= min(box.right, geometry.width) - 1e-6
        assert back.bottom >= min(box.bottom, geometry.height) - 1e-6

    def test_a_box_is_grown_by_shares_of_its_own_size(self) -> None:
        box = Box(40, 40, 60, 80)
        assert GEOMETRY.cells(box) == (slice(10, 20), slice(10, 15))
        assert GEOMETRY.cells(box, 0.2, 0.1) == (slice(9, 21), slice(9, 16))
        assert GEOMETRY.cells(box, -0.2, -0.1) == (slice(11, 19), slice(11, 14))

    @pytest.mark.parametrize("box", [Box(-80, -80, -10, -10), Box(500, 10, 600, 50), Box(10, 300, 50, 400)])
    def test_a_box_outside_marks_nothing(self, box: Box) -> None:
        assert not GEOMETRY.marked([box]).any()

    def test_a_box_larger_than_the_frame_marks_all(self) -> None:
        assert GEOMETRY.marked([Box(-500, -500, 5000, 5000)]).all()

    def test_boxes_add_up(self) -> None:
        one, other = Box(0, 0, 8, 8), Box(100, 80, 128, 96)
        both = GEOMETRY.marked([one, other])
        np.testing.assert_array_equal(both, GEOMETRY.marked([one]) | GEOMETRY.marked([other]))

    @given(geometries, st.lists(anywhere), st.sampled_from([(0.0, 0.0), (0.15, 0.1), (-0.2, -0.1), (1.0, 0.5)]))
    def test_many_boxes_mark_what_each_touches(
        self, geometry: Geometry, boxes: list[Box], grow: tuple[float, float]
    ) -> None:
        expected = np.zeros(geometry.grid, np.bool_)
        for box in boxes:
            expected[geometry.cells(box, *grow)] = True
        np.testing.assert_array_equal(geometry.marked(boxes, *grow), expected)


class TestShrink:
    @pytest.mark.parametrize("size", [(768, 576), (320, 240), (642, 362), (16, 16), (1920, 1080), (64, 400)])
    def test_all_planes_are_of_the_small_picture_s_size(self, size: tuple[int, int]) -> None:
        geometry = Geometry(*size)
        found = shrink(even(90, u=110, v=140, width=size[0], height=size[1]), geometry)
        for plane, level in zip(found.planes(), (90, 110, 140), strict=True):
            assert plane.shape == (geometry.small[1], geometry.small[0])
            assert plane.dtype == np.uint8
            assert set(np.unique(plane)) == {level}

    def test_noise_is_averaged_away_whether_or_not_the_frame_is_made_smaller(self) -> None:
        for size in ((768, 576), (320, 240)):
            frame = noise(width=size[0], height=size[1])
            assert shrink(frame, Geometry(*size)).y.std() < 0.6 * frame.y.std()

    def test_the_frame_itself_is_not_changed(self) -> None:
        frame = noise()
        before = frame.y.copy()
        shrink(frame, GEOMETRY)
        np.testing.assert_array_equal(frame.y, before)


class TestDiffering:
    @pytest.mark.parametrize("wanted", [1, 2, 5, 16])
    def test_so_many_pixels_of_a_cell_must_differ(self, wanted: int) -> None:
        for count in range(17):
            other = small()
            cell = np.full(16, 100, np.uint8)
            cell[:count] = 0
            other.y[8:12, 12:16] = cell.reshape(4, 4)
            found = with_at_least(differing(small(), other, 13, 7), wanted)
            assert found[2, 3] == (count >= wanted)
            assert found.sum() == (count >= wanted)

    @pytest.mark.parametrize(
        ("other", "differs"),
        [
            (small(113), False),
            (small(114), True),
            (small(87), False),
            (small(86), True),
            (small(100, u=135), False),
            (small(100, u=136), True),
            (small(100, v=121), False),
            (small(100, v=120), True),
            (small(0), True),  # no wrapping round
            (small(255), True),
        ],
    )
    def test_more_than_so_many_levels_up_or_down(self, other: Small, differs: bool) -> None:
        assert differing(small(), other, 13, 7).all() == differs
        assert differing(other, small(), 13, 7).any() == differs

    def test_half_of_a_cell_in_luma_and_half_in_colour_are_not_counted_twice(self) -> None:
        other = small()
        other.y[0, 0] = other.u[0, 0] = other.v[0, 0] = 0
        assert not with_at_least(differing(small(), other, 13, 7), 2).any()
        other.v[0, 1] = 0
        assert with_at_least(differing(small(), other, 13, 7), 2)[0, 0]


class TestGrown:
    @pytest.mark.parametrize(("by", "count"), [(1, 9), (2, 25)])
    def test_every_neighbour_corners_included(self, by: int, count: int) -> None:
        cells = nowhere()
        cells[10, 10] = True
        larger = grown(cells, by)
        assert larger.sum() == count
        assert larger[10 - by : 11 + by, 10 - by : 11 + by].all()

    def test_at_the_edge(self) -> None:
        cells = nowhere()
        cells[0, 0] = True
        assert grown(cells).sum() == 4

    def test_nothing_grows_from_nothing(self) -> None:
        assert not grown(nowhere()).any()


@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
    down=st.sampled_from([1, 2, 3, 4, 5, 8, 1.5]),
    across=st.sampled_from([1, 2, 3, 4, 6, 8, 2.5]),
    seed=st.integers(0, 9),
)
def test_a_plane_is_enlarged_as_opencv_does_it(rows: int, columns: int, down: float, across: float, seed: int) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)
    shape = math.ceil(rows * down), math.ceil(columns * across)
    found = enlarged(plane, shape)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_NEAREST))


@given(rows=st.integers(1, 5), columns=st.integers(1, 5), share=st.floats(0, 1), wanted=st.integers(1, 16))
def test_a_cell_s_marked_pixels_are_counted(rows: int, columns: int, share: float, wanted: int) -> None:
    marked = np.random.default_rng(rows * columns).random((rows * CELL, columns * CELL)) < share
    counts = marked.reshape(rows, CELL, columns, CELL).sum(axis=(1, 3))
    found = with_at_least(marked.astype(np.uint8) * np.uint8(255), wanted)
    np.testing.assert_array_equal(found, counts >= wanted)


def test_a_cell_is_four_by_four_pixels() -> None:
    cells = nowhere()
    cells[1, 2] = True
    spread = pixels(cells)
    assert spread.shape == (96, 128)
    assert spread.sum() == 16
    assert spread[4:8, 8:12].all()


class TestWindow:
    @given(st.lists(st.tuples(st.integers(0, 47), st.integers(0, 63)), max_size=4), st.integers(0, 9))
    def test_holds_all_that_is_marked_and_what_is_near(self, places: list[tuple[int, int]], margin: int) -> None:
        marked = np.zeros((48, 64), np.uint8)
        for row, column in places:
            marked[row, column] = 7
        rows, columns = window(marked, margin)
        assert [side % 2 for side in (rows.start, rows.stop, columns.start, columns.stop)] == [0, 0, 0, 0]
        if not places:
            assert (rows, columns) == (slice(0, 0), slice(0, 0))
            return
        for row, column in places:
            assert rows.start <= max(0, row - margin)
            assert rows.stop >= min(48, row + margin + 1)
            assert columns.start <= max(0, column - margin)
            assert columns.stop >= min(64, column + margin + 1)
        assert rows.stop - rows.start <= max(row for row, _ in places) - min(row for row, _ in places) + 2 * margin + 4
