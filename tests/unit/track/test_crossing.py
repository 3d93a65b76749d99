import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.vision import ObjectClass
from watchglass.track.crossing import count, crossings
from watchglass.track.trail import Trail

WIDTH, HEIGHT, RATE = 400, 200, 10.0
GATE = Tripwire("gate", Point(0.5, 1), Point(0.5, 0))  # upwards: to the right is forward


def trail(
    *xs: float,
    first: int = 0,
    y: float = 150,
    label: ObjectClass = ObjectClass.PERSON,
    height: float = 40,
    width: float = 16,
) -> Trail:
    """Of somebody whose feet are at `y` and, from frame to frame, at these places across."""
    middles = np.array(xs, np.float64)
    lows = np.full(len(xs), float(y))
    boxes = np.stack([middles - width / 2, lows - height, middles + width / 2, lows], axis=1)
    return Trail(first, boxes, np.full(len(xs), 0.9), label)


def counted(*trails: Trail, tripwire: Tripwire = GATE) -> tuple[int, int]:
    found = count(tripwire, trails, WIDTH, HEIGHT, RATE)
    return found[Direction.FORWARD], found[Direction.BACKWARD]


def test_who_goes_over_it_is_counted_once_in_their_direction() -> None:
    assert counted(trail(150, 170, 190, 210, 230)) == (1, 0)
    assert counted(trail(230, 210, 190, 170)) == (0, 1)
    assert counted() == (0, 0)


def test_who_stands_on_it_and_sways_is_counted_once_when_they_go() -> None:
    assert counted(trail(150, 170, 199, 201, 198, 202, 199, 201, 203, 230)) == (1, 0)
    assert counted(trail(150, 170, 199, 201, 198, 202, 199, 197, 170)) == (0, 0)


def test_who_comes_back_is_counted_each_way() -> None:
    assert counted(trail(150, 190, 230, 260, 230, 190, 150)) == (1, 1)


def test_who_ends_on_it_has_crossed_if_they_are_beyond() -> None:
    assert counted(trail(150, 190, 201)) == (1, 0)
    assert counted(trail(150, 190, 199)) == (0, 0)


def test_who_goes_round_its_end_is_not() -> None:
    short = Tripwire("short", Point(0.5, 0.5), Point(0.5, 0.1))
    assert counted(trail(150, 190, 230), tripwire=short) == (0, 0)
    assert counted(trail(150, 190, 230, y=80), tripwire=short) == (1, 0)


def test_each_crossing_says_when() -> None:
    (one,) = crossings(GATE, trail(150, 190, 230, first=7), WIDTH, HEIGHT)
    assert (one.frame, one.direction) == (9, Direction.FORWARD)


class TestTogether:
    def test_a_rider_and_the_bicycle_are_one(self) -> None:
        rider = trail(150, 170, 190, 210, 230)
        bicycle = trail(148, 168, 188, 208, 228, label=ObjectClass.BICYCLE, height=24, width=30)
        assert counted(rider, bicycle) == (1, 0)

    def test_two_people_side_by_side_are_two(self) -> None:
        assert counted(trail(150, 170, 190, 210, 230), trail(154, 174, 194, 214, 234)) == (2, 0)

    def test_a_car_beside_somebody_is_not_theirs(self) -> None:
        person = trail(150, 170, 190, 210, 230)
        assert counted(person, trail(150, 170, 190, 210, 230, y=80, label=ObjectClass.CAR, height=40, width=60)) == (
            2,
            0,
        )

    def test_nor_one_that_comes_later_or_from_the_other_side(self) -> None:
        person = trail(150, 170, 190, 210, 230)
        assert counted(person, trail(150, 190, 230, first=40, label=ObjectClass.CAR)) == (2, 0)
        assert counted(person, trail(230, 210, 190, 170, label=ObjectClass.CAR)) == (1, 1)


@given(st.lists(st.floats(10, 390).filter(lambda x: abs(x - 200) > 5), min_size=1, max_size=12))
def test_forward_less_backward_is_the_change_of_side(xs: list[float]) -> None:
    forward, backward = counted(trail(*xs))
    assert forward - backward == (xs[-1] > 200) - (xs[0] > 200)


@pytest.mark.parametrize("angle", np.linspace(0, 2 * np.pi, 9)[:-1])
def test_a_line_at_any_angle_is_crossed_as_often(angle: float) -> None:
    """A square picture is turned, and everything in it."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    ends = [Point(*(turn @ end / 200 + 0.5)) for end in ((0.0, 60.0), (0.0, -60.0))]
    places = np.array([turn @ (x, 0.0) + 100 for x in (-50, -20, 20, 50)])
    boxes = np.stack([places[:, 0] - 8, places[:, 1] - 40, places[:, 0] + 8, places[:, 1]], axis=1)
    one = Trail(0, boxes, np.ones(4), ObjectClass.PERSON)
    assert count(Tripwire("turned", *ends), [one], 200, 200, RATE) == {Direction.FORWARD: 1, Direction.BACKWARD: 0}
