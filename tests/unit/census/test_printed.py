from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import BadInputError
from watchglass.census.printed import Printed, decimal, explained_by, read, readings, unit_name


class TestRead:
    @pytest.mark.parametrize(
        ("text", "value", "unit"),
        [
            ("627,707", 627_707, 1),
            ("15.35 million", 15_350_000, 10_000),
            ("200 million", 200_000_000, 1_000_000),
            ("about 168", 168, 1),
            ("nearly 5 million", 5_000_000, 1_000_000),
            ("15.5", Fraction("15.5"), Fraction(1, 10)),
            ("1 billion", 10**9, 10**9),
        ],
    )
    def test_what_a_text_says(self, text: str, value: Fraction, unit: Fraction) -> None:
        number = read(text)
        assert (number.value, number.unit) == (value, unit)

    @pytest.mark.parametrize(
        "text", ["11.29,000", "1,00", "12,34,567", "", "many", "1.2.3", "5,2 million", "-5", "1e6"]
    )
    def test_what_is_no_number_is_refused_with_what_to_write(self, text: str) -> None:
        with pytest.raises(BadInputError, match="cannot be read as a number"):
            read(text)

    def test_a_point_in_indian_grouping(self) -> None:
        assert readings("11.29,000") == (1_129_000, 11_290)
        with pytest.raises(BadInputError, match=r"as Indian grouping it would be 1,129,000, as thousands 11,290\.$"):
            read("11.29,000")

    @given(st.integers(0, 10**12))
    def test_reads_what_it_writes(self, number: int) -> None:
        assert read(decimal(number, 0)).value == number


class TestMayStandFor:
    @pytest.mark.parametrize(
        ("text", "value", "may"),
        [
            ("15.5", "15.563", True),  # cut off
            ("5.8", "5.849", True),
            ("15.6", "15.563", True),  # rounded
            ("15.5", "15.6", False),
            ("15.5", "15.45", True),
            ("15.5", "15.449", False),
            ("nearly 74", "73.2", True),
            ("nearly 74", "74", True),
            ("nearly 74", "74.2", False),
            ("nearly 74", "68.98", False),
            ("about 168", "168.07", True),
            ("about 168", "167.1", True),
            ("about 168", "166.9", False),
            ("about 168", "169.1", False),
        ],
    )
    def test_rounded_or_cut_off_is_both_right(self, text: str, value: str, may: bool) -> None:
        assert read(text).may_stand_for(Fraction(value)) is may

    @given(st.fractions(0, 1000, max_denominator=10**6), st.integers(0, 3))
    def test_whatever_is_rounded_or_cut_off_stands_for_itself(self, value: Fraction, decimals: int) -> None:
        assert read(decimal(value, decimals)).may_stand_for(value)
        cut = Fraction(int(value * 10**decimals), 10**decimals)
        assert read(decimal(cut, decimals)).may_stand_for(value)

    def test_zeros_at_the_end_may_be_rounded_away(self) -> None:
        number = read("200 million")
        needed = (Fraction(205_900_000),) * 2
        assert not explained_by(number, needed)
        assert explained_by(number, needed, number.coarse())
        assert unit_name(number.coarse()) == "hundreds of millions"
        assert read("1.65 million").coarse() == 10_000
        assert read("0").coarse() == 1


class TestDecimal:
    @pytest.mark.parametrize(
        ("value", "decimals", "text"),
        [
            (Fraction(1, 8), 2, "0.13"),
            (Fraction(-1, 8), 2, "-0.13"),
            (Fraction(-1, 1000), 2, "0.00"),
            (Fraction(1_234_567), 0, "1,234,567"),
            (Fraction("999.995"), 2, "1,000.00"),
            (0.5, 0, "1"),
        ],
    )
    def test_rounds_as_by_hand(self, value: Fraction, decimals: int, text: str) -> None:
        assert decimal(value, decimals) == text

    def test_writes_another_number_like_this_one(self) -> None:
        assert read("50 million").like(Fraction(50_281_120), 1) == "50.3 million"
        assert Printed("7,800", Fraction(7800), Fraction(1)).like(Fraction(7769), 0) == "7,769"
