import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from watchglass.census.recapture import BREAKS, estimate, pair, recapture
from watchglass.census.values import Camera

EARTH = Geod(ellps="WGS84")


def at(east: float, north: float = 0.0, longitude: float = 13.4, latitude: float = 52.5, count: int = 1) -> Camera:
    """So many metres east and north of a place."""
    longitude, latitude, _ = EARTH.fwd(
        longitude, latitude, math.degrees(math.atan2(east, north)), math.hypot(east, north)
    )
    return Camera(f"{east} {north}", "made-up", longitude, latitude, count=count)


def pairs(first: list[Camera], second: list[Camera]) -> list[tuple[int, int]]:
    return [(one.first, one.second) for one in pair(first, second)]


class TestPair:
    def test_those_within_fifteen_metres_are_one(self) -> None:
        assert pairs([at(0)], [at(14.99)]) == [(0, 0)]
        assert pairs([at(0)], [at(15.01)]) == []

    @pytest.mark.parametrize("latitude", [0.0, 52.5, -75.0, 89.9999])
    @pytest.mark.parametrize("longitude", [13.4, 179.99999, -180.0])
    def test_metres_are_metres_everywhere(self, longitude: float, latitude: float) -> None:
        here = at(0, 0, longitude, latitude)
        for degrees in range(0, 360, 30):
            east, north = 12 * math.sin(math.radians(degrees)), 12 * math.cos(math.radians(degrees))
            [found] = pair([here], [at(east, north, longitude, latitude)])
            assert found.metres == pytest.approx(12, abs=1e-4)

    def test_on_the_same_spot_they_are_one(self) -> None:
        assert pairs([at(0), at(0)], [at(0)]) == [(0, 0)]

    def test_the_nearest_go_first(self) -> None:
        assert pairs([at(0), at(11)], [at(10)]) == [(1, 0)]

    def test_near_pairs_are_not_broken_up_for_one_pair_more(self) -> None:
        """Along a street A 10 m X 8 m B 10 m Y: X and B are one; A and Y are left over."""
        assert pairs([at(0), at(18)], [at(10), at(28)]) == [(1, 0)]

    def test_a_line_for_several_is_paired_as_often(self) -> None:
        assert pairs([at(0, count=3)], [at(1), at(2), at(3), at(4)]) == [(0, 0), (0, 1), (0, 2)]

    def test_of_nothing_there_is_none(self) -> None:
        assert pair([], [at(0)]) == pair([at(0)], []) == ()

    @given(
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12),
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12),
    )
    def test_each_is_in_one_pair_and_the_pairing_is_stable(
        self, first: list[tuple[int, int]], second: list[tuple[int, int]]
    ) -> None:
        ours, theirs = [at(*place) for place in first], [at(*place) for place in second]
        found = pair(ours, theirs)
        got, given_ = {one.first: one.metres for one in found}, {one.second: one.metres for one in found}
        assert len(got) == len(given_) == len(found)
        for one, mine in enumerate(first):
            for other, its in enumerate(second):
                apart = math.dist(mine, its)
                if apart < 14.9:
                    assert min(got.get(one, math.inf), given_.get(other, math.inf)) <= apart + 0.01


class TestEstimate:
    @pytest.mark.parametrize(
        ("first", "second", "both", "value", "low", "high"),
        [
            (1754, 452, 337, 2351, 2250, 2478),
            (1754, 1135, 911, 2185, 2146, 2233),
            (1754, 173, 134, 2261, 2117, 2468),
            (452, 1135, 249, 2057, 1922, 2224),
            (452, 173, 97, 803, 725, 913),
            (1135, 173, 126, 1555, 1445, 1712),
        ],
    )
    def test_as_published(self, first: int, second: int, both: int, value: int, low: int, high: int) -> None:
        """Diabetes in Casale Monferrato, four lists (Bruno et al. 1994), as Chao's own program prints each two of them
        (R package CARE1, estN.pair: Chapman, Seber's standard error, Chao's interval); `both` follows from its Petersen estimate."""
        figure = estimate(first, second, both).all
        assert figure is not None
        assert figure.low is not None
        assert figure.high is not None
        assert round(figure.value) == value
        assert figure.low == pytest.approx(low, abs=0.51)
        assert figure.high == pytest.approx(high, abs=0.51)

    @given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 2000))
    def test_never_says_less_than_was_seen(self, first: int, second: int, both: int) -> None:
        both = min(first, second, both)
        figure = estimate(first, second, both).all
        assert figure is not None
        seen = first + second - both
        assert figure.value >= seen - 1e-6
        if figure.low is not None and figure.high is not None:
            assert seen <= figure.low <= figure.value <= figure.high

    @given(st.integers(2, 500), st.integers(2, 500), st.integers(1, 500))
    def test_does_not_care_which_source_is_first(self, first: int, second: int, both: int) -> None:
        both = min(first, second, both)
        one, other = estimate(first, second, both).all, estimate(second, first, both).all
        assert one is not None
        assert other is not None
        assert one.value == pytest.approx(other.value)

    def test_nothing_in_common_gives_no_estimate(self) -> None:
        found = estimate(10, 10, 0)
        assert found.all is None
        assert "no camera in common" in found.words

    @pytest.mark.parametrize(("first", "second"), [(0, 5), (5, 0), (0, 0)])
    def test_a_source_without_cameras_gives_no_estimate(self, first: int, second: int) -> None:
        found = estimate(first, second, 0)
        assert found.all is None
        assert "any camera here" in found.words

    def test_one_source_inside_the_other_gives_no_interval(self) -> None:
        found = estimate(100, 20, 20)
        assert found.all is not None
        assert (found.all.value, found.all.low, found.all.high) == (100, None, None)
        assert BREAKS in found.words

    def test_few_pairs_are_warned_of(self) -> None:
        assert "Only 3 in both" in estimate(20, 20, 3).words
        assert "Only" not in estimate(20, 20, 7).words

    def test_says_what_breaks_it(self) -> None:
        found = estimate(100, 100, 50).words
        assert found.startswith("Of 100 and 100 cameras 50 are in both sources; there are about 199 (")
        assert "independently of each other" in found
        assert "cameras that only one could have" in found

    def test_two_maps_of_one_town(self) -> None:
        """Of 400 cameras 100 m apart, one map has every second and one every third: 67 are on both."""
        first = [at(100 * n) for n in range(0, 400, 2)]
        second = [at(100 * n + 5, 5) for n in range(0, 400, 3)]
        found = recapture(first, second)
        assert (found.first, found.second, found.both) == (200, 134, 67)
        assert found.all is not None
        assert (found.all.low or 0) < 400 < (found.all.high or 0)
