import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from watchglass.census.correlation import NO_CAUSE, bootstrap, conclude, correlate, pearson, spearman
from watchglass.census.values import Figure, Measures, Numbers

ANSCOMBE_X = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], float)
ANSCOMBE = {
    1: np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]),
    3: np.array([7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]),
}
ANSCOMBE_X4 = np.array([8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8], float)
ANSCOMBE_4 = np.array([6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89])


def areas(ours: Numbers, theirs: Numbers, figure: str = "per-1000", index: str = "crime") -> list[Measures]:
    rows = enumerate(zip(ours, theirs, strict=True))
    return [Measures(f"city {at}", 1000, None, {figure: Figure(float(x))}, {index: float(y)}) for at, (x, y) in rows]


def pairs_of(least: int = 4) -> st.SearchStrategy[list[tuple[float, float]]]:
    number = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
    return st.lists(st.tuples(number, number), min_size=least, max_size=20)


class TestPearson:
    def test_as_published(self) -> None:
        """Anscombe's first (1973): r = 0.816; Fisher's interval as R's cor.test prints it, 0.4243912 to 0.9506933."""
        figure = pearson(ANSCOMBE_X, ANSCOMBE[1])
        assert figure is not None
        assert (round(figure.value, 4), round(figure.low or 0, 7), round(figure.high or 0, 7)) == (
            0.8164,
            0.4243912,
            0.9506933,
        )

    @given(pairs_of())
    def test_is_scipys(self, rows: list[tuple[float, float]]) -> None:
        ours, theirs = np.array(rows).T
        figure = pearson(ours, theirs)
        if figure is not None and figure.low is not None and figure.high is not None and abs(figure.value) < 0.999:
            result = stats.pearsonr(ours, theirs)
            interval = result.confidence_interval()
            assert figure.value == pytest.approx(result.statistic, abs=1e-6)
            assert figure.low == pytest.approx(interval.low, abs=1e-5)
            assert figure.high == pytest.approx(interval.high, abs=1e-5)
            assert figure.low <= figure.value <= figure.high

    def test_does_not_care_for_the_unit(self) -> None:
        one, other = pearson(ANSCOMBE_X, ANSCOMBE[1]), pearson(ANSCOMBE_X * 1e200, ANSCOMBE[1] * 1e-200)
        assert one is not None
        assert other is not None
        assert one.value == pytest.approx(other.value)

    def test_three_have_no_interval_and_a_line_has_none(self) -> None:
        three = pearson(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]))
        assert three is not None
        assert three.value == pytest.approx(0.5)
        assert three.low is None
        line = pearson(ANSCOMBE_X, 3 - 0.1 * ANSCOMBE_X)
        assert line is not None
        assert line.value == pytest.approx(-1)
        assert line.low is None

    def test_of_a_constant_there_is_none(self) -> None:
        assert pearson(ANSCOMBE_X, np.full(11, 0.1)) is None


class TestSpearman:
    def test_as_published(self) -> None:
        """IQ and hours of television, the usual example: rho = -29/165. Bonett and Wright's interval by hand:
        atanh(-0.17576) = -0.17761; sqrt((1 + 0.03089 / 2) / 7) = 0.38086; -0.17761 -+ 0.74647."""
        iq = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], float)
        hours = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17], float)
        figure = spearman(iq, hours)
        assert figure is not None
        assert figure.value == pytest.approx(-29 / 165)
        assert figure.low == pytest.approx(math.tanh(-0.17761 - 0.74647), abs=1e-4)
        assert figure.high == pytest.approx(math.tanh(-0.17761 + 0.74647), abs=1e-4)

    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=4, max_size=20))
    def test_ties_are_at_their_middle_rank(self, rows: list[tuple[int, int]]) -> None:
        ours, theirs = np.array(rows, float).T
        figure = spearman(ours, theirs)
        if figure is not None:
            assert figure.value == pytest.approx(stats.spearmanr(ours, theirs).statistic)


class TestBootstrap:
    def test_is_near_fishers_for_normal_columns(self) -> None:
        ours, theirs = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 300).T
        fisher, drawn = pearson(ours, theirs), bootstrap(ours, theirs)
        assert fisher is not None
        assert drawn is not None
        assert drawn.low == pytest.approx(fisher.low, abs=0.03)
        assert drawn.high == pytest.approx(fisher.high, abs=0.03)

    @given(pairs_of())
    def test_always_holds_the_value(self, rows: list[tuple[float, float]]) -> None:
        ours, theirs = np.array(rows).T
        figure = bootstrap(ours, theirs)
        if figure is not None and figure.low is not None and figure.high is not None:
            assert -1 <= figure.low <= figure.value <= figure.high <= 1

    def test_the_same_seed_gives_the_same(self) -> None:
        assert bootstrap(ANSCOMBE_X, ANSCOMBE[1], 1) == bootstrap(ANSCOMBE_X, ANSCOMBE[1], 1)
        assert bootstrap(ANSCOMBE_X, ANSCOMBE[1], 1) != bootstrap(ANSCOMBE_X, ANSCOMBE[1], 2)


class TestInfluence:
    def test_is_the_coefficient_again_without_each(self) -> None:
        found = correlate(areas(ANSCOMBE_X, ANSCOMBE[3]), "crime", "per-1000")
        assert len(found.without) == 11
        for at, one in enumerate(found.without):
            expected = stats.pearsonr(np.delete(ANSCOMBE_X, at), np.delete(ANSCOMBE[3], at)).statistic
            assert one.pearson is not None
            assert one.pearson.value == pytest.approx(expected)

    def test_names_the_one_that_it_hangs_on_most(self) -> None:
        """Anscombe's third: ten on a line and one off it."""
        found = correlate(areas(ANSCOMBE_X, ANSCOMBE[3]), "crime", "per-1000")
        assert found.most is not None
        assert found.most.area == "city 2"
        assert "It hangs most on city 2: without it r = 1.00" in found.words

    def test_one_area_against_the_rest_is_called_so(self) -> None:
        """Anscombe's fourth: without the eighth nothing varies."""
        found = correlate(areas(ANSCOMBE_X4, ANSCOMBE_4), "crime", "per-1000")
        assert "Without city 7 all areas are alike: it is this one area against the rest." in found.words

    def test_says_who_carries_it(self) -> None:
        ours = np.array([1, 2, 1, 2, 1, 2, 1, 2, 50.0])
        theirs = np.array([2, 1, 1, 2, 2, 1, 1, 2, 60.0])
        found = correlate(areas(ours, theirs), "crime", "per-1000").words
        assert "tend to have a higher 'crime' (r = 0.999, 95 % 0.996 to 0.9998)" in found
        assert "city 8 carries it, for without it nothing can be told" in found
        assert "which cannot be told from 0" in found
        assert "Drawing areas anew holds 0" in found

    def test_says_who_turns_the_sign(self) -> None:
        ours, theirs = np.array([1, 2, 3, 4, 5, 30.0]), np.array([5, 4, 3, 2.2, 1, 30.0])
        assert "with the sign turned" in correlate(areas(ours, theirs), "crime", "per-1000").words

    def test_says_who_hides_it(self) -> None:
        ours, theirs = np.array([1, 2, 3, 4, 5, 6, 7.0]), np.array([1, 2, 3, 4.1, 5, 6, -4.0])
        found = correlate(areas(ours, theirs), "crime", "per-1000").words
        assert "it cannot be told whether" in found
        assert "city 6 hides it, for without it something can be told" in found


class TestNothingToSay:
    @pytest.mark.parametrize("number", [0, 1, 2, 3])
    def test_too_few_areas(self, number: int) -> None:
        found = correlate(areas(ANSCOMBE_X[:number], ANSCOMBE[1][:number]), "crime", "per-1000")
        assert (found.pearson, found.drawn, found.spearman, found.most) == (None, None, None, None)
        assert f"{number} areas have both, and it takes 4 at the least" in found.words

    def test_a_constant_column_is_named(self) -> None:
        found = correlate(areas(np.full(11, 2.0), ANSCOMBE[1]), "crime", "per-1000")
        assert found.pearson is None
        assert found.words.endswith("cameras per 1,000 people is the same in all 11 areas.")
        assert "'crime' is the same" in correlate(areas(ANSCOMBE_X, np.full(11, 2.0)), "crime", "per-1000").words

    def test_areas_without_one_of_both_are_left_out(self) -> None:
        there = areas(ANSCOMBE_X, ANSCOMBE[1])
        there += [
            Measures("no index", 1, None, {"per-1000": Figure(1.0)}),
            Measures("no figure", 1, None, {}, {"crime": 1.0}),
        ]
        there.append(Measures("no number", 1, None, {"per-1000": Figure(1.0)}, {"crime": math.nan}))
        assert correlate(there, "crime", "per-1000").areas == 11

    def test_a_line_is_wondered_at(self) -> None:
        found = correlate(areas(ANSCOMBE_X, 2 * ANSCOMBE_X), "crime", "per-1000")
        assert "lie on one line" in found.words


class TestConclude:
    def two(self, second: Numbers) -> str:
        there = [
            Measures(f"city {at}", 1, 1.0, {"per-1000": Figure(x), "per-km2": Figure(z)}, {"crime": y})
            for at, (x, y, z) in enumerate(zip(ANSCOMBE_X, ANSCOMBE[1], second, strict=True))
        ]
        [conclusion] = conclude(there)
        assert [one.figure for one in conclusion.correlations] == ["per-1000", "per-km2"]
        return conclusion.words

    def test_denominators_that_contradict_each_other(self) -> None:
        assert (
            "by cameras per 1,000 people 'crime' is higher where there are more cameras, by cameras per km² lower"
            in self.two(-ANSCOMBE_X)
        )

    def test_denominators_of_which_one_says_nothing(self) -> None:
        words = self.two(np.array([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1.0]))
        assert "by cameras per 1,000 people something can be told, by cameras per km² not" in words

    def test_denominators_that_agree(self) -> None:
        assert "All denominators agree in that." in self.two(ANSCOMBE_X * 2)

    def test_one_denominator_is_called_one(self) -> None:
        [conclusion] = conclude(areas(ANSCOMBE_X, ANSCOMBE[1]))
        assert "There is one denominator only" in conclusion.words

    def test_chance_is_named_where_there_are_several(self) -> None:
        assert "one time in twenty, and there are 2 of them" in self.two(ANSCOMBE_X * 2)

    @given(pairs_of(0))
    def test_always_says_that_it_shows_no_cause(self, rows: list[tuple[float, float]]) -> None:
        ours, theirs = np.array(rows).reshape(-1, 2).T
        for one in conclude(areas(ours, theirs)):
            assert one.words.endswith(NO_CAUSE)
            assert "perception" in one.words
            assert "nan" not in one.words

    def test_each_index_has_its_own(self) -> None:
        there = areas(ANSCOMBE_X, ANSCOMBE[1]) + areas(ANSCOMBE_X, ANSCOMBE[3], index="safety")
        assert [one.index for one in conclude(there)] == ["crime", "safety"]
        assert conclude([]) == ()
