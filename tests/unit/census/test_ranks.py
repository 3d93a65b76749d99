import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from watchglass.census.ranks import NO_RANGE, Place, ranks, with_ranks
from watchglass.census.rates import Rated, rate
from watchglass.census.values import Area, Figure, Measures


def drawn(name: str, count: int, spread: float, people: int = 1000, seed: int = 0) -> Rated:
    """An area whose draws are normal around its count."""
    draws = np.random.default_rng([seed, count]).normal(count, spread, 2000)
    figures = {"cameras": Figure(count), "per-1000": Figure(count / people * 1000)}
    return Rated(Measures(name, people, None, figures), draws)


def bare(name: str, count: int, people: int = 1000) -> Rated:
    return rate(Area(name, population=people, cameras=count))


def places(found: tuple[Place, ...]) -> dict[str, int]:
    return {one.area: one.place for one in found}


class TestRanks:
    def test_the_most_is_first(self) -> None:
        assert [one.area for one in ranks([bare("A", 1), bare("B", 3), bare("C", 2)])] == ["B", "C", "A"]

    def test_equals_share_a_place_and_the_next_is_not_moved_up(self) -> None:
        found = ranks([bare("D", 5), bare("A", 9), bare("C", 7), bare("B", 7)])
        assert places(found) == {"A": 1, "B": 2, "C": 2, "D": 4}

    def test_by_which_figure_makes_the_difference(self) -> None:
        areas = [bare("big", 100, people=100_000), bare("small", 10, people=1000)]
        assert places(ranks(areas, "cameras")) == {"big": 1, "small": 2}
        assert places(ranks(areas, "per-1000")) == {"big": 2, "small": 1}

    def test_far_apart_there_is_no_doubt(self) -> None:
        found = ranks([drawn("A", 1000, 10), drawn("B", 500, 10), drawn("C", 100, 10)])
        assert [(one.first, one.last) for one in found] == [(1, 1), (2, 2), (3, 3)]

    def test_close_together_there_is(self) -> None:
        found = ranks([drawn("A", 1000, 50), drawn("B", 990, 50), drawn("C", 100, 10)])
        assert [(one.area, one.first, one.last) for one in found] == [("A", 1, 2), ("B", 1, 2), ("C", 3, 3)]

    def test_bare_numbers_are_ranked_and_say_that_nothing_is_known(self) -> None:
        found = {one.area: one for one in ranks([drawn("A", 1000, 50), bare("B", 990), bare("C", 10)])}
        assert (found["B"].place, found["B"].first, found["B"].last, found["B"].how) == (2, None, None, NO_RANGE)
        assert (found["A"].first, found["A"].last) == (1, 2)

    def test_areas_without_the_figure_are_left_out(self) -> None:
        assert places(ranks([bare("A", 5), bare("nobody", 5, people=0)])) == {"A": 1}
        assert ranks([bare("nobody", 5, people=0)]) == ()
        assert ranks([]) == ()

    @given(st.lists(st.integers(0, 10**6), unique=True, max_size=30))
    def test_are_a_permutation_where_no_two_are_equal(self, counts: list[int]) -> None:
        found = ranks([bare(str(count), count) for count in counts], "cameras")
        assert [one.place for one in found] == list(range(1, len(counts) + 1))
        assert [one.value for one in found] == sorted(counts, reverse=True)

    @given(st.lists(st.tuples(st.integers(1, 200), st.booleans()), max_size=12))
    def test_ranges_hold_the_place_and_are_places(self, counts: list[tuple[int, bool]]) -> None:
        areas = [
            (drawn if known else lambda n, c, _: bare(n, c))(str(at), count, 20.0)
            for at, (count, known) in enumerate(counts)
        ]
        for one in ranks(areas):
            assert (one.first is None) == (one.last is None)
            if one.first is not None and one.last is not None:
                assert 1 <= one.first <= one.place <= one.last <= len(areas)


class TestWithRanks:
    def test_puts_the_place_beside_the_other_figures_in_the_order_given(self) -> None:
        found = with_ranks([drawn("A", 990, 50), drawn("B", 1000, 50), bare("nobody", 3, people=0)])
        assert [one.area for one in found] == ["A", "B", "nobody"]
        assert found[0].figures["rank-per-1000"] == Figure(2, 1, 2, "95 % of 2000 draws, of 2 areas")
        assert "rank-per-1000" not in found[2].figures
