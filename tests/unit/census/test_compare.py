import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.census.compare import Cause, Comparison, Difference, compare, of_measures, of_table
from watchglass.census.rates import rate
from watchglass.census.reference import NAMES, Row, Table, load, source
from watchglass.census.values import Area, Figure, Measures

amount = st.integers(1, 10**7)


def side(name: str, *areas: Area) -> list[Measures]:
    assert name
    return [rate(area).measures for area in areas]


def two(before: Area, after: Area) -> dict[str, Difference]:
    found = compare(of_measures("2019", side("2019", before)), of_measures("2021", side("2021", after)))
    return {one.figure: one for one in found.differences}


def tables(before: Row, after: Row) -> Comparison:
    sides = [of_table(Table(name, source(NAMES[0]), (row,))) for name, row in (("one", before), ("other", after))]
    return compare(*sides)


def causes(one: Difference) -> dict[Cause, float]:
    return {part.cause: round(part.percent, 2) for part in one.parts}


class TestDecomposition:
    def test_by_hand(self) -> None:
        """1,090 / 973 people against 1,000 / 1,000: ln 1.09 = 0.08618, -ln 0.973 = 0.02737; e^0.11355 = 1.12025.
        12.025 * 0.08618 / 0.11355 = 9.126; 12.025 * 0.02737 / 0.11355 = 2.899."""
        one = two(Area("A", population=1000, cameras=1000), Area("A", population=973, cameras=1090))["per-1000"]
        assert one.percent == pytest.approx(12.025, abs=0.001)
        assert causes(one) == {
            Cause.COUNT: pytest.approx(9.126, abs=0.01),
            Cause.POPULATION: pytest.approx(2.899, abs=0.01),
        }
        assert one.words == (
            "A, cameras per 1,000 people: 1,000 and 1,120: of +12.0 %, +9.1 % more cameras, +2.9 % a smaller population."
        )

    @given(amount, amount, amount, amount)
    def test_adds_up(self, cameras: int, people: int, more: int, born: int) -> None:
        for one in two(
            Area("A", population=people, cameras=cameras), Area("A", population=born, cameras=more)
        ).values():
            if one.parts and one.percent is not None:
                assert math.isclose(sum(part.percent for part in one.parts), one.percent, rel_tol=1e-6, abs_tol=1e-6)
                assert math.isclose(sum(part.log for part in one.parts), math.log(one.after / one.before), abs_tol=1e-6)

    @given(amount, amount, amount, amount)
    def test_turned_round_the_same_causes_have_the_other_sign(
        self, cameras: int, people: int, more: int, born: int
    ) -> None:
        first, second = Area("A", population=people, cameras=cameras), Area("A", population=born, cameras=more)
        there, back = two(first, second)["per-1000"], two(second, first)["per-1000"]
        if there.parts and back.parts:
            logs = {part.cause: part.log for part in back.parts}
            for part in there.parts:
                assert logs[part.cause] == pytest.approx(-part.log, abs=1e-6)

    def test_each_denominator_is_its_own_cause(self) -> None:
        before = Area("A", population=1000, km2=10.0, street_km=100.0, cameras=100)
        after = Area("A", population=1000, km2=20.0, street_km=80.0, cameras=100)
        found = two(before, after)
        assert causes(found["per-km2"]) == {Cause.AREA: -50}
        assert causes(found["per-street-km"]) == {Cause.STREETS: 25}
        assert found["per-km2"].words.endswith("5: -50.0 % a larger area.")
        assert found["per-street-km"].words.endswith("+25.0 % less street.")
        assert not found["per-1000"].parts

    def test_effective_cameras_by_people_are_taken_apart_too(self) -> None:
        before = Measures("A", 1000, None, {"effective": Figure(10), "effective-per-1000": Figure(10)})
        after = Measures("A", 2000, None, {"effective": Figure(30), "effective-per-1000": Figure(15)})
        found = compare(of_measures("x", [before]), of_measures("y", [after])).differences
        [one] = [one for one in found if one.figure == "effective-per-1000"]
        assert set(causes(one)) == {Cause.COUNT, Cause.POPULATION}
        assert "more effective cameras" in one.words

    def test_shares_say_that_they_cannot_be(self) -> None:
        measures = [Measures("A", 1, None, {"owned": Figure(share)}) for share in (0.5, 0.6)]
        [one] = compare(of_measures("x", measures[:1]), of_measures("y", measures[1:])).differences
        assert causes(one) == {Cause.UNKNOWN: 20}
        assert "no count divided by something" in one.words

    def test_five_per_cent_and_less_are_not_taken_apart(self) -> None:
        before = Area("A", population=1000, cameras=1000)
        assert not two(before, Area("A", population=1000, cameras=1050))["cameras"].parts
        assert two(before, Area("A", population=1000, cameras=1051))["cameras"].parts

    def test_from_nothing_there_is_no_percentage(self) -> None:
        one = two(Area("A", cameras=0), Area("A", cameras=7))["cameras"]
        assert (one.percent, one.parts) == (None, ())
        assert one.words.endswith("from none there is no percentage.")
        assert two(Area("A", cameras=0), Area("A", cameras=0))["cameras"].words.endswith("none in either.")
        gone = two(Area("A", cameras=7), Area("A", cameras=0))["cameras"]
        assert (gone.percent, gone.parts) == (-100, ())


class TestSides:
    def test_areas_in_one_only_are_named(self) -> None:
        first, second = (
            side("x", Area("A", cameras=1), Area("B", cameras=1)),
            side("y", Area("B", cameras=2), Area("C", cameras=1)),
        )
        found = compare(of_measures("x", first), of_measures("y", second))
        assert (found.first, found.second) == ("x", "y")
        assert (found.first_only, found.second_only) == (("A",), ("C",))
        assert {one.area for one in found.differences} == {"B"}

    def test_the_most_different_come_first(self) -> None:
        first = side("x", Area("A", cameras=100), Area("B", cameras=100), Area("C", cameras=0))
        second = side("y", Area("A", cameras=110), Area("B", cameras=50), Area("C", cameras=1))
        found = compare(of_measures("x", first), of_measures("y", second))
        assert [one.area for one in found.differences] == ["C", "B", "A"]

    def test_ranks_are_not_compared(self) -> None:
        ranked = [Measures("A", 1, None, {"rank-per-1000": Figure(1)})]
        assert not compare(of_measures("x", ranked), of_measures("y", ranked)).differences


class TestTables:
    def test_per_hundred_and_per_thousand_are_another_denominator(self) -> None:
        row = Row("A", "city", "1,000", "100,000", "10", 1000)
        [rates] = [
            one for one in tables(row, Row("A", "city", "1,000", "100,000", "1.0", 100)).differences if one.parts
        ]
        assert causes(rates) == {Cause.DENOMINATOR: -90}
        assert rates.words == (
            "A, cameras for people: 10 per 1,000 and 1 per 100: -90.0 % another denominator: for fewer people each. "
            "One number could be printed as both."
        )

    def test_a_rate_that_does_not_follow_is_a_slip(self) -> None:
        """London: 627,707 of 9.1 million are 68.98, printed once so and once as nearly 74: ln 74/69 is all a slip."""
        row = Row("London", "city", "627,707", "9.1 million", "69", 1000)
        [rates] = [one for one in tables(row, load(NAMES[0]).rows[1]).differences if one.parts]
        assert causes(rates) == {Cause.SLIP: round((74 / 69 - 1) * 100, 2)}
        assert "does not follow from its own count and population" in rates.words
        assert not rates.within_rounding

    def test_rounding_is_a_cause(self) -> None:
        """1.96 and 2.04 per 1,000, the one printed as 1.9, cut off, the other as 2."""
        before, after = (
            Row("A", "city", "1,960", "1 million", "1.9", 1000),
            Row("A", "city", "2,040", "1 million", "2", 1000),
        )
        [rates] = [one for one in tables(before, after).differences if one.parts]
        assert set(causes(rates)) == {Cause.COUNT, Cause.ROUNDING}
        assert rates.within_rounding

    def test_what_is_not_printed_cannot_be_taken_apart(self) -> None:
        before, after = Row("A", "city", "", "", "4", 100), Row("A", "city", "1,000", "100,000", "10", 1000)
        [rates] = [one for one in tables(before, after).differences if one.figure == "rate"]
        assert set(causes(rates)) == {Cause.DENOMINATOR, Cause.UNKNOWN}
        assert "one side gives no count" in rates.words

    def test_the_two_published_ones_have_the_same_counts(self) -> None:
        found = compare(of_table(load(NAMES[0])), of_table(load(NAMES[1])))
        assert [(one.area, one.figure, one.percent) for one in found.differences] == [
            ("Chongqing", "cameras", 0),
            ("London", "cameras", 0),
        ]
        assert found.first_only == ("Atlanta", "Chicago", "Washington", "New York")
        assert "China" in found.second_only
        assert "Pune" not in found.second_only

    def test_a_census_beside_a_published_table(self) -> None:
        """London with 13,000 cameras on the map: of the difference to what is printed, some is the printed slip."""
        ours = of_measures("map", side("map", Area("London", population=8_960_000, cameras=13_000)))
        found = {one.figure: one for one in compare(ours, of_table(load(NAMES[0]))).differences}
        assert set(found) == {"cameras", "per-1000"}
        assert set(causes(found["per-1000"])) == {Cause.COUNT, Cause.POPULATION, Cause.SLIP}
