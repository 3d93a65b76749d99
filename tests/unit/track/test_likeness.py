import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.vision import Box
from watchglass.track.likeness import best_first, edges, inside, overlaps

sides = st.floats(-50, 50)
boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height), sides, sides, *[st.floats(0, 40)] * 2
)


@given(st.lists(boxes, max_size=4), st.lists(boxes, max_size=4))
def test_overlaps_are_those_of_boxes(one: list[Box], other: list[Box]) -> None:
    found = overlaps(edges(one), edges(other))
    assert found.shape == (len(one), len(other))
    for row, column in itertools.product(range(len(one)), range(len(other))):
        assert found[row, column] == pytest.approx(one[row].overlap(other[column]), abs=1e-9)


def test_how_much_of_the_smaller_lies_in_the_larger() -> None:
    large, small, half, away = Box(0, 0, 10, 10), Box(2, 2, 4, 4), Box(8, 0, 12, 10), Box(20, 0, 30, 10)
    assert inside(edges([large]), edges([small, half, away])).tolist() == [[1.0, 0.5, 0.0]]
    assert inside(edges([small]), edges([large])).tolist() == [[1.0]]
    assert inside(edges([Box(1, 1, 1, 1)]), edges([large])).tolist() == [[0.0]]


class TestBestFirst:
    def test_the_least_cost_comes_first_and_each_is_paired_once(self) -> None:
        costs = np.array([[0.1, 0.2], [0.15, 0.9]])
        assert list(best_first(costs, 1.0)) == [(0, 0), (1, 1)]

    def test_what_costs_too_much_is_left(self) -> None:
        costs = np.array([[0.1, 0.2], [0.15, 0.9]])
        assert list(best_first(costs, 0.5)) == [(0, 0)]
        assert list(best_first(np.full((2, 3), np.inf), 5.0)) == []

    def test_nothing_is_paired_with_nothing(self) -> None:
        assert list(best_first(np.zeros((0, 3)), 1.0)) == []
        assert list(best_first(np.zeros((3, 0)), 1.0)) == []
