import itertools
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from watchglass.model.alert import Judgement
from watchglass.model.precision import Interval, Judged, Z, curve, standing, suggest, wilson

RIGHT, WRONG, UNCLEAR = Judgement.RIGHT, Judgement.WRONG, Judgement.UNCLEAR
counts = st.integers(0, 5000)
events = st.lists(
    st.builds(Judged, st.floats(0, 1), st.none() | st.sampled_from(Judgement), st.just(True)), max_size=60
)


class TestWilson:
    @given(counts, counts)
    def test_its_ends_are_where_the_definition_says(self, right: int, wrong: int) -> None:
        """p is in it as long as |share - p| <= z * sqrt(p (1 - p) / n): at its ends both sides are equal."""
        judged = right + wrong
        assume(judged)
        found = wilson(right, judged)
        for end, sharp in ((found.low, right > 0), (found.high, wrong > 0)):
            distance, bound = abs(right / judged - end), Z * math.sqrt(end * (1 - end) / judged)
            assert math.isclose(distance, bound, abs_tol=1e-9) or not sharp

    @given(counts, counts)
    def test_holds_the_share_and_stays_within_bounds(self, right: int, wrong: int) -> None:
        found = wilson(right, right + wrong)
        assert 0 <= found.low <= found.high <= 1
        if right + wrong:
            assert found.low <= right / (right + wrong) <= found.high

    @given(counts, counts)
    def test_is_the_same_seen_from_the_other_side(self, right: int, wrong: int) -> None:
        found, other = wilson(right, right + wrong), wilson(wrong, right + wrong)
        assert math.isclose(found.low, 1 - other.high, abs_tol=1e-12)

    @given(st.integers(0, 100), st.integers(0, 100))
    def test_narrows_with_more_of_the_same(self, right: int, wrong: int) -> None:
        assume(right + wrong)
        few, many = wilson(right, right + wrong), wilson(right * 4, (right + wrong) * 4)
        assert many.high - many.low < few.high - few.low

    def test_of_nothing_is_everything(self) -> None:
        assert wilson(0, 0) == Interval(0, 1)

    def test_as_published(self) -> None:
        """Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
        for right, judged, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
            found = wilson(right, judged)
            assert (round(found.low, 4), round(found.high, 4)) == (low, high)
        assert round(wilson(0, 20).high, 4) == 0.1611
        assert round(wilson(1, 29).low, 4) == 0.0061


class TestStanding:
    @given(events, st.floats(0.5, 100))
    def test_counts_what_people_said(self, found: list[Judged], days: float) -> None:
        now = standing(found, days)
        assert now.right + now.wrong + now.unclear == sum(one.judgement is not None for one in found)
        assert math.isclose(now.alerts_a_day * days, len(found), abs_tol=1e-6)

    def test_unclear_is_neither_right_nor_wrong(self) -> None:
        now = standing([Judged(0.9, RIGHT), Judged(0.9, WRONG), Judged(0.9, UNCLEAR), Judged(0.9, None)], 2)
        assert (now.precision, now.unclear, now.alerts_a_day, now.below) == (0.5, 1, 2.0, 0)
        assert now.interval == wilson(1, 2)

    def test_of_samples_nobody_was_told(self) -> None:
        now = standing([Judged(0.2, RIGHT, alerted=False)], 1)
        assert (now.precision, now.alerts_a_day, now.below) == (None, 0.0, 1)


class TestCurve:
    @given(events, st.lists(st.floats(0, 1), min_size=1, max_size=8))
    def test_a_point_is_what_would_have_been(self, found: list[Judged], thresholds: list[float]) -> None:
        points = curve(found, thresholds)
        assert [point.threshold for point in points] == sorted(set(thresholds))
        for point in points:
            over = [one for one in found if one.score >= point.threshold]
            said = [one.judgement for one in over if one.judgement in {RIGHT, WRONG}]
            assert (point.events, point.judged, point.estimated) == (len(over), len(said), False)
            assert point.precision == (said.count(RIGHT) / len(said) if said else None)
        assert all(one.events >= other.events for one, other in itertools.pairwise(points))

    def test_below_the_threshold_it_is_an_estimate_from_the_sample(self) -> None:
        """100 alerts, 90 of 100 right; 300 below, of which 10 were looked at and 5 were right."""
        above = [Judged(0.7, RIGHT)] * 90 + [Judged(0.7, WRONG)] * 10
        below = [Judged(0.5, RIGHT, False)] * 5 + [Judged(0.5, WRONG, False)] * 5 + [Judged(0.5, None, False)] * 290
        (point,) = curve(above + below, [0.4])
        assert (point.events, point.judged, point.estimated) == (400, 110, True)
        assert point.precision == pytest.approx((100 * 0.9 + 300 * 0.5) / 400)
        assert point.interval.low == pytest.approx((100 * wilson(90, 100).low + 300 * wilson(5, 10).low) / 400)
        assert point.interval.high == pytest.approx((100 * wilson(90, 100).high + 300 * wilson(5, 10).high) / 400)

    @pytest.mark.parametrize("looked_at", [0, 4])
    def test_and_nothing_is_said_where_too_little_was_looked_at(self, looked_at: int) -> None:
        below = [Judged(0.5, RIGHT, False)] * looked_at + [Judged(0.5, None, False)] * 50
        (point,) = curve([Judged(0.7, RIGHT)] * 50 + below, [0.4])
        assert (point.events, point.precision) == (100 + looked_at, None)


class TestSuggestion:
    def test_higher_where_surely_too_few_are_right_and_there_surely_enough(self) -> None:
        found = [Judged(0.65, WRONG)] * 60 + [Judged(0.85, RIGHT)] * 60 + [Judged(0.95, RIGHT)] * 5
        better = suggest(found, 0.6, [0.7, 0.8, 0.9])
        assert better is not None
        assert better.threshold == 0.7
        assert "65 alerts in place of 125" in better.because

    def test_lower_where_the_sample_speaks_for_it(self) -> None:
        below = [Judged(0.5, RIGHT, False)] * 80 + [Judged(0.3, WRONG, False)] * 80
        better = suggest([Judged(0.7, RIGHT)] * 80 + below, 0.6, [0.2, 0.4])
        assert better is not None
        assert better.threshold == 0.4

    @pytest.mark.parametrize(
        "found",
        [
            [],
            [Judged(0.65, WRONG)] * 9,  # too few to say anything
            [Judged(0.7, RIGHT)] * 8 + [Judged(0.7, WRONG)] * 3,  # it may be well
            [Judged(0.7, RIGHT)] * 100,  # it is
            [Judged(0.7, WRONG)] * 100,  # and nowhere would it be better
            [Judged(0.65, WRONG)] * 60 + [Judged(0.9, RIGHT)] * 9,  # perhaps, but who knows
        ],
    )
    def test_none_where_nothing_is_certain(self, found: list[Judged]) -> None:
        assert suggest(found, 0.6, [0.7, 0.8, 0.9]) is None

    @given(events, st.floats(0.1, 0.9))
    def test_never_without_an_interval_that_allows_it(self, found: list[Judged], threshold: float) -> None:
        better = suggest(found, threshold, [0.2, 0.4, 0.6, 0.8])
        if better is not None:
            (point,) = curve(found, [better.threshold])
            assert point.interval.low >= 0.8
