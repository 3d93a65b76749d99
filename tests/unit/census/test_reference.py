import dataclasses
from fractions import Fraction

import pytest

from watchglass.base.errors import UsageError
from watchglass.census.printed import decimal
from watchglass.census.reference import (
    COLUMNS,
    NAMES,
    Fault,
    Row,
    Table,
    areas,
    check,
    computed,
    lines,
    load,
    population_2019,
    repeated,
    source,
    unchecked,
)

COMPARITECH, PRECISESECURITY = NAMES


def table(*rows: Row) -> Table:
    return Table("made-up", source(COMPARITECH), rows)


def words(name: str) -> dict[str, tuple[Fault, str, bool]]:
    return {one.area: (one.fault, one.words, one.by_rounding) for one in check(load(name))}


class TestPublished:
    """By hand, count / population * 1,000 or 100, against what is printed:

    Chongqing   2,579,890 / 15,350,000    = 168.07   about 168   holds
    London        627,707 /  9,100,000    =  68.98   nearly 74   DOES NOT: 74 * 9,100 = 673,400; 627,707 / 0.074 = 8.48 million
    Atlanta         7,800 /    501,178    =  15.563  15.5        holds, cut off
    Chicago        35,000 /  2,670,000    =  13.11   13          holds
    Washington      4,000 /    713,000    =   5.61   5.6         holds
    New York       11,000 /  8,600,000    =   1.28   -           nothing is printed

    China       200 million / 1,433,783,686 = 13.949  14.36  DOES NOT: 14.36 % of the people are 205.9 million
    US           50 million /   329,064,917 = 15.195  15.28  DOES NOT: 50.28 million, printed as 50 million too
    Germany     5.2 million /    83,517,045 =  6.226   6.27  DOES NOT: 5.237 million, printed as 5.2 million too
    UK            5 million /    67,530,172 =  7.404   7.5   DOES NOT: 5.065 million, printed as 5 million too
    Japan        ~5 million /   126,860,301 =  3.941   2.72  DOES NOT: 3.451 million, which is not nearly 5 million
    Vietnam     2.6 million /    96,462,106 =  2.695   -     nothing is printed
    France     1.65 million /    65,129,728 =  2.533   2.46  DOES NOT: 1.602 million
    South Korea 1.03 million /   51,225,308 =  2.011   1.99  DOES NOT: 1.019 million, printed as 1.02 million
    Netherlands   1 million /    17,097,130 =  5.849   5.8   holds, cut off
    Australia              - /   25,203,198            4     no count is printed
    Pune        "11.29,000" is no number.
    """

    def test_all_that_is_wrong_in_comparitechs_and_nothing_else(self) -> None:
        assert words(COMPARITECH) == {
            "London": (
                Fault.RATE,
                (
                    "627,707 / 9.1 million = 68.98 per 1,000; printed: nearly 74. "
                    "It would take 673,400 cameras, which no rounding makes 627,707, or 8.48 million people."
                ),
                False,
            )
        }

    def test_all_that_is_wrong_in_precisesecuritys_and_nothing_else(self) -> None:
        un = " (United Nations, 2019)"
        assert words(PRECISESECURITY) == {
            "China": (
                Fault.RATE,
                (
                    f"200 million / 1,433,783,686{un} = 13.95 per 100; printed: 14.36. It would follow from 206 million, which is "
                    "printed as 200 million only if it is rounded to whole hundreds of millions; or it would take 1,392.76 million people."
                ),
                False,
            ),
            "United States": (
                Fault.RATE,
                (
                    f"50 million / 329,064,917{un} = 15.19 per 100; printed: 15.28. "
                    "It would follow from 50.3 million, which is printed as 50 million too."
                ),
                True,
            ),
            "Germany": (
                Fault.RATE,
                (
                    f"5.2 million / 83,517,045{un} = 6.23 per 100; printed: 6.27. "
                    "It would follow from 5.24 million, which is printed as 5.2 million too."
                ),
                True,
            ),
            "United Kingdom": (
                Fault.RATE,
                (
                    f"5 million / 67,530,172{un} = 7.40 per 100; printed: 7.5. "
                    "It would follow from 5.1 million, which is printed as 5 million too."
                ),
                True,
            ),
            "Japan": (
                Fault.RATE,
                (
                    f"nearly 5 million / 126,860,301{un} = 3.94 per 100; printed: 2.72. "
                    "It would take 3.45 million cameras, which no rounding makes nearly 5 million, or 183.82 million people."
                ),
                False,
            ),
            "France": (
                Fault.RATE,
                (
                    f"1.65 million / 65,129,728{un} = 2.53 per 100; printed: 2.46. "
                    "It would take 1.60 million cameras, which no rounding makes 1.65 million, or 67.07 million people."
                ),
                False,
            ),
            "South Korea": (
                Fault.RATE,
                (
                    f"1.03 million / 51,225,308{un} = 2.01 per 100; printed: 1.99. "
                    "It would take 1.02 million cameras, which no rounding makes 1.03 million, or 51.76 million people."
                ),
                False,
            ),
            "Pune": (
                Fault.NUMBER,
                (
                    "'11.29,000' cannot be read as a number: as Indian grouping it would be 1,129,000, as thousands 11,290; "
                    "1,129,000 is more than the 274,784 printed for India's nine cities together."
                ),
                False,
            ),
        }

    def test_both_reproduce_as_printed(self) -> None:
        """What is printed, and what is computed to as many digits and at least two."""
        shown = {name: [(line[0], line[1], line[4], line[5]) for line in lines(load(name))] for name in NAMES}
        assert shown[COMPARITECH] == [
            ("Chongqing", "2,579,890", "about 168 per 1,000", "168.07 per 1,000"),
            ("London", "627,707", "nearly 74 per 1,000", "68.98 per 1,000"),
            ("Atlanta", "7,800", "15.5 per 1,000", "15.56 per 1,000"),
            ("Chicago", "35,000", "13 per 1,000", "13.11 per 1,000"),
            ("Washington", "4,000", "5.6 per 1,000", "5.61 per 1,000"),
            ("New York", "11,000", "", "1.28 per 1,000"),
        ]
        assert shown[PRECISESECURITY][:10] == [
            ("China", "200 million", "14.36 per 100", "13.95 per 100"),
            ("United States", "50 million", "15.28 per 100", "15.19 per 100"),
            ("Germany", "5.2 million", "6.27 per 100", "6.23 per 100"),
            ("United Kingdom", "5 million", "7.5 per 100", "7.40 per 100"),
            ("Japan", "nearly 5 million", "2.72 per 100", "3.94 per 100"),
            ("Vietnam", "2.6 million", "", "2.70 per 100"),
            ("France", "1.65 million", "2.46 per 100", "2.53 per 100"),
            ("South Korea", "1.03 million", "1.99 per 100", "2.01 per 100"),
            ("Netherlands", "1 million", "5.8 per 100", "5.85 per 100"),
            ("Australia", "", "4 per 100", ""),
        ]
        assert [line[:2] for line in shown[PRECISESECURITY][10:]] == [
            ("Shanghai", "2,985,984"),
            ("Chongqing", "2,579,890"),
            ("Shenzhen", "1,929,600"),
            ("Tianjin", "1,244,160"),
            ("Beijing", "800,000"),
            ("Guangzhou", "684,000"),
            ("London", "627,707"),
            ("Ji'nan", "540,463"),
            ("Wuhan", "500,000"),
            ("New Delhi", "179,000"),
            ("India's nine cities", "274,784"),
            ("Pune", "11.29,000"),
        ]

    @pytest.mark.parametrize("name", NAMES)
    def test_what_holds_is_what_is_printed_rounded_or_cut_off(self, name: str) -> None:
        """Without the module's own reckoning of what may stand for what."""
        wrong = {one.area for one in check(load(name))}
        for row in load(name).rows:
            rate, number = computed(row), row.rate.split(" ")[-1]
            if rate is not None and row.rate and row.area not in wrong:
                digits = len(number.partition(".")[2])
                cut = Fraction(int(rate * 10**digits), 10**digits)
                assert number in {decimal(rate, digits), decimal(cut, digits)}, row.area

    @pytest.mark.parametrize("name", NAMES)
    def test_every_line_has_its_columns_and_findings_stand_beside_their_figures(self, name: str) -> None:
        shown = lines(load(name))
        assert {len(line) for line in shown} == {len(COLUMNS)}
        remarks = {line[0]: line[-1] for line in shown if line[-1]}
        assert remarks == {one.area: one.words for one in check(load(name))}

    def test_one_has_its_counts_from_the_other(self) -> None:
        found = repeated(load(PRECISESECURITY), load(COMPARITECH))
        assert {one.area: one.fault for one in found} == {"Chongqing": Fault.REPEATED, "London": Fault.REPEATED}
        assert found[1].words == (
            "627,707 cameras are printed in comparitech-2019 too: the same count, not a second one; "
            "its rates per 100 and the other's per 1,000 are one figure, 10 times apart."
        )

    def test_what_cannot_be_checked_is_said(self) -> None:
        said = " ".join(unchecked(load(PRECISESECURITY)))
        for part in ("Shanghai", "populations of cities are not among the data", "Vietnam: no rate is printed"):
            assert part in said
        assert "Australia: 4 per 100 is printed without a count" in said
        assert "'the top ten average 14.35 million inhabitants' cannot be checked" in said
        assert "New York: no rate is printed" in " ".join(unchecked(load(COMPARITECH)))

    def test_sources_are_named(self) -> None:
        assert "Population Division" in source("population-2019").words
        assert "Licence: CC BY 3.0 IGO." in source("population-2019").words
        assert {load(name).source.publisher for name in NAMES} == {"Comparitech", "PreciseSecurity"}

    def test_the_populations_are_as_published(self) -> None:
        """World Population Prospects 2019, medium variant, 1 July 2019."""
        assert population_2019() == {
            "Australia": 25_203_198,
            "China": 1_433_783_686,
            "France": 65_129_728,
            "Germany": 83_517_045,
            "Japan": 126_860_301,
            "Netherlands": 17_097_130,
            "Republic of Korea": 51_225_308,
            "United Kingdom": 67_530_172,
            "United States of America": 329_064_917,
            "Viet Nam": 96_462_106,
        }

    def test_as_areas_they_are_bare_counts(self) -> None:
        found = {one.name: one for one in areas(load(COMPARITECH))}
        assert (found["London"].cameras, found["London"].population) == (627_707, 9_100_000)
        assert not {"Pune", "India's nine cities", "Australia"} & {one.name for one in areas(load(PRECISESECURITY))}

    def test_an_unknown_table_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(UsageError, match="comparitech-2019, precisesecurity-2019"):
            load("surfshark")


class TestCheck:
    def test_a_printed_population_can_explain_a_slip_by_its_own_rounding(self) -> None:
        """Of 9.1 million people 90,000 are 9.89 per 1,000; of 9.05 million, printed as 9.1 too, 9.94."""
        [finding] = check(table(Row("A", "city", "90,000", "9.1 million", "9.94", 1000)))
        assert finding.by_rounding

    def test_a_slip_of_one_digit_is_found(self) -> None:
        assert not check(table(Row("A", "city", "1,000", "1,000,000", "1.0", 1000)))
        assert check(table(Row("A", "city", "1,000", "1,000,000", "1.1", 1000)))
        assert check(table(Row("A", "city", "1,000", "1,000,000", "0.9", 1000)))

    def test_a_printed_population_goes_before_the_united_nations(self) -> None:
        assert not check(table(Row("A", "country", "1,000", "1 million", "1.0", 1000, people_2019=2_000_000)))
        assert check(table(Row("A", "country", "1,000", "", "1.0", 1000, people_2019=2_000_000)))

    def test_nothing_is_said_without_people_or_with_none(self) -> None:
        assert not check(table(Row("A", "city", "1,000", "", "1.0", 1000)))
        assert not check(table(Row("A", "city", "1,000", "0", "1.0", 1000)))

    @pytest.mark.parametrize("field", ["cameras", "people", "rate"])
    def test_a_number_that_is_none_is_found_wherever_it_stands(self, field: str) -> None:
        row = dataclasses.replace(Row("A", "city", "1,000", "1 million", "1.0", 1000), **{field: "1,00"})  # type: ignore[arg-type]
        assert [one.fault for one in check(table(row))] == [Fault.NUMBER]

    def test_rates_in_another_unit_are_the_same_figure(self) -> None:
        ours = table(Row("A", "city", "", "", "16.80", 100), Row("B", "city", "", "", "1.5", 100), Row("C", "city"))
        theirs = table(Row("A", "city", "", "", "168.03", 1000), Row("B", "city", "", "", "16.1", 1000))
        assert [(one.area, one.words) for one in repeated(ours, theirs)] == [
            ("A", "16.80 per 100 is made-up's 168.03 per 1,000 in another unit.")
        ]
