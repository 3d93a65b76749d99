import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import UsageError
from watchglass.model.place import Direction, Point, Tripwire, Zone

SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
numbers = st.floats(0, 1)
points = st.builds(Point, numbers, numbers)


def zone(*corners: tuple[float, float], name: str = "yard") -> Zone:
    return Zone(name, tuple(Point(*corner) for corner in corners))


class TestZone:
    @pytest.mark.parametrize(
        ("at", "inside"),
        [((0.4, 0.4), True), ((0.1, 0.4), False), ((0.7, 0.4), False), ((0.4, 0.1), False), ((0.4, 0.7), False)],
    )
    def test_what_lies_in_it(self, at: tuple[float, float], inside: bool) -> None:
        assert zone(*SQUARE).contains(Point(*at)) is inside
        assert zone(*reversed(SQUARE)).contains(Point(*at)) is inside

    def test_one_with_a_bay(self) -> None:
        horseshoe = zone((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.6, 0.9), (0.6, 0.4), (0.4, 0.4), (0.4, 0.9), (0.1, 0.9))
        assert not horseshoe.contains(Point(0.5, 0.6))
        assert horseshoe.contains(Point(0.5, 0.2))
        assert horseshoe.area == pytest.approx(0.64 - 0.1)

    @given(st.floats(0.05, 0.95), numbers)
    def test_of_two_that_share_an_edge_one_has_each_point(self, edge: float, down: float) -> None:
        left = zone((0, 0), (edge, 0), (edge, 1), (0, 1))
        right = zone((edge, 0), (1, 0), (1, 1), (edge, 1))
        for at in (Point(edge, down), Point(edge / 2, down), Point((1 + edge) / 2, down)):
            assert left.contains(at) + right.contains(at) == (down < 1)  # the lower edge belongs to what is below

    @pytest.mark.parametrize(
        ("corners", "what"),
        [
            (SQUARE[:2], "has 2 corners: draw 3 to 64"),
            (SQUARE * 17, "has 68 corners"),
            (((0.2, 0.2), (0.6, 0.6), (0.6, 0.2), (0.2, 0.6)), "crosses itself"),
            (((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)), "crosses itself"),  # touches its own side
            ((*SQUARE, SQUARE[-1]), "a corner twice"),
            ((*SQUARE, SQUARE[0]), "a corner twice"),
            (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), "has no area"),
            (((0.1, 0.1), (0.105, 0.1), (0.105, 0.105)), "has no area"),
            (((-0.1, 0.1), (0.5, 0.1), (0.5, 0.5)), r"a point at -0.1, 0.1: coordinates go from 0 to 1"),
            (((0.1, 0.1), (50, 0.1), (0.5, 0.5)), "a point at 50, 0.1"),
            (((0.1, 0.1), (math.nan, 0.1), (0.5, 0.5)), "a point at nan"),
        ],
    )
    def test_what_is_none_is_refused(self, corners: tuple[tuple[float, float], ...], what: str) -> None:
        with pytest.raises(UsageError, match=what):
            zone(*corners)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb"])
    def test_a_name_that_cannot_be_shown_is_refused(self, name: str) -> None:
        with pytest.raises(UsageError, match="A zone needs a name"):
            zone(*SQUARE, name=name)


UPWARDS = Tripwire("gate", Point(0.5, 0.9), Point(0.5, 0.1))
LEFT, RIGHT = Point(0.3, 0.5), Point(0.7, 0.5)


class TestTripwire:
    def test_forward_is_from_its_left_to_its_right(self) -> None:
        assert UPWARDS.crossing(LEFT, RIGHT) is Direction.FORWARD
        assert UPWARDS.crossing(RIGHT, LEFT) is Direction.BACKWARD
        downwards = Tripwire("gate", UPWARDS.second, UPWARDS.first)
        assert downwards.crossing(LEFT, RIGHT) is Direction.BACKWARD

    def test_who_goes_round_it_does_not_cross(self) -> None:
        assert UPWARDS.crossing(Point(0.3, 0.05), Point(0.7, 0.05)) is None
        assert UPWARDS.crossing(LEFT, Point(0.4, 0.6)) is None

    @given(points, points, points)
    def test_a_way_by_another_point_crosses_as_often_in_sum(self, one: Point, other: Point, third: Point) -> None:
        """On a line from edge to edge: to the other side and back is nothing, and no point on the line counts twice."""
        whole = Tripwire("gate", Point(0.5, 1), Point(0.5, 0))
        worth = {Direction.FORWARD: 1, Direction.BACKWARD: -1, None: 0}
        ways = [worth[whole.crossing(*way)] for way in ((one, other), (other, third), (one, third))]
        assert ways[0] + ways[1] == ways[2]

    def test_it_is_written_as_name_and_numbers(self) -> None:
        assert Tripwire.parse("north gate=0.5,0.9,0.5,0.1") == Tripwire("north gate", Point(0.5, 0.9), Point(0.5, 0.1))
        assert Tripwire.parse("a=b = 0, 0, 1, 1") == Tripwire("a=b", Point(0, 0), Point(1, 1))

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("0.5,0.9,0.5,0.1", "is not written as NAME=x1,y1,x2,y2"),
            ("gate=0.5,0.9,0.5", "is not written as"),
            ("gate=a,b,c,d", "is not written as"),
            ("=0.5,0.9,0.5,0.1", "A tripwire needs a name"),
            ("gate=0.5,0.9,0.5,0.9", "has no length"),
            ("gate=0.5,0.9,0.5,10", "has a point at 0.5, 10"),
            ("gate=nan,0.9,0.5,1", "has a point at nan, 0.9"),
        ],
    )
    def test_what_is_none_is_refused(self, text: str, what: str) -> None:
        with pytest.raises(UsageError, match=what):
            Tripwire.parse(text)
